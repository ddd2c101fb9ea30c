"""The networks of HiFi-GAN."""

import math

import keras
import tensorflow as tf
from keras import layers

from keras_gan._arguments import require_channels_last, require_choice, require_int
from keras_gan.layers import Conv2D
from keras_gan.networks._sound_stages import (
    activated,
    convolution,
    initial,
    judged,
    require_ratios,
    require_stage_width,
    spectrally_normalized,
    upsampled,
    weight_normalized,
)

_SLOPE = 0.1
# Of the leaky ReLU before the last convolution, PyTorch's default.
_LAST_SLOPE = 0.01
_DILATIONS = (1, 3, 5)
# Width and ratios of the generator, and (kernel size, dilations) of the residual blocks of each stage. Of V1 and V2 a
# second convolution without dilation follows each dilated one.
_VERSIONS = {
    "V1": (512, (8, 8, 2, 2), [(3, _DILATIONS), (7, _DILATIONS), (11, _DILATIONS)], True),
    "V2": (128, (8, 8, 2, 2), [(3, _DILATIONS), (7, _DILATIONS), (11, _DILATIONS)], True),
    "V3": (256, (8, 8, 4), [(3, (1, 2)), (5, (2, 6)), (7, (3, 12))], False),
}


def hifigan(
    *,
    version="V1",
    num_mels=80,
    ratios=None,
    width=None,
    discriminator_width=32,
    periods=(2, 3, 5, 7, 11),
    scales=3,
):
    """A generator of waveforms from mels, and discriminators of their periods and at several scales, after HiFi-GAN.

    Speech is made of periods of many lengths. A discriminator that sees every p-th sample next to each other sees what
    repeats after p samples, and different p show different parts. The others see averages of the waveform, as those of
    `melgan` do. The generator looks at its past through several kernels at once, whose results it averages:

        mels -> Conv(7, width) -> for each ratio r:  transposed Conv(2r) of stride r, with half the channels
                                                     -> mean of residual blocks of several kernels and dilations
             -> Conv(7, 1), tanh
        period p:  waveform, folded to rows of p samples -> 4 x Conv(5x1) of stride 3 along time
                                                         -> Conv(5x1) -> Conv(3x1, 1)
        scale:     waveform, half of it, a quarter -> Conv(15) -> 6 x Conv(41) in groups, with strides 2, 2, 4, 4 and 1
                                                   -> Conv(5) -> Conv(3, 1)

    A leaky ReLU of slope 0.1 comes before each convolution of the generator except the first (0.01 before the last),
    and after each of a discriminator except the last. All are weight-normalised, except that the discriminator of the
    whole waveform is spectrally normalised. A waveform whose length is no multiple of p is continued by reflection
    before it is folded.

    Kong et al. 2020 (arXiv 2010.05646), section 2 and appendix A.1, as in the authors' code. Parameters without the
    gains of weight normalisation: 13,926,017 of V1, 925,985 of V2 and 1,462,273 of V3; 41,092,165 of the
    discriminators of periods and 29,610,627 of those of scales. The weights begin as PyTorch's do: weight normalisation
    overwrites the normal distribution that the code asks for.

    Args:
        version: "V1", the best; "V2", narrower; or "V3", with simpler blocks for the fastest synthesis.
        num_mels: int, the mels of a frame.
        ratios: tuple of ints, by how much each stage lengthens the sequence; their product is the hop of the mels. None
            for the version's: 8, 8, 2, 2 or 8, 8, 4.
        width: int, the channels of the first stage, which each ratio halves; None for the version's: 512, 128 or 256.
        discriminator_width: int, the channels of the first convolution of periods, a quarter of those of scales.
        periods: tuple of ints, one for each discriminator of periods.
        scales: int, the number of discriminators of scales.

    Returns:
        (generator, discriminator), two `keras.Model`: mels `(batch, frames, num_mels)` to waveforms float32 `(batch,
        frames * product of the ratios, 1)` in [-1, 1]; and waveforms `(batch, num_samples, 1)` to a dict: "logits" is
        a list of float32 maps, `(batch, rows, p, 1)` of each period and then `(batch, steps, 1)` of each scale;
        "features" is a list of as many lists of 5 or 7 maps.

    Raises:
        ValueError: if the version is unknown, a size is not a positive integer, or `width` cannot be halved for each
            ratio.

    Example:
        >>> sizes = {"width": 8, "discriminator_width": 2, "periods": (2, 3), "scales": 1}
        >>> generator, discriminator = hifigan(version="V3", num_mels=40, ratios=(4, 4, 4), **sizes)
        >>> generator.compute_output_shape((1, 32, 40)), len(discriminator.output["logits"])
        ((1, 2048, 1), 3)
    """
    require_channels_last()
    usual_width, usual_ratios, kernels, has_pairs = _VERSIONS[require_choice("version", version, tuple(_VERSIONS))]
    num_mels, ratios = require_int("num_mels", num_mels), require_ratios(usual_ratios if ratios is None else ratios)
    width = usual_width if width is None else require_int("width", width)
    require_stage_width(width, len(ratios))
    discriminator_width, scales = require_int("discriminator_width", discriminator_width), require_int("scales", scales)
    periods = _require_periods(periods)
    generator = _generator(num_mels, ratios, width, kernels, convolutions=2 if has_pairs else 1)
    return generator, _discriminator(discriminator_width, periods, scales)


