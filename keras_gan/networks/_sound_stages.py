"""What the networks of vocoders are built from."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import Conv1D, LeakyReLU, SpectralNormalization, WeightNormalization


def weight_normalized(layer):
    """`layer` under weight normalisation, with its name."""
    return WeightNormalization(layer, name=layer.name)


def spectrally_normalized(layer):
    """`layer` under spectral normalisation, with its name."""
    return SpectralNormalization(layer, name=layer.name)


def initial():
    """The initial distribution of PyTorch's convolutions, U(-1/sqrt(n), 1/sqrt(n)) for n inputs of each output."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


def convolution(x, filters, kernel_size, *, name, normalize=weight_normalized, **options):
    """A normalised convolution of a sequence, which it does not change in length unless `options` say so."""
    options = {"padding": "same", "kernel_initializer": initial(), **options}
    return normalize(Conv1D(filters, kernel_size, name=name, **options))(x)


def upsampled(x, filters, ratio, *, name):
    """A sequence `ratio` times as long: a transposed convolution of as large a stride and twice as large a kernel."""
    options = {"strides": ratio, "padding": "same", "kernel_initializer": initial(), "name": name}
    return weight_normalized(layers.Conv1DTranspose(filters, 2 * ratio, **options))(x)


def activated(x, slope, name):
    """A leaky ReLU."""
    return LeakyReLU(slope, name=name)(x)


def judged(x, shapes, *, slope, prefix, normalize=weight_normalized):
    """The logits of the moments of a waveform, and the activated maps before them.

    Args:
        x: the waveform, or averages of it.
        shapes: list of (filters, kernel size, stride, groups) of the convolutions before the last one.
        slope: float, of the leaky ReLUs.
        prefix: str, what the names of the layers begin with.
        normalize: the normalisation of the weights.

    Returns:
        float32 logits `(batch, steps, 1)`, and a list of maps.
    """
    maps = []
    for index, (filters, size, strides, groups) in enumerate(shapes):
        if strides > 1:
            # On even lengths "same" would pad less at the beginning than at the end.
            x = layers.ZeroPadding1D(size // 2, name=f"{prefix}pad_{index}")(x)
        options = {"strides": strides, "groups": groups, "padding": "valid" if strides > 1 else "same"}
        x = convolution(x, filters, size, normalize=normalize, name=f"{prefix}conv_{index}", **options)
        x = activated(x, slope, f"{prefix}leaky_relu_{index}")
        maps.append(x)
    # float32: the logits do not follow a mixed policy.
    return convolution(x, 1, 3, normalize=normalize, name=f"{prefix}logits", dtype="float32"), maps


def require_ratios(ratios):
    """Return the factors of a generator's stages as a tuple of ints, or raise a ValueError."""
    if not isinstance(ratios, list | tuple) or not ratios:
        raise ValueError(
            "`ratios` must be a tuple of integers, by how much each stage lengthens the sequence: their product is the "
            f"hop of the mels, as 8 * 8 * 2 * 2 = 256. Received: ratios={ratios!r}"
        )
    return tuple(require_int("ratios", ratio) for ratio in ratios)


def require_stage_width(width, stages):
    """Raise a ValueError unless channels can be halved in each of some stages."""
    if width % 2**stages:
        raise ValueError(
            f"The generator halves its channels {stages} times, once for each ratio, so `width` must be a multiple of "
            f"{2**stages}. Received: width={width}"
        )
