"""Images that stay in a file until a batch needs them."""

import os

import numpy as np


class MappedImages:
    """The images of a file of raw numbers, mapped into memory.

    The operating system reads the pages that are used, and drops them when it needs their memory for something else. So
    the file may be larger than the memory, and is as fast as memory where it fits.

    Args:
        path: the file.
        shape: (num_images, height, width, channels).
        dtype: of the numbers.
        rows: int64 (N,), which of these images there are, in this order; None for all.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        shape: tuple[int, int, int, int],
        dtype: np.dtype,
        rows: np.ndarray | None = None,
    ):
        self._path, self._file_shape, self.dtype, self._rows = path, tuple(shape), np.dtype(dtype), rows
        # Without the class `memmap`, which all parts of it would inherit.
        self._images = np.asarray(np.memmap(path, self.dtype, "r", shape=self._file_shape))
        self.shape = (shape[0] if rows is None else len(rows), *shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return consecutive images as an array in memory."""
        return self.take(np.arange(*part.indices(len(self))))

    def take(self, numbers: np.ndarray) -> np.ndarray:
        """Return images by their numbers as an array in memory. Other threads run while the disk is read."""
        return self._images.take(numbers if self._rows is None else self._rows[numbers], axis=0)

    def part(self, rows: np.ndarray) -> "MappedImages":
        """Return some of the images, which stay in the file too."""
        rows = rows if self._rows is None else self._rows[rows]
        return MappedImages(self._path, self._file_shape, self.dtype, rows)
