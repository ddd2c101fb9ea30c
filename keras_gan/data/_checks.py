"""Whether arrays are images and labels, and how to make them so."""

import numpy as np

from keras_gan._pixels import LIMIT, has_channels_first, scaling

_MOST_CHANNELS = 4
_CLASSES = 2**31


def checked_images(images: np.ndarray) -> np.ndarray:
    """Return images as uint8 or float32 of shape (num_images, height, width, channels), or raise.

    Args:
        images: uint8 in [0, 255] or floats in [-1, 1], where rounding errors are clipped; without the last axis if
            they are grey.

    Raises:
        ValueError: if they have another dtype, rank or range, hold NaN, or have their channels first.
    """
    if images.ndim not in (3, 4):
        raise ValueError(
            "Images must have the shape (num_images, height, width, channels), or (num_images, height, width) if "
            f"grey. {_reshaping(images)} Received: images with shape={images.shape}"
        )
    if images.size == 0:
        raise ValueError(f"The array holds no image. Received: images with shape={images.shape}")
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"Images must be uint8 in [0, 255] or floats in [-1, 1]. {_conversion(images)} "
            f"Received: images with dtype={images.dtype}, shape={images.shape}"
        )
    if _is_one_image(images.shape):
        raise ValueError(
            "This looks like one image with channels, and would be taken for many grey ones. A set of one is "
            f"images[None]. Received: images with shape={images.shape}"
        )
    if images.ndim == 4 and has_channels_first(images.shape[1:]):
        raise ValueError(
            "The channels of images must be their last axis, and here they come first. Move them to the end with "
            f"images.transpose(0, 2, 3, 1). Received: images with shape={images.shape}"
        )
    if images.dtype != np.uint8:
        images = _checked_floats(images)
    return images if images.ndim == 4 else images[..., np.newaxis]


def checked_labels(labels: np.ndarray, num_images: int) -> np.ndarray:
    """Return class indices as int32 of shape (num_images,), or attributes as float32, or raise.

    Args:
        labels: integers from 0 up, shape (num_images,) or (num_images, 1); or attributes, 0 and 1 of shape (num_images,
            num_attributes). A single column is one attribute if it holds floats, and else classes.
        num_images: how many there must be.

    Raises:
        ValueError: if they have another dtype, shape or length, or are negative or 2^31 or more.
    """
    shape = labels.shape
    if shape[:1] != (num_images,):
        raise ValueError(f"Each image needs one label. Received: labels with shape={shape} for {num_images} images")
    if labels.ndim == 2 and shape[1] == 1 and labels.dtype.kind != "f":
        labels = labels[:, 0]
    if _are_attributes(labels):
        return labels.astype(np.float32)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            "Labels must be class indices, integers of shape (num_images,); or attributes, 0 and 1 of shape "
            f"(num_images, num_attributes). {_numbering(labels)} "
            f"Received: labels with dtype={labels.dtype}, shape={shape}"
        )
    if labels.min() < 0:
        raise ValueError(f"Labels count the classes from 0. Received: labels with minimum {labels.min()}")
    if labels.max() >= _CLASSES:
        raise ValueError(
            "Labels count the classes from 0, and these are too large. Number them with "
            f"np.unique(labels, return_inverse=True)[1]. Received: labels with maximum {labels.max()}"
        )
    return labels.astype(np.int32)


def _are_attributes(labels: np.ndarray) -> bool:
    is_table = labels.ndim == 2 and labels.size and labels.dtype.kind in "biuf"
    return bool(is_table and ((labels == 0) | (labels == 1)).all())


def _reshaping(images: np.ndarray) -> str:
    if images.ndim == 2:
        return "A table needs no `load`: give it to `fit`, as float32. One grey image becomes a set with images[None]."
    return "Bring them to this shape with images.reshape(...)."


def _conversion(images: np.ndarray) -> str:
    if images.dtype == bool:
        return 'Convert with images.astype("uint8") * 255.'
    if images.dtype == object:
        return "Make one array of numbers of them, as np.stack(images) does of images of one size."
    if images.dtype.kind not in "iu":
        return "Give the brightness of each pixel as one of these."
    low, high = int(images.min()), int(images.max())
    if low >= 0 and high <= 1:
        return 'These look like [0, 1]: convert with images.astype("uint8") * 255.'
    if low >= 0 and high <= 255:
        return 'Convert with images.astype("uint8").'
    if low >= 0 and high <= 65535:
        return (
            'Where 65535 is white, convert with (images / 257).round().astype("uint8"), or keep all levels with '
            '(images / 32767.5 - 1).astype("float32").'
        )
    return f"These lie in [{low}, {high}]. {scaling('images', low, high)}"


def _is_one_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[2] <= _MOST_CHANNELS < min(shape[:2])


def _checked_floats(images: np.ndarray) -> np.ndarray:
    low, high = images.min(), images.max()
    if not np.isfinite([low, high]).all():
        finite = np.isfinite(images)
        first = tuple(int(axis) for axis in np.unravel_index(np.argmin(finite), images.shape))
        raise ValueError(
            f"Images must be finite numbers. Received: images with {np.sum(~finite)} NaN or infinite values, "
            f"the first at index {first}"
        )
    if max(-low, high) > LIMIT:
        series = " If these are series and no images, they need no `load`: give them to `fit`." * (images.ndim == 3)
        raise ValueError(
            f"Float images must lie in [-1, 1]. {scaling('images', low, high)}{series} "
            f"Received: images in [{low:g}, {high:g}]"
        )
    if max(-low, high) > 1:
        images = np.clip(images, -1, 1)
    return images.astype(np.float32, copy=False)


def _numbering(labels: np.ndarray) -> str:
    if labels.ndim > 2:
        return "If these are images too, load each set by itself, or both as pairs with `load_pairs`."
    if labels.ndim == 2 and labels.dtype.kind in "iufb":
        return (
            "Attributes must be 0 or 1: convert those of -1 and 1 with (labels + 1) / 2. Rows of probabilities become "
            "classes with labels.argmax(-1)."
        )
    if labels.dtype == bool or (labels.dtype.kind == "f" and np.all(labels == np.floor(labels))):
        return 'Convert with labels.astype("int32").'
    return "Number the classes with np.unique(labels, return_inverse=True)[1]."
