"""From images in [-1, 1] to the bytes of a picture file."""

import tensorflow as tf

from keras_gan.metrics._checks import checked

# Rounding in float16 may step over the edge, and does not change a byte.
_TOLERANCE = 1e-3


def as_pixels(images):
    """Quantise images to the 256 levels that a file of them would have.

    Metrics compare pictures as they are kept and shown. Real images come from files, and generated ones that keep
    their fractions would be told apart by these alone:

        floor(clip(127.5 x + 128, 0, 255))

    Args:
        images: array-like or tensor of floats in [-1, 1], shape (batch, height, width, channels).

    Returns:
        float32 tensor of the same shape, of whole numbers in [0, 255].

    Raises:
        ValueError: if the images have another rank, are no floats, leave [-1, 1], or are most likely in [0, 1]: none
            is below 0, and both 0 and 1 are reached. In a graph the last two are `tf.errors.InvalidArgumentError`.
    """
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4:
        raise ValueError(
            "Images are tensors (batch, height, width, channels); one image alone is images[tf.newaxis]. "
            f"Received: images of shape {tuple(images.shape)}"
        )
    if not images.dtype.is_floating:
        raise ValueError(
            "Images are floats in [-1, 1]. Bytes in [0, 255] become such by images / 127.5 - 1. "
            f"Received: images of dtype {images.dtype.name}"
        )
    images = _in_range(tf.cast(images, tf.float32))
    return tf.floor(tf.clip_by_value(images * 127.5 + 128.0, 0.0, 255.0))


def _in_range(images):
    received = {"lowest": tf.reduce_min(images), "highest": tf.reduce_max(images)}
    images = checked(
        images,
        tf.reduce_all(tf.abs(images) <= 1.0 + _TOLERANCE),
        "Images must be finite numbers in [-1, 1]. Those in [0, 255] become such by images / 127.5 - 1.",
        received,
    )
    spans_zero_to_one = tf.reduce_all(images >= 0.0) & tf.reduce_any(images < 0.02) & tf.reduce_any(images > 0.98)
    return checked(
        images,
        ~spans_zero_to_one,
        "Images must be in [-1, 1], and these fill [0, 1] with none below 0. Those in [0, 1] become such by "
        "images * 2 - 1.",
        received,
    )
