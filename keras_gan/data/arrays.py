"""Images that are already in memory."""

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np

from keras_gan.data._checks import checked_images, checked_labels
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source, check_split


class Arrays(Source):
    """Images, and labels if there are any, as NumPy arrays or anything that NumPy can convert.

    The only split is "train", a tenth of which `load` can hold out as "test". The arrays are checked when the object
    is created.

    Args:
        images: uint8 in [0, 255], or floats in [-1, 1], which become float32 without rounding. Shape
            (num_images, height, width, channels), or (num_images, height, width) for grey images.
        labels: integers from 0 up, shape (num_images,) or (num_images, 1); or attributes, numbers 0 and 1 of shape
            (num_images, num_attributes), which say of each whether an image has it; or None.

    Raises:
        ValueError: if the images have another dtype, rank or range, hold NaN, or have their channels first; or the
            labels are neither class indices nor attributes, or not as many as the images.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> source = data.Arrays(np.zeros((10, 8, 8), "uint8"), labels=np.arange(10))
        >>> source.images.shape
        (10, 8, 8, 1)
    """

    def __init__(self, images, labels=None):
        self.images = checked_images(as_array("images", images))
        self.labels = None if labels is None else checked_labels(as_array("labels", labels), len(self.images))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return the arrays, without a copy if `prepare` does not change an image."""
        check_split(split, ["train"], "An array")
        first = self.images[0]
        if prepare(first) is first:
            return ImageData(self.images, self.labels)
        return ImageData(self.stack(prepare(image) for image in self.images), self.labels)

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Return the images one by one, with a hash of both arrays."""
        check_split(split, ["train"], "An array")

        has_attributes = self.labels is not None and self.labels.ndim == 2
        labels = np.arange(len(self.images)) if has_attributes else self.labels

        def examples(start: int) -> Iterator[tuple[np.ndarray, int]]:
            rest = itertools.repeat(-1) if labels is None else labels[start:]
            return zip(map(prepare, self.images[start:]), rest, strict=labels is not None)

        key = {"images": _hash(self.images), "labels": None if labels is None else _hash(labels)}
        return ImageStream(key, len(self.images), examples, attributes=self.labels if has_attributes else None)


def _hash(array: np.ndarray) -> str:
    # Row by row: an array that is mapped from a file may be larger than the memory.
    digest = hashlib.sha256(f"{array.dtype} {array.shape}".encode())
    for row in array:
        digest.update(np.ascontiguousarray(row).data)
    return digest.hexdigest()[:32]


def as_array(name: str, values) -> np.ndarray:
    """Return what a user gave as an array, or raise."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"`{name}` must not be masked. Give the hidden values with {name}.filled(...). Received: a masked array"
        )
    try:
        return np.asarray(values)
    except Exception as error:
        raise ValueError(
            f"`{name}` must be one array: all images of one size, on the CPU. Of the two pairs that `load_data` of "
            f"`keras.datasets` returns, give one. NumPy says: {error} Received: {name} of type {type(values).__name__}"
        ) from error
