"""How images are brought to the size that an extractor takes: the choice moves a Frechet distance by whole points."""

import tensorflow as tf

RESIZE_MODES = ("clean", "legacy_pytorch", "legacy_tensorflow")


def require_resize_mode(mode):
    """Return `mode` if it is one of `RESIZE_MODES`, or raise."""
    if mode in RESIZE_MODES:
        return mode
    raise ValueError(f"`resize` must be one of {', '.join(map(repr, RESIZE_MODES))}. Received: resize={mode!r}")


def resize(images, size, *, mode="clean"):
    """Resize images as one of the common evaluation codes does.

    "clean": Keys's bicubic filter (a = -1/2), which widens with the reduction, so that it does not alias; each channel
    as floats, not rounded and not clipped. As Pillow resizes, and as Parmar, Zhang and Zhu 2022 (arXiv 2104.11222)
    recommend. It is what new work should use.

    "legacy_tensorflow": bilinear as TensorFlow 1 had it. Output pixel i is read at i * input / output, half a pixel
    off, and large reductions alias. Most published values of FID were taken with it.

    "legacy_pytorch": bilinear between pixel centres, read at (i + 1/2) * input / output - 1/2, without antialiasing.

    Args:
        images: float tensor of shape (batch, height, width, channels), of any range.
        size: pair of ints, the height and width to return.
        mode: one of `RESIZE_MODES`.

    Returns:
        float32 tensor of shape (batch, *size, channels). "clean" may leave the range of the images by some percent
        beside edges.

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
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    if mode == "clean":
        return _antialiased_bicubic(images, size)
    return tf.raw_ops.ResizeBilinear(
        images=images, size=size, align_corners=False, half_pixel_centers=mode == "legacy_pytorch"
    )


def _antialiased_bicubic(images, size):
    # float64: a GPU multiplies float32 matrices with ten bits of precision, Pillow sums in doubles.
    images = tf.cast(images, tf.float64)
    rows, columns = (_bicubic_weights(tf.shape(images)[axis + 1], size[axis]) for axis in (0, 1))
    images = tf.einsum("bhwc,vw->bhvc", images, columns)
    return tf.cast(tf.einsum("bhvc,uh->buvc", images, rows), tf.float32)


def _bicubic_weights(size_in, size_out):
    """Weights of the inputs (columns) in each output (row) along one axis, float64 (size_out, size_in)."""
    scale = tf.cast(size_in, tf.float64) / size_out
    centres = (tf.range(size_out, dtype=tf.float64) + 0.5) * scale
    positions = tf.range(tf.cast(size_in, tf.float64), dtype=tf.float64) + 0.5
    x = tf.abs(positions - centres[:, tf.newaxis]) / tf.maximum(scale, 1.0)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = -0.5 * (((x - 5.0) * x + 8.0) * x - 4.0)
    weights = tf.where(x < 1.0, near, tf.where(x < 2.0, far, tf.zeros_like(x)))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
