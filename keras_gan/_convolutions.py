"""Convolutions that run as fast as the processor can.

The gradient of the kernel of a convolution of stride 2 is a matrix product where that is faster: in bfloat16 on a CPU.
On processors with matrix units for bfloat16, oneDNN computes the forward pass and the gradient of the input five times
as fast as in float32, but the gradient of the kernel hardly faster: it sums along the rows of a map, and a row of four
pixels fills an eighth of a matrix unit. Here the sum runs over all pixels of the batch at once. The products are the
same; sums of bfloat16 products are rounded once, at their end, either way.
"""

import functools

import tensorflow as tf

from keras_gan._gradients import with_gradient

# Measured by benchmarks/kernel_gradients.py: on larger maps or with fewer channels oneDNN's own way is as fast.
_LARGEST_SIDE, _FEWEST_CHANNELS = 8, 64


def halving(x, kernel):
    """A convolution of stride 2 with SAME padding, of a map `(batch, height, width, channels)`.

    Args:
        x: float tensor `(batch, height, width, channels)`.
        kernel: float tensor `(side, side, channels, outputs)`.

    Returns:
        Tensor `(batch, ceil(height / 2), ceil(width / 2), outputs)`.
    """
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    if not _pays(x, kernel):
        return tf.nn.conv2d(x, kernel, strides=2, padding="SAME")
    return _convolved(x, kernel)


def doubling(x, kernel):
    """The transpose of `halving`: a map becomes twice as high and wide.

    Args:
        x: float tensor `(batch, height, width, channels)`.
        kernel: float tensor `(side, side, outputs, channels)`.

    Returns:
        Tensor `(batch, 2 height, 2 width, outputs)`.
    """
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    batch, height, width, _ = _shape(x)
    shape = (batch, 2 * height, 2 * width, kernel.shape[2])
    if None in x.shape[1:] or not _pays(tf.TensorSpec((None, *shape[1:]), x.dtype), kernel):
        outputs = tf.nn.conv2d_transpose(x, kernel, tf.stack(shape), strides=2, padding="SAME")
        return tf.ensure_shape(outputs, [side if isinstance(side, int) else None for side in shape])
    return _gradient_of_map(x, kernel, shape)


def _pays(large, kernel):
    """Whether the product is faster for a kernel that halves the map `large`."""
    height, width, channels = large.shape[1:]
    side = kernel.shape[0]
    return (
        large.dtype == tf.bfloat16
        and height is not None
        and width is not None
        and max(height, width) <= 2 * _LARGEST_SIDE
        and height % 2 == width % 2 == side % 2 == kernel.shape[1] % 2 == 0
        and min(channels, kernel.shape[-1]) >= _FEWEST_CHANNELS
        and not _has_gpu()
    )


@functools.cache
def differentiates_groups(dtype):
    """Whether TensorFlow's own convolution in groups has gradients for a dtype on this machine.

    On a CPU only oneDNN has them, in float32, bfloat16 and float16. Without it the operation fails as soon as its
    gradient runs.

    Args:
        dtype: tf.DType.
    """
    with tf.init_scope():
        x, kernel = tf.zeros((1, 4, 4, 4), dtype), tf.zeros((1, 1, 2, 4), dtype)
        try:
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                outputs = tf.nn.conv2d(x, kernel, 1, "SAME")
            tape.gradient(outputs, [x, kernel])
        except tf.errors.OpError:
            return False
    return True


@functools.cache
def _has_gpu():
    return bool(tf.config.list_logical_devices("GPU"))


# A convolution is linear in the map and in the kernel. So the derivatives of these three are these three, to any order.


def _convolved(x, kernel):
    def backward(_, g):
        return _gradient_of_map(g, kernel, _shape(x)), _gradient_of_kernel(x, g, kernel.shape)

    return with_gradient(lambda x, k: tf.nn.conv2d(x, k, strides=2, padding="SAME"), backward, x, kernel)


def _gradient_of_map(g, kernel, shape):
    def backward(_, h):
        return _convolved(h, kernel), _gradient_of_kernel(h, g, kernel.shape)

    def function(g, kernel):
        return tf.nn.conv2d_transpose(g, kernel, tf.stack(shape), strides=2, padding="SAME")

    return with_gradient(function, backward, g, kernel)


def _gradient_of_kernel(x, g, shape):
    def backward(_, h):
        return _gradient_of_map(g, h, _shape(x)), _convolved(x, h)

    return with_gradient(functools.partial(_product, shape=shape), backward, x, g)


def _product(x, g, shape):
    """The gradient of the kernel as products of pixels and gradients.

    Each 2x2 block of pixels becomes one pixel with four times the channels. Then the kernel has half the side and
    stride 1, and each of its positions sees a part of the map that is as large as `g`.
    """
    height, width, _, outputs = shape
    rows, columns = g.shape[1], g.shape[2]
    # SAME padding of even sides.
    margins = [((side - 2) // 2, (side - 1) // 2) for side in (height, width)]
    blocks = tf.nn.space_to_depth(tf.pad(x, [(0, 0), *margins, (0, 0)]), 2)
    g = tf.reshape(g, (-1, outputs))
    products = [
        tf.matmul(tf.reshape(blocks[:, i : i + rows, j : j + columns], (tf.shape(g)[0], -1)), g, transpose_a=True)
        for i in range(height // 2)
        for j in range(width // 2)
    ]
    found = tf.reshape(tf.stack(products), (height // 2, width // 2, 2, 2, *shape[2:]))
    return tf.reshape(tf.transpose(found, (0, 2, 1, 3, 4, 5)), shape)


def _shape(x):
    """The shape, with numbers where they are known."""
    return [known or found for known, found in zip(x.shape, tf.unstack(tf.shape(x)), strict=True)]
