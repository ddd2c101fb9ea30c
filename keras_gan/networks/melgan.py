"""The networks of MelGAN."""

import itertools

import keras
from keras import layers

from keras_gan._arguments import require_channels_last, require_int
from keras_gan.layers import ReflectionPadding1D
from keras_gan.networks._sound_stages import (
    activated,
    convolution,
    judged,
    require_ratios,
    require_stage_width,
    upsampled,
)

_SLOPE = 0.2
_WIDEST = 64


def melgan(*, num_mels=80, ratios=(8, 8, 2, 2), width=512, blocks=3, discriminator_width=16, scales=3):
    """A generator of waveforms from mels, and discriminators of a waveform at several scales, after MelGAN.

    A frame of mels says what a few hundred samples sound like. Dilated convolutions after each step of upsampling give
    samples that are far apart a common past, without which the phases of a tone would not fit each other. The
    discriminators hear the waveform and averages of it: the coarser ones have an ear for low frequencies.

        mels -> Conv(7, width) -> for each ratio r:  transposed Conv(2r) of stride r, with half the channels
                                                     -> blocks x (Conv(1)(x) + Conv(1)(Conv(3, dilation 3^i)(x)))
             -> Conv(7, 1), tanh
        waveform, half of it, a quarter, ...  ->  for each:  Conv(15) -> 4 x (Conv(41) of stride 4, in groups of 4)
                                                             -> Conv(5) -> Conv(3, 1)

    A leaky ReLU of slope 0.2 comes before each convolution of the generator except the first and those around a block,
    and after each of a discriminator except the last. All are weight-normalised. Those of the generator are padded by
    reflection. The discriminators have `discriminator_width`, 4, 16 and at most 64 times as many channels.

    Kumar et al. 2019 (arXiv 1910.06711), section 2, as in the authors' code: 4,260,257 and 16,913,859 parameters
    without the gains of weight normalisation. In that code the convolution before the logits has the wrong number of
    inputs unless the discriminator has its published width; here any width works.

    Args:
        num_mels: int, the mels of a frame.
        ratios: tuple of ints, by how much each stage lengthens the sequence; their product is the hop of the mels.
        width: int, the channels of the first stage, which each ratio halves.
        blocks: int, the number of residual blocks of a stage.
        discriminator_width: int, the channels of a discriminator's first convolution.
        scales: int, the number of discriminators.

    Returns:
        (generator, discriminator), two `keras.Model`: mels `(batch, frames, num_mels)` to waveforms float32 `(batch,
        frames * product of the ratios, 1)` in [-1, 1]; and waveforms `(batch, num_samples, 1)` to a dict: "logits" is
        a list of float32 `(batch, steps, 1)`, one for each scale, the finest first; "features" is a list of as many
        lists of 6 maps.

    Raises:
        ValueError: if a size is not a positive integer, or `width` cannot be halved for each ratio.

    Example:
        >>> sizes = {"width": 8, "discriminator_width": 2, "scales": 2}
        >>> generator, discriminator = melgan(num_mels=40, ratios=(4, 4, 4), **sizes)
        >>> generator.compute_output_shape((1, 32, 40)), len(discriminator.output["logits"])
        ((1, 2048, 1), 2)
    """
    require_channels_last()
    num_mels, ratios = require_int("num_mels", num_mels), require_ratios(ratios)
    width, blocks, scales = require_int("width", width), require_int("blocks", blocks), require_int("scales", scales)
    require_stage_width(width, len(ratios))
    discriminator_width = require_int("discriminator_width", discriminator_width)
    return _generator(num_mels, ratios, width, blocks), _discriminator(discriminator_width, scales)


def _generator(num_mels, ratios, width, blocks):
    mels = keras.Input((None, num_mels), name="mels")
    x = _reflected(mels, width, 7, name="first")
    for stage, ratio in enumerate(ratios):
        width //= 2
        x = upsampled(activated(x, _SLOPE, f"leaky_relu_{stage}"), width, ratio, name=f"up_{stage}")
        for block in range(blocks):
            x = _with_past(x, width, 3**block, name=f"block_{stage}_{block}")
    # float32: the waveform does not follow a mixed policy.
    x = _reflected(activated(x, _SLOPE, "leaky_relu_last"), 1, 7, name="last", dtype="float32")
    waveforms = layers.Activation("tanh", dtype="float32", name="waveforms")(x)
    return keras.Model(mels, waveforms, name="melgan_generator")


def _with_past(x, width, dilation, *, name):
    """A residual block, whose convolution looks `dilation` steps into the past and the future."""
    y = activated(x, _SLOPE, f"{name}_leaky_relu_0")
    y = _reflected(y, width, 3, name=f"{name}_dilated", dilation_rate=dilation)
    y = convolution(activated(y, _SLOPE, f"{name}_leaky_relu_1"), width, 1, name=f"{name}_pointwise")
    return layers.Add(name=name)([convolution(x, width, 1, name=f"{name}_shortcut"), y])


def _reflected(x, filters, size, *, name, dilation_rate=1, dtype=None):
    """A convolution that is padded by reflection."""
    x = ReflectionPadding1D(dilation_rate * (size // 2), name=f"{name}_pad", dtype=dtype)(x)
    return convolution(x, filters, size, name=name, padding="valid", dilation_rate=dilation_rate, dtype=dtype)


def _discriminator(width, scales):
    waveforms = x = keras.Input((None, 1), name="waveforms")
    logits, features = [], []
    for scale in range(scales):
        # "same" does not count what is outside of the waveform.
        x = layers.AveragePooling1D(4, 2, "same", name=f"scale_{scale}")(x) if scale else x
        prefix = f"scale_{scale}_"
        padded = ReflectionPadding1D(7, name=f"{prefix}first_pad")(x)
        first = convolution(padded, width, 15, name=f"{prefix}first", padding="valid")
        first = activated(first, _SLOPE, f"{prefix}leaky_relu_first")
        verdict, maps = judged(first, _shapes(width), slope=_SLOPE, prefix=prefix)
        logits.append(verdict)
        features.append([first, *maps])
    return keras.Model(waveforms, {"logits": logits, "features": features}, name="melgan_discriminator")


def _shapes(width):
    """The convolutions between the first and the last, as `judged` takes them."""
    widths = [width * min(4**index, _WIDEST) for index in range(5)]
    halving = [(after, 41, 4, before // 4 if before % 4 == 0 else 1) for before, after in itertools.pairwise(widths)]
    return [*halving, (min(2 * widths[-1], _WIDEST * width), 5, 1, 1)]
