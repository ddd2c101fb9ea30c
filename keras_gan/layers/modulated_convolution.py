"""The modulated convolution of StyleGAN2."""

import math

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_channels_last, require_int, require_number
from keras_gan.layers.equalized_learning_rate import EqualizedLearningRate
from keras_gan.layers.fir_blur import FIRBlur2D

_EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gan")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose kernel each sample's style scales, and which keeps the size of the activations.

    Styles decide what each layer of a generator draws. They scale the input channels of the kernel; dividing by the
    norm of the result removes the styles' own size, as a normalisation of the map would, but by expectation and not by
    the map's statistics, so no blob can hide in them. With W ~ N(0, 1) as the stored kernel, w the style, s = A w + a
    an affine layer with a = 1 at the start, i the input channels, j the output channels and k the positions,

        V_ijk = s_i W_ijk / sqrt(fan_in)
        y_j   = gain (x * V)_j / sqrt(sum_ik V_ijk^2 + 1e-8) + b_j

    Karras et al. 2020 (arXiv 1912.04958), equations 1 and 3. Each sample has a kernel of its own, so this would be a
    convolution of as many groups as there are samples. But s_i may as well scale the input, and the root the output,
    of one convolution for all samples. That is the same to the rounding, faster on most devices, and can be
    differentiated twice. With float16, styles and kernels are first divided by their largest entries, which the
    division by the norm removes again, so that no intermediate result overflows (Karras et al. 2020, arXiv 2006.06676).

    With `upsample`, the convolution is a transposed one of stride 2, followed by the filter (1, 3, 3, 1).

    Args:
        filters: int, the channels of the output.
        kernel_size: int, the side of the kernel, an odd number.
        upsample: bool, whether to double height and width.
        demodulate: bool, whether to divide by the norm. StyleGAN2 does not where it makes colours.
        gain: float, what the outputs are multiplied by; sqrt(2) before a LeakyReLU. The published code multiplies the
            bias too, which for Adam is another learning rate of the bias.

    Returns:
        For inputs `(batch, height, width, channels)`, a tensor of the same size or twice the height and width, with
        `filters` channels, in the layer's compute dtype. All factors are computed in float32 under every policy.

    Raises:
        ValueError: if `filters` or `kernel_size` is not a positive integer, `kernel_size` is even, a flag is not a
            bool, `gain` is not positive, or `upsample` is set with a kernel of another side than 3.

    Example:
        >>> import numpy as np
        >>> layer = ModulatedConv2D(16, 3, upsample=True)
        >>> layer(np.zeros((2, 4, 4, 8), "float32"), np.zeros((2, 5), "float32")).shape
        TensorShape([2, 8, 8, 16])
    """

    def __init__(self, filters, kernel_size=3, *, upsample=False, demodulate=True, gain=1.0, **kwargs):
        # No autocasting: the styles would lose digits.
        super().__init__(**{"autocast": False, **kwargs})
        require_channels_last()
        self.filters = require_int("filters", filters)
        self.kernel_size = _require_side(kernel_size, upsample)
        self.upsample = require_bool("upsample", upsample)
        self.demodulate = require_bool("demodulate", demodulate)
        self.gain = require_number("gain", gain, low=0.0, open_low=True)
        self.blur = FIRBlur2D(growth=-1, dtype=self.dtype_policy, name="blur") if upsample else None

    def build(self, inputs_shape, styles_shape):
        """Create the affine layer, the kernel and the bias."""
        channels, side, filters = inputs_shape[-1], self.kernel_size, self.filters
        precise = keras.backend.result_type(self.compute_dtype, "float32")
        affine = keras.layers.Dense(channels, bias_initializer="ones", dtype=precise, name="affine")
        self.affine = EqualizedLearningRate(affine, name="affine")
        self.affine.build(styles_shape)
        normal = keras.initializers.RandomNormal(0.0, 1.0)
        shape = (side, side, channels, filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=normal, autocast=False)
        self.bias = self.add_weight(name="bias", shape=(filters,), initializer="zeros", autocast=False)
        if self.upsample:
            self.blur.build((None, *(2 * size + 1 for size in inputs_shape[1:3]), filters))

    def call(self, inputs, styles):
        """Convolve `inputs`, float `(batch, height, width, channels)`, by `styles`, float `(batch, style_dim)`."""
        x = tf.cast(inputs, self.compute_dtype)
        kernel = self.kernel.value / math.sqrt(self.kernel_size**2 * x.shape[-1])
        before, kernel, after = self._factors(self.affine(styles), kernel)
        x = self._convolved(x * _for_each_channel(before, x.dtype), tf.cast(kernel, x.dtype))
        if after is not None:
            x = x * _for_each_channel(after, x.dtype)
        return x + tf.cast(self.bias.value, x.dtype)

    def _factors(self, styles, kernel):
        """What to multiply the input channels by, the kernel, and what to multiply the output channels by."""
        # The filter spreads each pixel over four.
        gain = 4.0 * self.gain if self.upsample else self.gain
        if not self.demodulate:
            return styles, gain * kernel, None
        if self.compute_dtype == "float16":
            styles = styles / _largest(styles, axis=1)
            kernel = kernel / _largest(kernel, axis=(0, 1, 2)) / math.sqrt(math.prod(kernel.shape[:3]))
        squares = tf.matmul(tf.square(styles), tf.reduce_sum(tf.square(kernel), axis=(0, 1)))
        return styles, kernel, gain * tf.math.rsqrt(squares + _EPSILON)

    def _convolved(self, x, kernel):
        if not self.upsample:
            return tf.nn.conv2d(x, kernel, strides=1, padding="SAME")
        batch, height, width = tf.shape(x)[0], 2 * x.shape[1] + 1, 2 * x.shape[2] + 1
        x = tf.nn.conv2d_transpose(
            x,
            tf.transpose(kernel, (0, 1, 3, 2)),
            tf.stack([batch, height, width, self.filters]),
            strides=2,
            padding="VALID",
        )
        return self.blur(tf.ensure_shape(x, (None, height, width, self.filters)))

    def compute_output_shape(self, inputs_shape, styles_shape):  # noqa: ARG002
        """Return the shape of the outputs."""
        batch, *sides, _ = inputs_shape
        return (batch, *(2 * side if self.upsample else side for side in sides), self.filters)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "upsample": self.upsample,
            "demodulate": self.demodulate,
            "gain": self.gain,
        }


def _for_each_channel(factors, dtype):
    return tf.cast(factors, dtype)[:, tf.newaxis, tf.newaxis, :]


def _largest(values, axis):
    """The largest absolute values, as constants: the outputs do not depend on the size of `values`."""
    largest = tf.reduce_max(tf.abs(values), axis=axis, keepdims=True)
    return tf.stop_gradient(tf.maximum(largest, _EPSILON))


def _require_side(kernel_size, upsample):
    side = require_int("kernel_size", kernel_size)
    if side % 2 == 0 or (upsample is True and side != 3):
        raise ValueError(
            "`kernel_size` must be an odd number, and 3 with `upsample=True`. "
            f"Received: kernel_size={kernel_size}, upsample={upsample}"
        )
    return side
