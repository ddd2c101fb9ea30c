"""Images as floats in [-1, 1] and as bytes. The package checks the range and quantises only here.

Each function has a form for NumPy arrays and one for tensors. The forms for tensors also work in a graph, where a
failed check raises `tf.errors.InvalidArgumentError` when the graph runs.
"""

import math
import warnings

import numpy as np
import tensorflow as tf

from keras_gan._arguments import checked

# A user's own scaling, or float16, may exceed [-1, 1] by a rounding error. A wrong range such as [0, 255] exceeds it
# by far.
LIMIT = 1.001
_MOST_CHANNELS = 4
_RANK_OF_CLIPS = 5
# ITU-R BT.601, as Pillow makes grey of colours.
LUMA = (0.299, 0.587, 0.114)

_OUT_OF_RANGE = "`{0}` must be finite numbers in [-1, 1]. Map numbers in [0, 255] with x / 127.5 - 1."
_ZERO_TO_ONE = (
    "The {0} fill [0, 1] and none is below 0, but images go from -1 (black) to 1 (white). If these are images in "
    "[0, 1], give `{0} * 2 - 1`."
)


def to_bytes(images):
    """Quantise an array of floats to the nearest of 256 levels.

    A number outside [-1, 1] becomes the nearest end. A number halfway between two levels becomes the higher one:

        floor(clip(127.5 x + 128, 0, 255))

    Args:
        images: array of floats in [-1, 1], of any shape, without NaN.

    Returns:
        uint8 array of the same shape.

    Example:
        >>> to_bytes(np.array([-1.0, 0.0, 1.0]))
        array([  0, 128, 255], dtype=uint8)
    """
    # The conversion drops the fraction.
    return np.clip(np.asarray(images, np.float32) * 127.5 + 128.0, 0, 255).astype(np.uint8)


def tensor_to_bytes(images):
    """Quantise a float32 tensor as `to_bytes` quantises an array: a uint8 tensor."""
    return tf.cast(tf.floor(tf.clip_by_value(images * 127.5 + 128.0, 0.0, 255.0)), tf.uint8)


def luma(images):
    """The brightness of a tensor of grey images or colours, in one channel, in the range that they have."""
    if images.shape[-1] == 1:
        return images
    return tf.tensordot(images, tf.constant(LUMA, images.dtype), 1)[..., tf.newaxis]


def require_range(name, images):
    """Return an array of floats as float32 if all are finite and in [-1, 1], or raise; float32 is not copied.

    Args:
        name: str, what messages call the images.
        images: array of floats, of any shape, with at least one number.

    Raises:
        ValueError: if a number is NaN or outside [-1, 1] by more than a rounding error.
    """
    low, high = _extremes(images)
    # NaN fails both comparisons.
    if not (low >= -LIMIT and high <= LIMIT):
        raise ValueError(f"{_OUT_OF_RANGE.format(name)} Received: lowest={low:.6g}, highest={high:.6g}")
    return images.astype(np.float32, copy=False)


def in_range(images):
    """Whether all numbers of a tensor are finite and in [-1, 1] up to a rounding error: a scalar boolean tensor."""
    # The lowest and the highest number are not enough: on some devices they ignore NaN.
    return tf.reduce_all(tf.abs(images) <= LIMIT)


def require_zeros_and_ones(name, masks):
    """Raise a ValueError, with the remedy for what was given, unless an array of numbers holds 0 and 1 alone.

    Args:
        name: str, what the message calls the masks.
        masks: array of numbers or booleans, of any shape.
    """
    if ((masks == 0) | (masks == 1)).all():
        return
    low, high = _extremes(masks)
    remedy = f"`{name} > 0.5` as floats makes such masks of others in [0, 1]."
    if high > 1.0:
        remedy = "Divide masks of 0 and 255 by 255."
    elif low < 0.0:
        remedy = f"Of masks that are -1 and 1 take `({name} + 1) / 2`."
    raise ValueError(
        f"`{name}` must be 1 in the hole and 0 where the picture is known. {remedy} "
        f"Received: {name} from {low:g} to {high:g}"
    )


def fills_zero_to_one(low, high):
    """Whether images are most likely in [0, 1] instead of [-1, 1]: none is below 0, some are near 0 and near 1.

    Ask this of a whole set: the brightest images of a good set may well look like this.

    Args:
        low: float, the lowest number.
        high: float, the highest number.
    """
    return 0.0 <= low < 0.02 and 0.98 < high <= LIMIT


def warn_of_zero_to_one(name, low, high, *, stacklevel):
    """Warn if a whole set of images most likely lies in [0, 1].

    Args:
        name: str, what the warning calls them.
        low: float, the lowest number of the set.
        high: float, the highest number of the set.
        stacklevel: int, whose line the warning shows: 1 for the caller's.
    """
    if fills_zero_to_one(low, high):
        warnings.warn(_ZERO_TO_ONE.format(name), stacklevel=stacklevel + 1)


