"""Prepared images in files, which are written once and mapped into memory by every later `load`.

Each set of images has a folder in the cache. Its name ends in a hash of everything that the images depend on:

    images.raw   the numbers of all images, one after another
    labels.raw   an int32 for each image, -1 without labels
    about.json   what they are, for people and for the checks

While it is built, the name of the folder ends in ".unfinished", and progress.json says how far it is.
"""

import contextlib
import errno
import hashlib
import itertools
import json
import math
import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import PIL

from keras_gan import _words
from keras_gan._files import give_name, one_at_a_time, writable_directory, write_atomically
from keras_gan._version import __version__
from keras_gan.data._checks import checked_images, checked_labels
from keras_gan.data._mapped import MappedImages
from keras_gan.data.source import ImageData, ImageStream, Source

# Another number makes new caches: whoever changes the files or the pixels in them raises it.
_FORMAT = 1
_IMAGES, _LABELS, _ABOUT, _PROGRESS = "images.raw", "labels.raw", "about.json", "progress.json"
# Bytes that are written before the progress is.
_CHUNK = 2**22


def opened_or_built(stream: ImageStream, directory: Path, name: str, key: dict) -> tuple[ImageData, list[int]]:
    """Return the images of a stream from the cache, which is built first if it does not have them.

    Args:
        stream: the images.
        directory: of the cache, which need not exist.
        name: what the name of the folder begins with.
        key: what the images depend on, other than the key of the stream; a dict for JSON.

    Returns:
        `ImageData` whose images are `MappedImages`, and the numbers of the images that the stream left out.

    Raises:
        OSError: if the disk is full or cannot be read or written.
        ValueError: if a file of the cache is damaged, or the stream gives no images of one size and dtype.
    """
    key = {**key, "source": stream.key, "format": _FORMAT}
    digest = hashlib.sha256(_as_json(key)).hexdigest()
    folder = directory / f"{name}-{digest[:16]}"
    if not folder.exists():
        writable_directory(directory, "cache_dir")
        with one_at_a_time(directory / f".{folder.name}.lock", f"builds {folder}"):
            # Another process may have built it while this one waited.
            if not folder.exists():
                _build(stream, folder, key)
    about = _undamaged(folder)
    images = MappedImages(folder / _IMAGES, tuple(about["shape"]), about["dtype"])
    return stream.as_data(images, np.fromfile(folder / _LABELS, np.int32)), about["left_out"]


def _build(stream: ImageStream, folder: Path, key: dict) -> None:
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    unfinished.mkdir(exist_ok=True)
    writer = _Writer(stream, unfinished)
    bar = keras.utils.Progbar(stream.num_images, unit_name="image") if sys.stdout.isatty() else None
    examples = stream.examples(writer.position)
    while chunk := list(itertools.islice(examples, writer.chunk)):
        writer.append(chunk)
        if bar is not None:
            bar.update(writer.position)
    if writer.position != stream.num_images:
        raise ValueError(
            "A stream must give as many images as it says, with None for those that it leaves out. "
            f"Received: num_images={stream.num_images}, and {writer.position} images"
        )
    about = {
        "what": "Images prepared by keras_gan.data.load, which makes this folder again if it is removed.",
        "key": key,
        **writer.description(),
        "class_names": stream.class_names,
        "made_with": {"keras_gan": __version__, "pillow": PIL.__version__},
    }
    write_atomically(unfinished / _ABOUT, json.dumps(about, indent=1).encode())
    (unfinished / _PROGRESS).unlink()
    give_name(unfinished, folder)


