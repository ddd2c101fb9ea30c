"""A folder of image files."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_gan._arguments import require_bool
from keras_gan._files import local_path
from keras_gan.data._image_files import (
    SPLIT_NAME,
    counted,
    decoded,
    image_files,
    in_threads,
    notes_on_corrupt,
    notes_on_unread,
    root_of,
    visible_folders,
)
from keras_gan.data._tree import identity_of_files, is_image_file, listed, printable, visible_files
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source


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
    `Preprocessing(channels=4)` keeps what is transparent, and `Preprocessing(depth=16)` the levels of deep grey.

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
        return tuple(name for name in visible_folders(self.path) if SPLIT_NAME.fullmatch(name))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files in as many threads as there are processors."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files as `read` does. A changed file, another size or a later time of one, makes another cache."""
        root = root_of(self.path, split)
        files, unread = image_files(root)
        labels, class_names = _classes(root, files)

        def read(path: Path) -> np.ndarray | None:
            image = decoded(path, prepare, self.skip_corrupt)
            return None if image is None else prepare(image)

        def examples(start: int) -> Iterator[tuple[np.ndarray | None, int]]:
            return zip(in_threads(read, files[start:]), labels[start:], strict=True)

        def notes(left_out: list[int]) -> Iterator[str]:
            yield from notes_on_corrupt([files[number] for number in left_out], len(files))
            yield from notes_on_unread(unread)
            yield from self._doubts(root, class_names)

        key = {**identity_of_files(root, files), "skip_corrupt": self.skip_corrupt}
        names = None if class_names is None else tuple(map(printable, class_names))
        return ImageStream(key, len(files), examples, names, [printable(path) for path in files], notes)

    def _doubts(self, root: Path, class_names: tuple[str, ...] | None) -> Iterator[str]:
        """Why the folders of the classes and of the splits may be mixed up, or a class may be missing."""
        if class_names and (empty := sorted(set(visible_folders(root)) - set(class_names))):
            yield f"Left out the sub-folders without an image that is read: {', '.join(map(printable, empty))}."
        if root == self.path:
            splits = [name for name in class_names or () if SPLIT_NAME.fullmatch(name)]
            if splits:
                yield (
                    f"All images are read, with the sub-folders {', '.join(map(repr, splits))} as classes. If they are "
                    f"splits, read one of them, as in `load(..., split={splits[0]!r})`."
                )
        elif siblings := self._images_next_to(root):
            yield (
                f"Only the images in {printable(root.name)!r} are read, which has the name of the split, without "
                f"{counted(siblings, 'image')} next to it: {listed(siblings)}. If it is a class like its "
                "neighbours, rename it, or move all classes into one folder and load that."
            )

    def _images_next_to(self, root: Path) -> list[Path]:
        """The images next to the folder of a split, and in folders that are no splits themselves."""
        others = sorted(path for path in self.path.iterdir() if path != root and not path.name.startswith("."))
        others = [path for path in others if not SPLIT_NAME.fullmatch(path.name)]
        files = [file for path in others for file in (visible_files(path) if path.is_dir() else [path])]
        return [file for file in files if is_image_file(file)]


def _classes(root: Path, files: list[Path]) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """The label of each file, -1 if there are no classes, and the names of the classes."""
    parts = [path.relative_to(root).parts for path in files]
    if any(len(part) == 1 for part in parts):
        return np.full(len(files), -1, np.int32), None
    names = tuple(sorted({part[0] for part in parts}))
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[part[0]] for part in parts], np.int32), names
