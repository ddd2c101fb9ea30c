"""The folder with the checkpoints of one run, and the format of one file."""

import contextlib
import errno
import io
import json
import os
import re
import reprlib
import typing
import warnings
import zipfile

import numpy as np
import tensorflow as tf

from keras_gan._files import remove_leftovers, replacement

_NAME = re.compile(r"step_(\d{9,})\.npz")
_FORMAT = 1
_META = "meta.json"
# What `Checkpoint` needs to resume.
_FORM = {"step": int, "position": list, "classes": dict, "paths": dict, "callbacks": dict}
_UNREAD = "This checkpoint could not be read, so training does not resume; the file may be good:"


class CheckpointFolder:
    """Finds the newest good checkpoint, and deletes old ones.

    Args:
        path: `pathlib.Path` of the folder, which need not exist.
        keep: number of checkpoints to keep.
    """

    def __init__(self, path, keep):
        self.path = path
        self._keep = keep
        self._damaged = set()

    @property
    def newest(self):
        """Path of the newest checkpoint that is not known to be damaged, or None."""
        return max(self._good(), default=None, key=_step)

    def write(self, step, meta, values):
        """Write the checkpoint of a step, and delete the oldest if there are now too many.

        Raises:
            OSError: if it cannot be written. The earlier ones are kept.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.path / f"step_{step:09d}.npz"
        write_checkpoint(path, meta, values)
        self._damaged.discard(path)
        old = sorted(self._good(), key=_step)[: -self._keep]
        for path in [*old, *(path for path in self._damaged if _step(path) < step)]:
            path.unlink(missing_ok=True)

    def read_newest(self):
        """Return the newest `SavedState` that is complete, or None if nothing was saved yet.

        A damaged file is skipped with a warning that says what is wrong with it. A file that cannot be read just now is
        not damaged.

        Raises:
            OSError, MemoryError: if the newest one cannot be read. The error names it.
            ValueError: if there are checkpoints and every one is damaged.
        """
        reasons = []
        while (path := self.newest) is not None:
            try:
                meta, values = read_checkpoint(path)
                _require_form(meta)
            except DamagedFileError as error:
                self._damaged.add(path)
                reasons.append(f"{path.name} ({error})")
                continue
            if reasons:
                warnings.warn(
                    f"Skipped a damaged checkpoint in {self.path}: {', '.join(reasons)}. Training resumes from an "
                    f"earlier one, {path.name}.",
                    stacklevel=2,
                )
            return SavedState(path, meta, values)
        if reasons:
            raise ValueError(
                "Every checkpoint of this run is damaged, so training cannot resume. To start from the beginning, "
                f"delete them or choose another `run_dir`. Received: run_dir={str(self.path.parent)!r} with "
                f"{', '.join(reasons)}"
            )
        return None

    def remove_leftovers(self):
        """Remove the temporary files of processes that were killed while they wrote."""
        remove_leftovers(self.path, "step_*.npz")

    def _good(self):
        paths = self.path.iterdir() if self.path.is_dir() else ()
        return [path for path in paths if _NAME.fullmatch(path.name) and path not in self._damaged]


class SavedState(typing.NamedTuple):
    """What a checkpoint holds.

    Attributes:
        path: `pathlib.Path` of the file.
        meta: dict, everything that is not an array.
        values: dict of name to NumPy array.
    """

    path: typing.Any
    meta: dict
    values: dict


def _require_form(meta):
    """Raise a DamagedFileError unless this is what `Checkpoint` writes: right checksums alone do not tell."""
    for name, kind in _FORM.items():
        found = meta.get(name) if isinstance(meta, dict) else None
        if not isinstance(found, kind):
            raise DamagedFileError(f"{name} is {reprlib.repr(found)}")
    position = meta["position"]
    if len(position) not in (1, 2) or not all(isinstance(count, int) and count >= 0 for count in position):
        raise DamagedFileError(f"position is {reprlib.repr(position)}")


def _step(path):
    return int(_NAME.fullmatch(path.name)[1])


class DamagedFileError(Exception):
    """The checkpoint is cut short, or its content has changed since it was written."""


def write_checkpoint(path, meta, values):
    """Write a checkpoint so that `path` never holds a part of one, not even after a power failure.

    The file is an uncompressed `.npz`, which `numpy.load` reads, with an extra member `meta.json`. Nothing in it is
    pickled. The archive has a checksum for each member.

    Args:
        path: `pathlib.Path` of the file.
        meta: dict that JSON can store.
        values: dict of name to NumPy array.

    Raises:
        OSError: if the file cannot be written. An old file at `path` is then still there.
    """
    with replacement(path) as temporary, temporary.open("wb") as file:
        _write_archive(file, meta, values)


def read_checkpoint(path):
    """Return `(meta, values)` as `write_checkpoint` received them.

    Raises:
        DamagedFileError: if the file is damaged: a checksum is wrong, or the format.
        ValueError: if it is intact, but a later version of the package wrote it.
        OSError, MemoryError: if the file cannot be read, which says nothing about what it holds.
    """
    try:
        with path.open("rb") as file, _archive(file) as archive:
            content = json.loads(archive.read(_META))
            if content["format"] > _FORMAT:
                raise _LaterFormatError
            return content["meta"], {name: _read_array(archive, name, how) for name, how in content["arrays"].items()}
    except _LaterFormatError:
        raise ValueError(
            "A later version of keras_gan wrote this checkpoint. Install that version, or choose another `run_dir`. "
            f"Received: file={os.fspath(path)!r}"
        ) from None
    except DamagedFileError:
        raise
    except MemoryError as error:
        raise MemoryError(f"{_UNREAD} there is not enough memory. Received: file={os.fspath(path)!r}") from error
    except OSError as error:
        raise OSError(error.errno, f"{_UNREAD} {error.strerror or error}", os.fspath(path)) from error
    except Exception as error:
        # Flipped bits in the table of an archive can raise nearly any error: a wrong checksum, an unknown
        # compression, a missing member, a request for a password.
        raise DamagedFileError(f"{error or type(error).__name__}") from error


@contextlib.contextmanager
def _archive(file):
    """The archive in an open file. A flipped bit in its table can ask for a place that no file has."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise DamagedFileError("its table of contents is damaged") from error


class _LaterFormatError(Exception):
    """The file has a format that this version does not know."""


def _write_archive(file, meta, values):
    arrays = {name: {"dtype": value.dtype.name, "shape": value.shape} for name, value in values.items()}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_member(_META), json.dumps({"format": _FORMAT, "meta": meta, "arrays": arrays}))
        for name, value in values.items():
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, _in_a_common_dtype(value), allow_pickle=False)


def _member(name):
    # Without the time, because an archive cannot hold one before 1980 or after 2107, and some clocks are that wrong.
    return zipfile.ZipInfo(name)


def _in_a_common_dtype(value):
    """Return the array, or its bits as integers if NumPy's format does not know the type, as with bfloat16."""
    return value if value.dtype.isbuiltin == 1 else value.view(f"u{value.dtype.itemsize}")


def _read_array(archive, name, how):
    # All of it first, because that checks the checksum: a header with a flipped bit may ask for any amount of memory.
    value = np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
    dtype = tf.as_dtype(how["dtype"]).as_numpy_dtype
    value = value if value.dtype == dtype else value.view(dtype)
    if value.shape != tuple(how["shape"]):
        raise DamagedFileError(f"{name} has the shape {value.shape}, not {tuple(how['shape'])}")
    return value
