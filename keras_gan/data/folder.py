"""A folder of image files."""

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_gan._arguments import require_bool
from keras_gan._files import is_fault_of_computer, local_path
from keras_gan.data import _decoding
from keras_gan.data._tree import (
    SUFFIXES,
    identity_of_files,
    is_image_file,
    listed,
    looks_left_out,
    printable,
    visible_files,
)
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source

# Names such as "test", "Testing", "training_set", "validation", "trainA" and "val2017".
_SPLIT_NAME = re.compile(
    r"(train(ing)?|test(ing|s)?|val(id|idation)?|dev|eval(uation)?|extra|unlabell?ed)"
    r"[-_ ]?(set|data|images|split)?[-_ ]?([A-B]|\d*)",
    re.IGNORECASE,
)
# Images that each thread decodes before the first of them is used.
_AHEAD = 8


class Folder(Source):
    """Image files in a folder and the folders below it, whose sub-folders are the classes.

    The files are read in the sorted order of their paths, without hidden files, through symbolic links too. If every
    image is in a sub-folder, the immediate sub-folders that hold images are the classes, in sorted order; otherwise
    there are no labels. If the folder has a sub-folder with the name of the split ("train", "test", ...), only that
    one is read. Without one, all images are the split "train"; and if no sub-folder has the name of another split
    ("test", "val", ...), `load` can hold a tenth of them out as "test". A warning names what may be left out or mixed
    up by mistake: images next to the folder of a split, a class with the name of a split, and files that look like
    images but are not read.

    Images are grey if all files are grey, and RGB otherwise, unless `Preprocessing(channels=...)` chooses. They
    look as in a viewer: turned as EXIF says, transparent parts on white, deep grey rounded to 8 bits.

    Args:
        path: the folder.
        skip_corrupt: whether to skip files that cannot be decoded, with a warning, instead of stopping.

    Raises:
        FileNotFoundError: if there is no such folder.
        OSError: if the computer cannot read a folder or a file, whether it is an image or not.
        ValueError: if `path` is no local path, or the folder holds no image, has no such split, or holds a file that
            cannot be decoded.

    Example:
        >>> import tempfile, pathlib
        >>> from PIL import Image
        >>> from keras_gan import data
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("cat", "dog"):
        ...         pathlib.Path(folder, name).mkdir()
        ...         Image.new("RGB", (40, 30)).save(pathlib.Path(folder, name, "1.png"))
        ...     pets = data.load(data.Folder(folder), image_size=(8, 16), batch_size=2, labels=True)
        >>> pets.class_names, pets.image_shape
        (('cat', 'dog'), (8, 16, 3))
    """

    def __init__(self, path: str | os.PathLike, *, skip_corrupt: bool = False):
        self.path = local_path("source", path)
        self.skip_corrupt = require_bool("skip_corrupt", skip_corrupt)
        if not self.path.is_dir():
            raise FileNotFoundError(f"There is no such folder. Received: source={str(path)!r}")

    def splits(self) -> tuple[str, ...]:
        """Return the names of the sub-folders that are named as splits are."""
        return tuple(name for name in self._folders() if _SPLIT_NAME.fullmatch(name))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files in as many threads as there are processors."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files as `read` does. A changed file, another size or a later time of one, makes another cache."""
        root = self._root(split)
        visible = visible_files(root)
        files, unread = ([path for path in visible if test(path)] for test in (is_image_file, looks_left_out))
        if not files:
            others = f" It holds {listed(unread)}, which cannot be read." if unread else ""
            raise ValueError(
                f"The folder holds no image file ({' '.join(SUFFIXES)}).{others} Received: source={printable(root)!r}"
            )
        labels, class_names = _classes(root, files)

        def examples(start: int) -> Iterator[tuple[np.ndarray | None, int]]:
            images = _in_threads(lambda path: self._read_file(path, prepare), files[start:])
            return zip(images, labels[start:], strict=True)

        def notes(left_out: list[int]) -> Iterator[str]:
            yield from _left_out([files[number] for number in left_out], unread, len(files))
            yield from self._doubts(root, class_names)

        key = {**identity_of_files(root, files), "skip_corrupt": self.skip_corrupt}
        names = None if class_names is None else tuple(map(printable, class_names))
        return ImageStream(key, len(files), examples, names, [printable(path) for path in files], notes)

    def _root(self, split: str) -> Path:
        folders = self._folders()
        if split in folders:
            return self.path / split
        if split != "train":
            raise ValueError(
                f"The folder {printable(self.path)!r} has no sub-folder for this split; only 'train' needs none. "
                f"It has: {', '.join(repr(printable(name)) for name in folders) or 'no sub-folder'}. Received: "
                f"split={split!r}"
            )
        return self.path

    def _folders(self) -> list[str]:
        return _visible_folders(self.path)

    def _read_file(self, path: Path, prepare: Prepare) -> np.ndarray | None:
        try:
            image = _decoding.decode(path)
        # Pillow raises errors of many classes for damaged files, SyntaxError among them.
        except Exception as error:
            if is_fault_of_computer(error):
                error.add_note(f"This happened while {printable(path)!r} was read.")
                raise
            if self.skip_corrupt:
                return None
            raise ValueError(
                f"A file cannot be decoded as an image: {error}. Mend or remove it, or pass "
                f"Folder(..., skip_corrupt=True) to skip such files. Received: file={printable(path)!r}"
            ) from error
        return prepare(image)

    def _doubts(self, root: Path, class_names: tuple[str, ...] | None) -> Iterator[str]:
        """Why the folders of the classes and of the splits may be mixed up, or a class may be missing."""
        if class_names and (empty := sorted(set(_visible_folders(root)) - set(class_names))):
            yield f"Left out the sub-folders without an image that is read: {', '.join(map(printable, empty))}."
        if root == self.path:
            splits = [name for name in class_names or () if _SPLIT_NAME.fullmatch(name)]
            if splits:
                yield (
                    f"All images are read, with the sub-folders {', '.join(map(repr, splits))} as classes. If they are "
                    f"splits, read one of them, as in `load(..., split={splits[0]!r})`."
                )
        elif siblings := self._images_next_to(root):
            yield (
                f"Only the images in {printable(root.name)!r} are read, which has the name of the split, without "
                f"{_counted(siblings, 'image')} next to it: {listed(siblings)}. If it is a class like its "
                "neighbours, rename it, or move all classes into one folder and load that."
            )

    def _images_next_to(self, root: Path) -> list[Path]:
        """The images next to the folder of a split, and in folders that are no splits themselves."""
        others = sorted(path for path in self.path.iterdir() if path != root and not path.name.startswith("."))
        others = [path for path in others if not _SPLIT_NAME.fullmatch(path.name)]
        files = [file for path in others for file in (visible_files(path) if path.is_dir() else [path])]
        return [file for file in files if is_image_file(file)]


