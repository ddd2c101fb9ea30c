"""Smooth resampling by a fixed filter, which gradient penalties can pass."""

import abc
import functools

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_number
from keras_gan._gradients import with_gradient


class FIRResampling2D(keras.layers.Layer, abc.ABC):
    """The base of the two layers: a linear map of the rows, and one of the columns.

    Both are products with a banded matrix. On a CPU that takes less time than a depthwise convolution, and a fifth of
    it for the gradient in bfloat16 (two cores, 64 maps of 16x16 or 32x32).

    Args:
        taps: the filter, from its first coefficient to its last.
        **kwargs: as every Keras layer takes.
    """

    def __init__(self, taps=(1, 3, 3, 1), **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.taps = _require_taps(taps)

    @abc.abstractmethod
    def matrix(self, side):
        """The map of a column of `side` pixels, float64 `(new side, side)`."""

    def build(self, input_shape):
        """Check that the sides are known; there are no weights."""
        if len(input_shape) != 4 or None in input_shape[1:3]:
            raise ValueError(
                f"{type(self).__name__} needs an input (batch, height, width, channels) whose height and width are "
                f"known. Received: input_shape={tuple(input_shape)}"
            )

    def call(self, inputs):
        """Filter `inputs` and change their size."""
        rows, columns = (self.matrix(side) for side in inputs.shape[1:3])
        return _apply(rows, columns, inputs)

    def compute_output_shape(self, input_shape):
        """Return the input's shape with the new height and width."""
        batch, *sides, channels = input_shape
        return (batch, *(None if side is None else len(self.matrix(side)) for side in sides), channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "taps": self.taps}


@keras.saving.register_keras_serializable(package="keras_gan")
class FIRUpsampling2D(FIRResampling2D):
    """Doubles the height and width of maps, and interpolates with a fixed filter.

    Repeated pixels have steep edges, whose high frequencies a network then has to remove: with a filter there are none.
    The filter runs over rows and over columns. For n pixels x and the taps f, which are divided by their sum,

        y[o] = 2 sum_i f[o - 2 i + c] x[i],   o = 0 ... 2 n - 1

    where c is the tap in the middle, or the left one of the two in the middle, and pixels outside the map are 0. With
    (1, 2, 1) this is linear interpolation that keeps the old pixels, with (1, 3, 3, 1) linear interpolation halfway
    between new pixels, and with (1, 1) each pixel is repeated. A constant map stays constant except at its borders.

    Zhang 2019 (arXiv 1904.11486), Karras et al. 2020 (arXiv 1912.04958) with (1, 3, 3, 1), and Huang et al. 2024 (arXiv
    2501.05441) with (1, 2, 1) after each pixel is repeated, which is (1, 3, 3, 1) again. Sizes and the factor 2 for
    each axis are those of the published `upfirdn2d`, and so are the places for an even number of taps. For an odd
    number the old pixels stay at 0, 2, 4 ... here, where `FIRDownsampling2D` looks for them; there they move to 1, 3,
    5 ... The gradients are right to every order. Those of `keras.layers.UpSampling2D(interpolation="bilinear")` are
    silently wrong to second order.

    Args:
        taps: the filter, two numbers or more: from its first coefficient to its last.

    Returns:
        For an input `(batch, height, width, channels)`, a tensor `(batch, 2 height, 2 width, channels)` in the layer's
        compute dtype.

    Raises:
        ValueError: if `taps` are not such numbers, or the taps at even places have another sum than those at odd
            places (a constant map would get stripes); or if the height or width of the input is not known.

    Example:
        >>> import numpy as np
        >>> column = np.array([4.0, 8.0, 12.0]).reshape(1, 3, 1, 1)
        >>> FIRUpsampling2D((1, 2, 1))(column)[0, :, 0, 0].numpy().tolist()
        [4.0, 6.0, 8.0, 10.0, 12.0, 6.0]
        >>> FIRUpsampling2D((1, 3, 3, 1))(np.ones((1, 3, 3, 1)))[0, 1:-1, 2, 0].numpy().tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, taps=(1, 3, 3, 1), **kwargs):
        super().__init__(taps, **kwargs)
        even, odd = sum(self.taps[::2]), sum(self.taps[1::2])
        if abs(even - odd) > 1e-3 * abs(even + odd):
            raise ValueError(
                "`taps` must have the same sum at even and at odd places, as (1, 3, 3, 1) and (1, 2, 1) have: with "
                f"others a constant map gets stripes. Received: taps={self.taps}, with the sums {even} and {odd}"
            )

    def matrix(self, side):
        """The map of a column of `side` pixels, float64 `(2 side, side)`."""
        return 2 * _bands(self.taps, np.arange(2 * side)[:, None] - 2 * np.arange(side))


@keras.saving.register_keras_serializable(package="keras_gan")
class FIRDownsampling2D(FIRResampling2D):
    """Halves the height and width of maps, after a fixed filter has removed what the smaller map cannot show.

    A convolution of stride 2 sees fine detail as coarse detail (aliasing), and its output then depends on whether
    something moved by an odd or an even number of pixels. The filter runs over rows and over columns. For n pixels x
    and the taps f, which are divided by their sum,

        y[o] = sum_i f[2 o - i + c] x[i],   o = 0 ... ceil(n / 2) - 1

    where c is the tap in the middle, or the right one of the two in the middle, and pixels outside the map are 0. With
    (1, 1) this is average pooling. A constant map stays constant except at its borders.

    The papers are those of `FIRUpsampling2D`. Sizes are those of the published `upfirdn2d`, which rounds odd sides
    down. The gradients are right to every order.

    Args:
        taps: the filter, two numbers or more: from its first coefficient to its last.

    Returns:
        For an input `(batch, height, width, channels)`, a tensor `(batch, height / 2, width / 2, channels)` in the
        layer's compute dtype. Odd sides are halved rounding up, as networks here do.

    Raises:
        ValueError: if `taps` are not such numbers, or the height or width of the input is not known.

    Example:
        >>> import numpy as np
        >>> column = np.array([4.0, 8.0, 12.0, 16.0]).reshape(1, 4, 1, 1)
        >>> FIRDownsampling2D((1, 2, 1))(np.tile(column, (1, 1, 4, 1)))[0, :, 1, 0].numpy().tolist()
        [4.0, 12.0]
    """

    def matrix(self, side):
        """The map of a column of `side` pixels, float64 `(ceil(side / 2), side)`."""
        return _bands(self.taps, 2 * np.arange((side + 1) // 2)[:, None] - np.arange(side), shift=1)


def _bands(taps, places, shift=0):
    """The matrix of the normalised taps at `places`, which count from the tap in the middle."""
    places = places + (len(taps) - 1 + shift) // 2
    found = np.asarray(taps)[np.clip(places, 0, len(taps) - 1)]
    return np.where((places >= 0) & (places < len(taps)), found, 0.0) / sum(taps)


def _apply(rows, columns, x):
    """Multiply both sides of maps by a matrix. The gradient multiplies them by the transposes, to every order."""
    return with_gradient(
        functools.partial(_product, rows, columns),
        lambda _, upstream: (_apply(rows.T, columns.T, upstream),),
        tf.convert_to_tensor(x),
    )


def _product(rows, columns, x):
    """The products, on the smaller map first."""
    order = (_of_rows, _of_columns) if len(rows) < rows.shape[1] else (_of_columns, _of_rows)
    for multiply in order:
        x = multiply(rows if multiply is _of_rows else columns, x)
    return x


def _of_rows(matrix, x):
    _, height, width, channels = x.shape
    x = tf.matmul(tf.constant(matrix, x.dtype), tf.reshape(x, (-1, height, width * channels)))
    return tf.reshape(x, (-1, len(matrix), width, channels))


def _of_columns(matrix, x):
    _, height, width, channels = x.shape
    x = tf.matmul(tf.constant(matrix, x.dtype), tf.reshape(x, (-1, width, channels)))
    return tf.reshape(x, (-1, height, len(matrix), channels))


def _require_taps(taps):
    """Return the taps as a tuple of floats, or raise."""
    taps = tuple(taps) if isinstance(taps, tuple | list) else ()
    if len(taps) < 2:
        raise ValueError(f"`taps` must be two numbers or more, such as (1, 3, 3, 1). Received: taps={taps!r}")
    taps = tuple(require_number("taps", tap) for tap in taps)
    if abs(sum(taps)) <= 1e-3 * sum(map(abs, taps)):
        raise ValueError(f"`taps` are divided by their sum, which must not be 0. Received: taps={taps}")
    return taps
