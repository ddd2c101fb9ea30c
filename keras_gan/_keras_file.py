"""Reading `.keras` files that may have been damaged on their way."""

import contextlib
import json
import os
import zipfile

import keras

from keras_gan._files import is_fault_of_computer

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST = 500


def load(path, **options):
    """Load a `.keras` file, as `keras.saving.load_model` does, but only if it is whole.

    Keras gives many lines of an archive's errors for a changed file, and "File not found" for one that is cut short.

    Args:
        path: `pathlib.Path` of the file.
        **options: as in `keras.saving.load_model`.

    Raises:
        ValueError: if the file is damaged or of another kind, or Keras cannot build its model.
        OSError: if it does not exist or cannot be read.
    """
    with _damage_explained(path), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        _require_parts(archive)
    with _failure_explained(path):
        return keras.saving.load_model(path, **options)


def _require_parts(archive):
    parts = {name: json.loads(archive.read(name)) for name in ("metadata.json", "config.json")}
    for name, content in parts.items():
        if not isinstance(content, dict):
            raise ValueError(f"{name} holds no dict")
    if "class_name" not in parts["config.json"]:
        raise ValueError("config.json names no class")
    names = archive.namelist()
    if "model.weights.h5" not in names and "model.weights.npz" not in names:
        raise ValueError("there are no weights in it")
    if "model.weights.h5" in names:
        with archive.open("model.weights.h5") as weights:
            if weights.read(len(_HDF5)) != _HDF5:
                raise ValueError("its weights are no HDF5 file")


@contextlib.contextmanager
def _damage_explained(path):
    try:
        yield
    except Exception as error:
        # Nearly any error can come from flipped bits.
        if is_fault_of_computer(error):
            raise
        raise ValueError(
            f"This is not a complete `.keras` file: it is cut short, changed since it was written, or of another kind "
            f"({error or type(error).__name__}). Copy it again from where it came from, or train again: a run with "
            f"checkpoints resumes, and saves it again. Received: file={os.fspath(path)!r}"
        ) from error


@contextlib.contextmanager
def _failure_explained(path):
    """Add the file to what Keras says of a model that it cannot build, in errors of any type and of many lines."""
    try:
        yield
    except Exception as error:
        if is_fault_of_computer(error):
            raise
        reason, file = _reason(error), f"file={os.fspath(path)!r}"
        if "Received: " in reason:
            raise ValueError(f"{reason}, {file}") from error
        raise ValueError(f"The model in this file cannot be built: {reason} Received: {file}") from error


def _reason(error):
    """The cause in one line, without the configuration of the whole model that Keras adds."""
    cause = str(error).rpartition("Exception encountered: ")[2].partition("Full object config:")[0]
    line = " ".join(cause.split()) or type(error).__name__
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
