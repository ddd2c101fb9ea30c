"""Smoothing by a fixed filter, next to a convolution that resamples."""

import keras
import numpy as np

from keras_gan._arguments import require_int
from keras_gan.layers.fir_resampling import FIRResampling2D, bands

_FURTHEST = 64


@keras.saving.register_keras_serializable(package="keras_gan")
class FIRBlur2D(FIRResampling2D):
    """Smooths maps with a fixed filter, and makes them larger or smaller by a few pixels.

    A convolution of stride 2 after this layer, or a transposed one before it, halves or doubles maps without aliasing,
    with a quarter of the products of a convolution of the larger map:

        FIRBlur2D(growth=1), Conv2D(3x3, stride 2, padding "valid")                 n -> n / 2
        Conv2DTranspose(3x3, stride 2, padding "valid"), FIRBlur2D(growth=-1)       n -> 2 n, a quarter as bright

    Away from the border, both equal a convolution of stride 1 next to `FIRDownsampling2D` or `FIRUpsampling2D`. The
    filter runs over rows and over columns. For n pixels x and T taps f, which are divided by their sum,

        y[o] = sum_i f[o - i + c] x[i],   o = 0 ... n + growth - 1,   c = (T - 1 - growth) / 2 rounded down

    where pixels outside the map are 0. A map keeps its place if T - 1 - growth is even; otherwise it moves by half a
    pixel. Karras et al. 2018 (arXiv 1812.04948) and 2020 (arXiv 1912.04958), where f is (1, 3, 3, 1); the sizes are
    those of the published code. The gradients are right to every order.

    Args:
        taps: the filter, two numbers or more: from its first coefficient to its last.
        growth: int, how many pixels the map grows in height and in width; negative to shrink it.

    Returns:
        For an input `(batch, height, width, channels)`, a tensor `(batch, height + growth, width + growth, channels)`
        in the layer's compute dtype.

    Raises:
        ValueError: if `taps` are not such numbers, `growth` is not an integer in [-64, 64], the height or width of the
            input is not known, or nothing would be left of it.

    Example:
        >>> import numpy as np
        >>> column = np.array([4.0, 8.0, 12.0]).reshape(1, 3, 1, 1)
        >>> FIRBlur2D((1, 2, 1))(np.tile(column, (1, 1, 3, 1)))[0, :, 1, 0].numpy().tolist()
        [4.0, 8.0, 8.0]
    """

    def __init__(self, taps=(1, 3, 3, 1), growth=0, **kwargs):
        super().__init__(taps, **kwargs)
        self.growth = require_int("growth", growth, low=-_FURTHEST, high=_FURTHEST)

    def build(self, input_shape):
        """Check that something is left; there are no weights."""
        super().build(input_shape)
        if min(input_shape[1:3]) + self.growth < 1:
            raise ValueError(
                "The map would have no pixels left: make the pictures larger or `growth` greater. "
                f"Received: growth={self.growth}, input_shape={tuple(input_shape)}"
            )

    def matrix(self, side):
        """The map of a column of `side` pixels, float64 `(side + growth, side)`."""
        places = np.arange(side + self.growth)[:, None] - np.arange(side)
        return bands(self.taps, places, shift=-self.growth)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "growth": self.growth}