def _generator(num_mels, ratios, width, kernels, convolutions):
    mels = keras.Input((None, num_mels), name="mels")
    x = convolution(mels, width, 7, name="first")
    for stage, ratio in enumerate(ratios):
        width //= 2
        x = upsampled(activated(x, _SLOPE, f"leaky_relu_{stage}"), width, ratio, name=f"up_{stage}")
        x = layers.Average(name=f"stage_{stage}")(
            [
                _with_past(x, width, size, dilations, convolutions, name=f"block_{stage}_{size}")
                for size, dilations in kernels
            ]
        )
    # float32: the waveform does not follow a mixed policy.
    x = convolution(activated(x, _LAST_SLOPE, "leaky_relu_last"), 1, 7, name="last", dtype="float32")
    waveforms = layers.Activation("tanh", dtype="float32", name="waveforms")(x)
    return keras.Model(mels, waveforms, name="hifigan_generator")


def _with_past(x, width, size, dilations, convolutions, *, name):
    """Residual blocks of one kernel size, of one or two convolutions each, of which the first is dilated."""
    for dilation in dilations:
        y = x
        for index, rate in enumerate((dilation, 1)[:convolutions]):
            y = activated(y, _SLOPE, f"{name}_{dilation}_leaky_relu_{index}")
            y = convolution(y, width, size, name=f"{name}_{dilation}_conv_{index}", dilation_rate=rate)
        x = layers.Add(name=f"{name}_{dilation}")([x, y])
    return x


def _discriminator(width, periods, scales):
    x = waveforms = keras.Input((None, 1), name="waveforms")
    verdicts = [_judged_period(waveforms, period, width) for period in periods]
    for scale in range(scales):
        if scale:
            x = layers.ZeroPadding1D(2, name=f"scale_{scale}_pad")(x)
            x = layers.AveragePooling1D(4, 2, name=f"scale_{scale}")(x)
        normalize = weight_normalized if scale else spectrally_normalized
        verdicts.append(judged(x, _shapes(4 * width), slope=_SLOPE, prefix=f"scale_{scale}_", normalize=normalize))
    logits, features = map(list, zip(*verdicts, strict=True))
    return keras.Model(waveforms, {"logits": logits, "features": features}, name="hifigan_discriminator")


def _judged_period(x, period, width):
    """The logits of a waveform folded to rows of a period, and the activated maps before them."""
    prefix, maps = f"period_{period}_", []
    x = FoldedPeriods(period, name=f"period_{period}")(x)
    for index, (factor, stride) in enumerate(zip((1, 4, 16, 32, 32), (3, 3, 3, 3, 1), strict=True)):
        x = layers.ZeroPadding2D((2, 0), name=f"{prefix}pad_{index}")(x)
        options = {"strides": (stride, 1), "kernel_initializer": initial(), "name": f"{prefix}conv_{index}"}
        x = weight_normalized(Conv2D(factor * width, (5, 1), **options))(x)
        x = activated(x, _SLOPE, f"{prefix}leaky_relu_{index}")
        maps.append(x)
    # float32: the logits do not follow a mixed policy.
    options = {"padding": "same", "kernel_initializer": initial(), "dtype": "float32"}
    return weight_normalized(Conv2D(1, (3, 1), name=f"{prefix}logits", **options))(x), maps


def _shapes(width):
    """The convolutions of a scale before the last, as `judged` takes them."""
    factors, strides, groups = (1, 2, 4, 8, 8), (2, 2, 4, 4, 1), (4, 16, 16, 16, 16)
    widths = [width, *(width * factor for factor in factors)]
    # Narrow networks have fewer channels than groups.
    groups = map(math.gcd, widths, groups)
    grouped = [(*shape[:1], 41, *shape[1:]) for shape in zip(widths[1:], strides, groups, strict=True)]
    return [(width, 15, 1, 1), *grouped, (8 * width, 5, 1, 1)]


@keras.saving.register_keras_serializable(package="keras_gan")
class FoldedPeriods(layers.Layer):
    """Folds a waveform `(batch, num_samples, 1)` to `(batch, rows, period, 1)`, the end continued by reflection."""

    def __init__(self, period, **kwargs):
        super().__init__(**kwargs)
        self.period = period

    def call(self, inputs):
        """Fold waveforms."""
        missing = -tf.shape(inputs)[1] % self.period
        padded = tf.pad(inputs, [(0, 0), (0, missing), (0, 0)], "REFLECT")
        rows = self.compute_output_shape(inputs.shape)[1]
        return tf.reshape(padded, (tf.shape(inputs)[0], -1 if rows is None else rows, self.period, 1))

    def compute_output_shape(self, input_shape):
        """Return (batch, rows, period, 1)."""
        batch, num_samples, _ = input_shape
        return (batch, None if num_samples is None else -(-num_samples // self.period), self.period, 1)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "period": self.period}


def _require_periods(periods):
    is_list = isinstance(periods, list | tuple) and len(periods)
    numbers = [require_int("periods", period) for period in periods] if is_list else []
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(
            "`periods` must be a tuple of different integers, one for each discriminator of periods, such as (2, 3, 5, "
            f"7, 11). Received: periods={periods!r}"
        )
    return tuple(numbers)
