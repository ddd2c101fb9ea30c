"""Arrays in a .npz or .npy file."""

import contextlib
import math
import os
from collections.abc import Iterator

import numpy as np

from keras_gan._files import is_fault_of_computer, local_path
from keras_gan.data._tree import identity_of_files
from keras_gan.data.arrays import Arrays
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source, check_split

# Deflate, the compression of .npz files, packs at most 1032 bytes into one.
_MOST_PACKED = 1032


class NumpyFile(Source):
    """Images that `numpy.save`, `numpy.savez` or `numpy.savez_compressed` wrote.

    A .npy file is an array of images. In a .npz file, the images are the first of these that exists:

    * `images`, with the labels in `labels`;
    * `x`, with the labels in `y`;
    * `x_train` and `x_test`, with the labels in `y_train` and `y_test`: the name after `x_` is a split;
    * the only array there is.

    The third form has the splits that it names. The others have only "train", a tenth of which `load` can hold out as
    "test". Labels are optional. `Arrays` documents what the arrays may hold.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: if the computer cannot read the file, whether it is damaged or not.
        ValueError: if `path` is no local path, NumPy cannot read the file, its arrays are no images, or no array has
            one of these names.

    Example:
        >>> import tempfile, pathlib
        >>> import numpy as np
        >>> from keras_gan import data
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "faces.npz")
        ...     np.savez(path, x_train=np.zeros((9, 4, 4), "uint8"), x_test=np.zeros((5, 4, 4), "uint8"))
        ...     test = data.load(data.NumpyFile(path), split="test", batch_size=2)
        >>> test.num_images
        5
    """

    # The names of the arrays of samples and of their labels, and what checks them.
    pairs = (("images", "labels"), ("x", "y"))
    arrays = Arrays

    def __init__(self, path: str | os.PathLike):
        self.path = local_path("source", path)
        if not self.path.is_file():
            raise FileNotFoundError(f"There is no such file. Received: source={str(path)!r}")

    def splits(self) -> tuple[str, ...]:
        """Return the names after `x_` in the third form, and none in the others."""
        with self._numpy_errors():
            # Only the headers: a .npy file is not read here.
            content = np.load(self.path, mmap_mode="r", allow_pickle=False)
        if isinstance(content, np.ndarray):
            return ()
        with content:
            return () if self._pair(content.files) else _splits(content.files)

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return the images of one split, and the labels where the file has some."""
        with self.path.open("rb") as file:
            images, labels = self._arrays(file, split)
        return self._checked(images, labels).read("train", prepare)

    def stream(self, split: str, prepare: Prepare) -> ImageStream | None:
        """Map a .npy file into memory. A .npz file cannot be mapped: None."""
        with self._numpy_errors():
            content = np.load(self.path, mmap_mode="r", allow_pickle=False)
        if not isinstance(content, np.ndarray):
            content.close()
            return None
        check_split(split, ["train"], self.path.name)

        def examples(start: int) -> Iterator[tuple[np.ndarray, int]]:
            images = self._checked(content, None).images
            return ((prepare(image), -1) for image in images[start:])

        return ImageStream(identity_of_files(self.path.parent, [self.path]), content.shape[0], examples)

    def _checked(self, images: np.ndarray, labels: np.ndarray | None) -> Arrays:
        try:
            return self.arrays(images, labels)
        except ValueError as error:
            raise ValueError(f"{error}, source={str(self.path)!r}") from error

    def _arrays(self, file, split: str) -> tuple[np.ndarray, np.ndarray | None]:
        with self._numpy_errors():
            content = np.load(file, allow_pickle=False)  # A pickle could run any code.
        if isinstance(content, np.ndarray):
            check_split(split, ["train"], self.path.name)
            return content, None
        image_key, label_key = self._keys(content.files, split)
        with self._numpy_errors():
            return content[image_key], content.get(label_key)

    @contextlib.contextmanager
    def _numpy_errors(self) -> Iterator[None]:
        try:
            yield
        # NumPy and zipfile raise errors of many classes for damaged files, zlib.error and RuntimeError among them.
        except Exception as error:
            if is_fault_of_computer(error) and not self._is_too_short_for(error):
                error.add_note(f"This happened while {str(self.path)!r} was read.")
                raise
            raise ValueError(
                f"NumPy cannot read the file: {_reason(error)}. Write it again with `numpy.savez` "
                f"or `numpy.save`. Received: source={str(self.path)!r}"
            ) from error

    def _is_too_short_for(self, error: Exception) -> bool:
        """Whether the memory was too small for an array that the file cannot hold: its header is damaged."""
        shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
        if shape is None or dtype is None:
            return False
        return math.prod(shape) * dtype.itemsize > _MOST_PACKED * self.path.stat().st_size

    def _keys(self, keys: list[str], split: str) -> tuple[str, str | None]:
        pair, splits = self._pair(keys), _splits(keys)
        if pair is None and splits:
            check_split(split, splits, self.path.name)
            return f"x_{split}", f"y_{split}"
        check_split(split, ["train"], self.path.name)
        if pair is None and len(keys) != 1:
            name = self.pairs[0][0]
            raise ValueError(
                f"Which array holds the {name}? Name it `{name}` (or `x`, or `x_train`), and the labels "
                f"`labels` (`y`, `y_train`). Received: source={str(self.path)!r} with the arrays "
                f"{', '.join(keys) or '(none)'}"
            )
        return pair or (keys[0], None)

    def _pair(self, keys: list[str]) -> tuple[str, str] | None:
        """The names of the arrays of images and of labels in a file without splits."""
        return next((pair for pair in self.pairs if pair[0] in keys), None)


def _splits(keys: list[str]) -> tuple[str, ...]:
    return tuple(key.removeprefix("x_") for key in keys if key.startswith("x_"))


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it is shorter than the array that it announces, so it is damaged"
    # NumPy's advice on these two is to run what the file holds.
    if "pickled" in str(error):
        return "it is no .npz or .npy file, whatever its name"
    if "pickle" in str(error):
        return "its array holds objects, and images are numbers"
    return str(error).rstrip(".") or type(error).__name__
