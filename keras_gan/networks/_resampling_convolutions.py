"""A convolution and the resampling next to it, as one convolution with a larger kernel."""

import keras
from keras import ops

from keras_gan._convolutions import doubling, halving


@keras.saving.register_keras_serializable(package="keras_gan")
class UpsamplingConv2D(keras.layers.Conv2D):
    """Nearest-neighbour upsampling by 2 and then a convolution, as one layer.

    After the upsampling, most pixels under a kernel of side k are copies of each other, so their weights can be added
    first. The result is a transposed convolution of stride 2 with the kernel

        K[t] = W[-t] + W[-t - 1]        in height and in width

    of side k + 1. For k = 3 it takes 16 multiply-adds where the two layers take 36, and no upsampled map is kept for
    the backward pass. Karras et al. 2018 (arXiv 1812.04948) fuse the layers in the same way.

    Args:
        As `keras.layers.Conv2D`, with an odd `kernel_size`, `padding="same"`, and the default `strides`.

    Example:
        >>> layer = UpsamplingConv2D(1, 3, padding="same", kernel_initializer="ones")
        >>> ops.reshape(layer(ops.ones((1, 1, 1, 1))), (4,)).numpy().tolist()
        [4.0, 4.0, 4.0, 4.0]
    """

    def convolution_op(self, inputs, kernel):
        """Convolve the upsampled inputs."""
        mirrored = ops.swapaxes(ops.flip(kernel, (0, 1)), -1, -2)
        kernel = _sum_of_shifts(mirrored)
        if isinstance(inputs, keras.KerasTensor):
            return ops.conv_transpose(inputs, kernel, strides=2, padding="same")
        return doubling(inputs, kernel)

    def compute_output_shape(self, input_shape):
        """Twice the height and width."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)


@keras.saving.register_keras_serializable(package="keras_gan")
class DownsamplingConv2D(keras.layers.Conv2D):
    """A convolution and then 2x2 average pooling, as one layer.

    The mean of four neighbouring outputs is one output of the mean of four shifted kernels. The result is a convolution
    of stride 2 with the kernel

        K[t] = (W[t] + W[t - 1]) / 2        in height and in width

    of side k + 1. For k = 3 it takes 16 multiply-adds where the two layers take 36, and no map of the full size is kept
    for the backward pass. Karras et al. 2018 (arXiv 1812.04948) fuse the layers in the same way.

    Args:
        As `keras.layers.Conv2D`, with an odd `kernel_size`, `padding="same"`, and the default `strides`. Height and
        width of the inputs must be even.

    Example:
        >>> layer = DownsamplingConv2D(1, 3, padding="same", kernel_initializer="ones")
        >>> float(layer(ops.ones((1, 2, 2, 1)))[0, 0, 0, 0])
        4.0
    """

    def convolution_op(self, inputs, kernel):
        """Convolve and average."""
        kernel = _sum_of_shifts(kernel) / 4.0
        if isinstance(inputs, keras.KerasTensor):
            return ops.conv(inputs, kernel, strides=2, padding="same")
        return halving(inputs, kernel)

    def compute_output_shape(self, input_shape):
        """Half the height and width."""
        batch, height, width, _ = input_shape
        return (batch, height // 2, width // 2, self.filters)


def _sum_of_shifts(kernel):
    """The sum of a kernel's copies at (0, 0), (0, 1), (1, 0) and (1, 1), larger by one in height and width."""
    for axis in (0, 1):
        before, after = ([(0, 0)] * 4 for _ in range(2))
        before[axis], after[axis] = (1, 0), (0, 1)
        kernel = ops.pad(kernel, after) + ops.pad(kernel, before)
    return kernel
