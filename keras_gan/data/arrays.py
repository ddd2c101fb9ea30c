"""Images that are already in memory."""

import numpy as np

from keras_gan.data.source import ImageData, Prepare, Source, check_split


class Arrays(Source):
    """Images, and labels if there are any, as NumPy arrays or anything that NumPy can convert.

    The only split is "train". The arrays are checked when the object is created.

    Args:
        images: uint8 in [0, 255], or floats in [-1, 1], which become float32 without rounding. Shape
            (num_images, height, width, channels), or (num_images, height, width) for grey images.
        labels: integers from 0 up, shape (num_images,) or (num_images, 1); or None.

    Raises:
        ValueError: if the images have another dtype, rank or range, or hold NaN; or the labels are not class
            indices, or not as many as the images.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> source = data.Arrays(np.zeros((10, 8, 8), "uint8"), labels=np.arange(10))
        >>> source.images.shape
        (10, 8, 8, 1)
    """

    def __init__(self, images, labels=None):
        self.images = _check_images(np.asarray(images))
        self.labels = None if labels is None else _check_labels(np.asarray(labels), len(self.images))

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return the arrays, without a copy if `prepare` does not change an image."""
        check_split(split, ["train"], "An array")
        first = self.images[0]
        if prepare(first) is first:
            return ImageData(self.images, self.labels)
        return ImageData(self.stack(prepare(image) for image in self.images), self.labels)


def _check_images(images: np.ndarray) -> np.ndarray:
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            "Images must be uint8 in [0, 255] or floats in [-1, 1], all of one size. Other integers convert with "
            f'images.astype("uint8"). Received: images with dtype={images.dtype}, shape={images.shape}'
        )
    if images.ndim not in (3, 4):
        raise ValueError(
            "Images must have the shape (num_images, height, width, channels), or (num_images, height, "
            f"width) if grey. Received: images with shape={images.shape}"
        )
    if images.size == 0:
        raise ValueError(f"The array holds no image. Received: images with shape={images.shape}")
    if images.dtype != np.uint8:
        images = _check_floats(images)
    return images if images.ndim == 4 else images[..., np.newaxis]


def _check_floats(images: np.ndarray) -> np.ndarray:
    finite = np.isfinite(images)
    if not finite.all():
        first = tuple(int(axis) for axis in np.unravel_index(np.argmin(finite), images.shape))
        raise ValueError(
            f"Images must be finite numbers. Received: images with {np.sum(~finite)} NaN or infinite values, "
            f"the first at index {first}"
        )
    low, high = images.min(), images.max()
    if low < -1 or high > 1:
        like_bytes = low >= 0 and high <= 255
        advice = "These look like [0, 255]: pass uint8, or images / 127.5 - 1." if like_bytes else "Rescale them."
        raise ValueError(f"Float images must lie in [-1, 1]. {advice} Received: images in [{low:g}, {high:g}]")
    return images.astype(np.float32, copy=False)


def _check_labels(labels: np.ndarray, num_images: int) -> np.ndarray:
    shape = labels.shape
    if labels.ndim == 2 and shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            "Labels must be class indices: integers of shape (num_images,). One-hot rows convert with "
            f"labels.argmax(-1). Received: labels with dtype={labels.dtype}, shape={shape}"
        )
    if len(labels) != num_images:
        raise ValueError(f"Each image needs one label. Received: labels with shape={shape} for {num_images} images")
    if labels.min() < 0:
        raise ValueError(f"Labels count the classes from 0. Received: labels with minimum {labels.min()}")
    return labels.astype(np.int32)
