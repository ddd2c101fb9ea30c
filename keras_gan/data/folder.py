"""A folder of image files."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_gan.data import _images
from keras_gan.data.source import ImageData, Prepare, Source

_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


class Folder(Source):
    """Image files in a folder and the folders below it, whose sub-folders are the classes.

    The files are read in the sorted order of their paths, without hidden files. If every image is in a sub-folder,
    the immediate sub-folders that hold images are the classes, in sorted order; otherwise there are no labels. If
    the folder has a sub-folder with the name of the split ("train", "test", ...), only that one is read; without
    one, all images are the split "train".

    Images are grey if all files are grey, and RGB otherwise, unless `Preprocessing(channels=...)` chooses. They
    look as in a viewer: turned as EXIF says, transparent parts on white, 16 bits rounded to 8.

    Args:
        path: the folder.
        skip_corrupt: whether to skip files that cannot be decoded, with a warning, instead of stopping.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if it holds no image, has no such split, or holds a file that cannot be decoded.

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
        self.path = Path(path).expanduser()
        self.skip_corrupt = skip_corrupt
        if not self.path.is_dir():
            raise FileNotFoundError(f"There is no such folder. Received: source={str(path)!r}")

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files in as many threads as there are processors."""
        root = self._root(split)
        files = _image_files(root)
        if not files:
            listed = " ".join(_SUFFIXES)
            raise ValueError(f"The folder holds no image file ({listed}). Received: source={str(root)!r}")

        def read_file(path: Path) -> np.ndarray | None:
            image = self._decode(path)
            return None if image is None else prepare(image)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            images = list(pool.map(read_file, files))
        kept = [index for index, image in enumerate(images) if image is not None]
        if len(kept) < len(files):
            self._report([path for path, image in zip(files, images, strict=True) if image is None], len(kept))
        labels, class_names = _classes(root, files)
        return ImageData(
            self.stack(images[index] for index in kept), None if labels is None else labels[kept], class_names
        )

    def _root(self, split: str) -> Path:
        folders = sorted(path.name for path in self.path.iterdir() if path.is_dir())
        if split in folders:
            return self.path / split
        if split != "train":
            raise ValueError(
                f"The folder {str(self.path)!r} has no sub-folder for this split; only 'train' needs none. "
                f"It has: {', '.join(map(repr, folders)) or 'no sub-folder'}. Received: "
                f"split={split!r}"
            )
        return self.path

    def _decode(self, path: Path) -> np.ndarray | None:
        try:
            return _images.decode(path)
        # Pillow raises errors of many classes for damaged files, SyntaxError among them.
        except Exception as error:
            if self.skip_corrupt:
                return None
            reason = "it is empty" if path.stat().st_size == 0 else str(error)
            raise ValueError(
                f"A file cannot be decoded as an image: {reason}. Repair or remove it, or pass "
                f"Folder(..., skip_corrupt=True) to skip such files. Received: file={str(path)!r}"
            ) from error

    def _report(self, corrupt: list[Path], num_kept: int) -> None:
        names = ", ".join(str(path) for path in corrupt[:3]) + (", ..." if len(corrupt) > 3 else "")
        if num_kept == 0:
            raise ValueError(f"None of the {len(corrupt)} image files can be decoded. Received: files={names}")
        warnings.warn(
            f"Left out {len(corrupt)} of {len(corrupt) + num_kept} image files that cannot be decoded: {names}",
            stacklevel=4,
        )


def _image_files(root: Path) -> list[Path]:
    """Return the image files below `root`, in a sorted order that is the same on every file system."""
    relative = (path.relative_to(root) for path in root.rglob("*") if path.suffix.lower() in _SUFFIXES)
    visible = (path for path in relative if not any(part.startswith(".") for part in path.parts))
    return [root / path for path in sorted(visible, key=lambda path: path.parts) if (root / path).is_file()]


def _classes(root: Path, files: list[Path]) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    parts = [path.relative_to(root).parts for path in files]
    if any(len(part) == 1 for part in parts):
        return None, None
    names = tuple(sorted({part[0] for part in parts}))
    return np.array([names.index(part[0]) for part in parts], np.int32), names
