"""The smooth path round a network that enlarges pictures."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int

# Keys' constant, that of MATLAB's `imresize` and of Pillow.
_KEYS = -0.5
# The kernel is 0 from here on.
_REACH = 2


def require_skip(skip, channels, target_channels):
    """Return `skip`, None or "bicubic", or raise a ValueError."""
    if skip is None:
        return None
    require_choice("skip", skip, ("bicubic",))
    if channels != target_channels:
        raise ValueError(
            "The smooth path keeps the channels of the pictures: leave `skip` or `target_channels` out. "
            f"Received: skip={skip!r}, target_channels={target_channels}, pictures with {channels} channels"
        )
    return skip


@keras.saving.register_keras_serializable(package="keras_gan")
class BicubicEnlargement(keras.layers.Layer):
    """Enlarges pictures by bicubic interpolation, in operations that every format of export has.

    Along each axis, the pixel j of the large picture is a mean of the small pixels i, with the weights

        k(i - (j + 1/2) / scale + 1/2),    k(x) = 3/2 |x|^3 - 5/2 |x|^2 + 1               for |x| <= 1
                                           k(x) = -1/2 |x|^3 + 5/2 |x|^2 - 4 |x| + 2      for 1 < |x| < 2

    Keys 1981 (Cubic convolution interpolation for digital image processing), equation 15. At the borders only pixels
    that exist count. Each of the scale^2 places within a small pixel has weights of its own, so this is one convolution
    and a shuffle of its pixels.

    Args:
        scale: int, how many times as high and wide the pictures become.
    """

    def __init__(self, scale, **kwargs):
        # float32: the sum with what a network adds is the picture.
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.scale = require_int("scale", scale)

    def call(self, inputs):
        """Enlarge `inputs`."""
        if self.scale == 1:
            return inputs
        kernel = tf.constant(_kernel(self.scale, inputs.shape[-1]), inputs.dtype)
        sums, weights = (tf.nn.conv2d(x, kernel, 1, "SAME") for x in (inputs, tf.ones_like(inputs[:1])))
        return tf.nn.depth_to_space(sums / weights, self.scale)

    def compute_output_shape(self, input_shape):
        """Return the shape of the large pictures."""
        batch, *sides, channels = input_shape
        return (batch, *(side and side * self.scale for side in sides), channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "scale": self.scale}


def _kernel(scale, channels):
    """The weights of small pixels, float64 `(rows, columns, channels, scale scale channels)`, of each channel alone."""
    offsets = np.arange(-_REACH, _REACH + 1)
    places = (np.arange(scale) + 0.5) / scale - 0.5
    weights = _keys(np.abs(offsets[:, np.newaxis] - places))
    kernel = np.einsum("ya,xb,cd->yxcabd", weights, weights, np.eye(channels))
    return kernel.reshape(*kernel.shape[:3], -1)


def _keys(distances):
    near = (_KEYS + 2) * distances**3 - (_KEYS + 3) * distances**2 + 1
    far = _KEYS * (distances**3 - 5 * distances**2 + 8 * distances - 4)
    return np.where(distances <= 1, near, np.where(distances < _REACH, far, 0.0))
