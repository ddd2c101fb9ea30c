"""How images are resized for an extractor. The choice changes a Frechet distance by whole points."""

import tensorflow as tf

RESIZE_MODES = ("clean", "legacy_pytorch", "legacy_tensorflow")


def require_resize_mode(mode):
    """Return `mode` if it is one of `RESIZE_MODES`, or raise."""
    if isinstance(mode, str) and mode in RESIZE_MODES:
        return mode
    raise ValueError(f"`resize` must be one of {', '.join(map(repr, RESIZE_MODES))}. Received: resize={mode!r}")


def resize(images, size, *, mode="clean"):
    """Resize images in the same way as one of the common evaluation programs.

    "clean": Keys's bicubic filter (a = -1/2). It becomes wider as the image becomes smaller, so it does not alias. Each
    channel is resized as floats, without rounding or clipping. Pillow resizes like this, and Parmar, Zhang and Zhu 2022
    (arXiv 2104.11222) recommend it. New work should use it.

    "legacy_tensorflow": bilinear as in TensorFlow 1. Output pixel i is read at i * input / output, which is half a
    pixel off, and large reductions alias. Most published values of FID used it.

    "legacy_pytorch": bilinear between pixel centres, read at (i + 1/2) * input / output - 1/2, without antialiasing.

    Args:
        images: float tensor of shape (batch, height, width, channels), in any range; or of clips, (batch, frames,
            height, width, channels), whose frames are resized one by one.
        size: pair of ints, the new height and width.
        mode: one of `RESIZE_MODES`.

    Returns:
        float32 tensor of shape (batch, *size, channels), with the frames of clips. Near edges, "clean" can leave the
        range of the images by a few percent.

    Raises:
        ValueError: if there is no such mode.

    Example:
        >>> import tensorflow as tf
        >>> ramp = tf.reshape(tf.range(4.0), (1, 1, 4, 1))
        >>> [resize(ramp, (1, 2), mode=mode)[0, 0, :, 0].numpy().tolist() for mode in RESIZE_MODES[1:]]
        [[0.5, 2.5], [0.0, 2.0]]
    """
    require_resize_mode(mode)
    images = tf.cast(images, tf.float32)
    if tuple(images.shape[-3:-1]) == tuple(size):
        return images
    if images.shape.rank == 5:
        frames = resize(tf.reshape(images, (-1, *images.shape[2:])), size, mode=mode)
        return tf.reshape(frames, (-1, images.shape[1], *frames.shape[1:]))
    if mode == "clean":
        return _antialiased_bicubic(images, size)
    return tf.raw_ops.ResizeBilinear(
        images=images, size=size, align_corners=False, half_pixel_centers=mode == "legacy_pytorch"
    )


def _antialiased_bicubic(images, size):
    # float64, as in Pillow: a GPU multiplies float32 matrices with ten bits of precision.
    images = tf.cast(images, tf.float64)
    rows, columns = (_bicubic_weights(tf.shape(images)[axis + 1], size[axis]) for axis in (0, 1))
    images = tf.einsum("bhwc,vw->bhvc", images, columns)
    return tf.cast(tf.einsum("bhvc,uh->buvc", images, rows), tf.float32)


def _bicubic_weights(size_in, size_out):
    """Return the weight of each input (column) in each output (row) along one axis, float64 (size_out, size_in)."""
    scale = tf.cast(size_in, tf.float64) / size_out
    centres = (tf.range(size_out, dtype=tf.float64) + 0.5) * scale
    positions = tf.range(tf.cast(size_in, tf.float64), dtype=tf.float64) + 0.5
    x = tf.abs(positions - centres[:, tf.newaxis]) / tf.maximum(scale, 1.0)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = -0.5 * (((x - 5.0) * x + 8.0) * x - 4.0)
    weights = tf.where(x < 1.0, near, tf.where(x < 2.0, far, tf.zeros_like(x)))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