def watched(name, batches):
    """Yield batches of images unchanged, and warn after the last one if all together fill [0, 1].

    Args:
        name: str, what the warning calls the images.
        batches: iterable of arrays of numbers.
    """
    low, high = np.inf, -np.inf
    for batch in batches:
        if batch.size:
            extremes = _extremes(batch)
            low, high = min(low, extremes[0]), max(high, extremes[1])
        yield batch
    warn_of_zero_to_one(name, low, high, stacklevel=2)


def scaling(name, low, high):
    """Return a sentence that says how to bring numbers to [-1, 1].

    Args:
        name: str, what the code of the caller calls them.
        low: float, the lowest number.
        high: float, the highest number.

    Example:
        >>> scaling("faces", 0.0, 255.0)
        'They look like [0, 255]: scale them with `faces / 127.5 - 1`.'
    """
    for top, half in ((255, "127.5"), (65535, "32767.5")):
        # Divided by far too much, all images would be black.
        if low >= 0 and top / 10 < high <= top:
            return f"They look like [0, {top}]: scale them with `{name} / {half} - 1`."
    return (
        f"Scale them with `2 * ({name} - low) / (high - low) - 1`, where low and high are the lowest and the highest "
        "number of the whole set."
    )


def has_channels_first(shape):
    """Whether the shape of one image, `(height, width, channels)`, is most likely `(channels, height, width)`.

    Args:
        shape: sequence of three ints, or None for any size.
    """
    channels, *sides = (math.inf if size is None else size for size in shape)
    return channels <= _MOST_CHANNELS < min(sides)


def require_channels_at_end(name, shape):
    """Raise a ValueError for the shape of one image, without the batch, that has its channels first.

    Shapes of other than three axes pass: they are none of images.

    Args:
        name: str, what the message calls the shape.
        shape: tuple of ints, or None for any size.
    """
    if len(shape) == 3 and has_channels_first(shape):
        raise ValueError(
            "Images must have the shape (height, width, channels), and here the channels come first. Build the "
            f"networks for {(*shape[1:], shape[0])}, and turn the images round with `images.transpose(0, 2, 3, 1)`. "
            f"Received: {name}={tuple(shape)}"
        )


def require_images(name, images):
    """Return a batch of images as a float32 array, or raise.

    Images that fill [0, 1] are warned of. They are within [-1, 1], but most likely by mistake.

    Args:
        name: str, what messages call the images.
        images: array-like or tensor of floats in [-1, 1], shape (num_images, height, width, channels).

    Raises:
        ValueError: if the images have another shape or type, or are not in [-1, 1].
    """
    images = np.asarray(images)
    _require_batch(name, images.shape, images.dtype.name, is_float=images.dtype.kind not in "iubc")
    if not images.size:
        raise ValueError(f"`{name}` must hold at least one image. Received: {name}.shape={images.shape}")
    low, high = _extremes(images)
    images = require_range(name, images)
    warn_of_zero_to_one(name, low, high, stacklevel=3)
    return images


def require_image_tensor(name, images):
    """Return a batch of images as a float32 tensor, or raise as `require_images` does; the batch may be empty.

    A batch is no whole set, so images that fill [0, 1] are not warned of.
    """
    images = tf.convert_to_tensor(images)
    _require_batch(name, tuple(images.shape), images.dtype.name, is_float=images.dtype.is_floating)
    images = tf.cast(images, tf.float32)
    received = {"lowest": tf.reduce_min(images), "highest": tf.reduce_max(images)}
    return checked(images, in_range(images), _OUT_OF_RANGE.format(name), received)


def as_pixels(images):
    """Return the bytes of a batch of images or clips, a uint8 tensor, or raise as `require_image_tensor` does.

    Metrics compare images as files store them. Real images come from files, so the fractions of generated images
    would give them away.

    Args:
        images: floats in [-1, 1], `(num_images, height, width, channels)` or `(num_clips, num_frames, height, width,
            channels)`.
    """
    if len(getattr(images, "shape", ())) != _RANK_OF_CLIPS:
        return tensor_to_bytes(require_image_tensor("images", images))
    frames = tf.reshape(images, (-1, *images.shape[2:]))
    return tf.reshape(tensor_to_bytes(require_image_tensor("clips", frames)), (-1, *images.shape[1:]))


def _extremes(images):
    """The lowest and the highest number, as floats; both are NaN if any number is NaN."""
    return float(images.min()), float(images.max())


def _require_batch(name, shape, dtype, *, is_float):
    if len(shape) != 4:
        raise ValueError(
            f"`{name}` must be a batch of images, of shape (num_images, height, width, channels). A single image "
            f"becomes one with {name}[None]. Received: {name}.shape={shape}"
        )
    if has_channels_first(shape[1:]):
        raise ValueError(
            f"The channels of `{name}` must be their last axis, and here they come first. Turn them round with "
            f"`{name}.transpose(0, 2, 3, 1)`. Received: {name}.shape={shape}"
        )
    if not is_float:
        raise ValueError(
            f"`{name}` must be floats in [-1, 1]. Map bytes in [0, 255] with x / 127.5 - 1. "
            f"Received: {name}.dtype={dtype}"
        )
