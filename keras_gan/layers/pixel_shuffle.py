"""The pixel shuffle of sub-pixel convolutions."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelShuffle(keras.layers.Layer):
    """Turns channels into pixels: an image r times as high and wide, with channels / r^2 channels.

    After a convolution with r^2 times the channels, this enlarges an image with all computation at the small size, and
    without the checkerboard of a transposed convolution whose kernel its stride does not divide. For C channels of the
    result:

        y[r i + a, r j + b, c] = x[i, j, (r a + b) C + c],   0 <= a, b < r

    Shi et al. 2016 (arXiv 1609.05158), equation 4, with the order of channels of `tf.nn.depth_to_space`. PyTorch's
    layer has the channel c r^2 + r a + b in place of (r a + b) C + c.

    Args:
        factor: int, the r above, at least 2.

    Returns:
        For an input `(batch, height, width, channels)`, a tensor `(batch, r height, r width, channels / r^2)` in the
        layer's compute dtype.

    Raises:
        ValueError: if `factor` is not an integer of at least 2, the input is not of rank 4, or r^2 does not divide its
            channels.

    Example:
        >>> import numpy as np
        >>> outputs = PixelShuffle(2)(np.arange(4.0).reshape(1, 1, 1, 4))
        >>> np.asarray(outputs)[0, :, :, 0].tolist()
        [[0.0, 1.0], [2.0, 3.0]]
    """

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.factor = require_int("factor", factor, low=2)

    def build(self, input_shape):
        """Check the channels; there are no weights."""
        if len(input_shape) != 4 or input_shape[-1] is None or input_shape[-1] % self.factor**2:
            raise ValueError(
                f"PixelShuffle needs an input (batch, height, width, channels) with a multiple of {self.factor**2} "
                f"channels. Received: input_shape={tuple(input_shape)}, factor={self.factor}"
            )

    def call(self, inputs):
        """Rearrange `inputs`."""
        return tf.nn.depth_to_space(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        """Return the shape of the enlarged images."""
        batch, *sides, channels = input_shape
        sides = (side and side * self.factor for side in sides)
        return (batch, *sides, channels // self.factor**2)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "factor": self.factor}