def _left_out(corrupt: list[Path], unread: list[Path], num_files: int) -> Iterator[str]:
    """What is not in the data, in words; an error if that is everything."""
    if len(corrupt) == num_files:
        raise ValueError(
            f"None of the image files can be decoded. Received: {_counted(corrupt, 'file')}, {listed(corrupt)}"
        )
    if corrupt:
        yield f"Left out {len(corrupt)} of {num_files} image files that cannot be decoded: {listed(corrupt)}"
    if unread:
        yield (
            "Left out what looks like an image, but has another format or suffix than those that are read, or is a "
            f"link to nothing: {_counted(unread, 'file')}, {listed(unread)}"
        )


def _visible_folders(path: Path) -> list[str]:
    return sorted(folder.name for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def _counted(paths: list[Path], noun: str) -> str:
    return f"{len(paths)} {noun}{'s' * (len(paths) != 1)}"


@contextlib.contextmanager
def _without_notes_on_tags() -> Iterator[None]:
    """Leave out what Pillow warns of in damaged tags, which no picture shows. Not in a thread: filters are shared."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")
        yield


def _in_threads(function: Callable, items: list) -> Iterator:
    """Yield the result for each item in turn. Only a few are computed ahead, so that few are in memory."""
    at_once = _AHEAD * os.cpu_count()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(items), at_once):
            # Not over a `yield`: the filters of warnings are those of the whole program.
            with _without_notes_on_tags():
                results = list(pool.map(function, items[start : start + at_once]))
            yield from results


def _classes(root: Path, files: list[Path]) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """The label of each file, -1 if there are no classes, and the names of the classes."""
    parts = [path.relative_to(root).parts for path in files]
    if any(len(part) == 1 for part in parts):
        return np.full(len(files), -1, np.int32), None
    names = tuple(sorted({part[0] for part in parts}))
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[part[0]] for part in parts], np.int32), names