class _Writer:
    """Writes the files of a cache, and continues where a killed process stopped.

    Args:
        stream: where the images come from.
        folder: where the files are.
    """

    def __init__(self, stream: ImageStream, folder: Path):
        self._stream, self._folder = stream, folder
        self._images, self._labels = folder / _IMAGES, folder / _LABELS
        # How many images of the stream are done, which of them are left out, and the form of those in the file.
        self.position, self._left_out, self._shape, self._dtype = self._progress()

    @property
    def chunk(self) -> int:
        """How many images to give to `append`: one at first, because their size is not known before."""
        return max(1, _CHUNK // _num_bytes(self._shape, self._dtype)) if self._kept else 1

    def append(self, examples: list[tuple[np.ndarray | None, int]]) -> None:
        """Write the next images of the stream to the disk, then how many there are."""
        numbered = [(number, *example) for number, example in enumerate(examples, self.position)]
        kept = [example for example in numbered if example[1] is not None]
        if kept:
            numbers, images, labels = zip(*kept, strict=True)
            images = self._stacked(numbers, images)
            labels = _as_labels(labels)
            with self._room((self._stream.num_images - self.position) * (images[0].nbytes + 4)):
                _write(self._images, images, self._kept)
                _write(self._labels, labels, self._kept)
        self._left_out += [number for number, image, _ in numbered if image is None]
        self.position += len(examples)
        self._save()

    def description(self) -> dict:
        """Return what about.json says of the finished files."""
        if not self._kept:
            # These raise an error that says why.
            list(self._stream.notes(self._left_out))
            Source.stack([])
        return {
            "shape": [self._kept, *self._shape],
            "dtype": self._dtype,
            "left_out": self._left_out,
            "files": {path.name: _description_of(path) for path in (self._images, self._labels)},
        }

    @property
    def _kept(self) -> int:
        return self.position - len(self._left_out)

    def _progress(self) -> tuple:
        """What `_save` wrote last, or that nothing is done if the files are not there."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads((self._folder / _PROGRESS).read_bytes())
            position, left_out, shape, dtype = (found[name] for name in ("position", "left_out", "shape", "dtype"))
            kept = position - len(left_out)
            if not kept:
                return position, left_out, None, None
            enough = self._images.stat().st_size >= kept * _num_bytes(shape, dtype)
            if enough and self._labels.stat().st_size >= 4 * kept:
                return position, left_out, shape, dtype
        return 0, [], None, None

    def _save(self) -> None:
        found = {"position": self.position, "left_out": self._left_out, "shape": self._shape, "dtype": self._dtype}
        write_atomically(self._folder / _PROGRESS, json.dumps(found).encode())

    def _stacked(self, numbers: tuple[int, ...], images: tuple[np.ndarray, ...]) -> np.ndarray:
        """Join images as `Source.stack` would join them with those in the file."""
        if self._kept:
            # The first image of all is what the others are compared with.
            numbers = (next(itertools.filterfalse(self._left_out.__contains__, itertools.count())), *numbers)
            images = (self._rows(0, 1)[0], *images)
        stacked = Source.stack(images, [self._stream.name(number) for number in numbers])
        if self._kept:
            stacked = stacked[1:]
            if stacked.shape[-1] > self._shape[-1]:
                self._widen(stacked.shape[-1])
        try:
            stacked = checked_images(stacked)
        except ValueError as error:
            error.add_note(f"This happened where index 0 is {self._stream.name(numbers[-len(stacked)])}.")
            raise
        self._shape, self._dtype = stacked.shape[1:], stacked.dtype.name
        return stacked

    def _widen(self, channels: int) -> None:
        """Give the grey images in the file the channels of the first coloured one."""
        wide = self._images.with_suffix(".wide")
        with self._room(self._stream.num_images * channels * _num_bytes(self._shape[:2], self._dtype)):
            for start in range(0, self._kept, self.chunk):
                count = min(self.chunk, self._kept - start)
                _write(wide, self._rows(start, count).repeat(channels, axis=-1), start)
        # If the process is killed between the two files, the next one begins again.
        (self._folder / _PROGRESS).unlink()
        wide.replace(self._images)

    def _rows(self, start: int, count: int) -> np.ndarray:
        """Read images from the file."""
        size, offset = count * math.prod(self._shape), start * _num_bytes(self._shape, self._dtype)
        return np.fromfile(self._images, self._dtype, size, offset=offset).reshape(count, *self._shape)

    @contextlib.contextmanager
    def _room(self, needed: int) -> Iterator[None]:
        """Raise an error if the disk has not as many bytes as are needed, or proves too small in this context."""
        if shutil.disk_usage(self._folder).free < needed:
            raise self._no_room(needed)
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._no_room(needed) from error
            raise

    def _no_room(self, needed: int) -> OSError:
        return OSError(
            errno.ENOSPC,
            f"The cache of the images needs {_words.file_size(needed)} more on the disk, of which "
            f"{_words.file_size(shutil.disk_usage(self._folder).free)} are free. Make room and run this again, which "
            "continues where it stopped; or give a `cache_dir` on a larger disk",
            str(self._folder),
        )


def _undamaged(folder: Path) -> dict:
    """Return what about.json says of a finished folder whose files are as it says, or raise a ValueError."""
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        for name in (_IMAGES, _LABELS):
            _require_undamaged(folder / name, about["files"][name])
        return about
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The cache is damaged: {_reason(error)}. Remove the folder {folder}, which is then built again. "
            f"Received: cache_dir={str(folder.parent)!r}"
        ) from error


def _require_undamaged(path: Path, description: dict) -> None:
    """Raise a ValueError if a file is not as it was written. It is only read if the time of its change is another."""
    found = path.stat()
    if found.st_size != description["bytes"]:
        raise ValueError(f"{path.name} has {found.st_size} bytes instead of {description['bytes']}")
    if found.st_mtime_ns == description["changed_ns"]:
        return
    if _crc32(path) != description["crc32"]:
        raise ValueError(f"{path.name} has other content than was written")
    # It was copied. The next time it need not be read.
    with contextlib.suppress(OSError):
        os.utime(path, ns=(found.st_atime_ns, description["changed_ns"]))


def _description_of(path: Path) -> dict:
    found = path.stat()
    return {"bytes": found.st_size, "changed_ns": found.st_mtime_ns, "crc32": _crc32(path)}


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            crc = zlib.crc32(part, crc)
    return crc


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename).name} is missing"
    if type(error) is ValueError:
        return str(error)
    return f"{_ABOUT} cannot be read"


def _write(path: Path, array: np.ndarray, row: int) -> None:
    """Write an array to a file from this row on, which ends with it, and wait until it is on the disk."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        end = row * array[0].nbytes
        if file.seek(0, os.SEEK_END) < end:
            raise OSError(errno.EBUSY, "Another process writes to this file: let one alone build the cache", str(path))
        file.truncate(end)
        file.seek(0, os.SEEK_END)
        file.write(np.ascontiguousarray(array).data)
        file.flush()
        os.fsync(file.fileno())


def _as_json(key: dict) -> bytes:
    try:
        return json.dumps(key, sort_keys=True).encode()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The `key` of an ImageStream must be a dict that JSON can store: {error}. Received: key={key['source']!r}"
        ) from error


def _as_labels(labels: tuple) -> np.ndarray:
    """Class indices of a stream as int32, -1 for none, or an error if they are something else."""
    labels = np.asarray(labels)
    is_whole = np.issubdtype(labels.dtype, np.integer)
    checked_labels(np.maximum(labels, 0) if is_whole else labels, len(labels))
    return np.maximum(labels, -1).astype(np.int32)


def _num_bytes(shape: list[int] | tuple[int, ...], dtype: str) -> int:
    """The bytes of one image."""
    return math.prod(shape) * np.dtype(dtype).itemsize
