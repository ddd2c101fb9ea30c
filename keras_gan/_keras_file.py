"""Reading `.keras` files that may have been damaged on their way."""

import contextlib
import os
import zipfile

import keras

from keras_gan._files import is_fault_of_computer


def load(path, **options):
    """Load a `.keras` file, as `keras.saving.load_model` does, but only if it is whole.

    Keras gives many lines of an archive's errors for a changed file, and "File not found" for one that is cut short.

    Args:
        path: `pathlib.Path` of the file.
        **options: as in `keras.saving.load_model`.

    Raises:
        ValueError: if the file is damaged, or of another kind.
        OSError: if it does not exist or cannot be read.
    """
    with _damage_explained(path), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        for part in ("metadata.json", "config.json"):
            archive.getinfo(part)
    return keras.saving.load_model(path, **options)


@contextlib.contextmanager
def _damage_explained(path):
    try:
        yield
    except Exception as error:
        # Nearly any error can come from flipped bits.
        if is_fault_of_computer(error):
            raise
        raise ValueError(
            f"This is no whole `.keras` file: it is cut short, has changed since it was written, or is of another kind "
            f"({error or type(error).__name__}). Copy it again from where it came from, or train again: a run with "
            f"checkpoints resumes, and saves it again. Received: file={os.fspath(path)!r}"
        ) from error
