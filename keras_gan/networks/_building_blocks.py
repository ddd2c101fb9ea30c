"""What several of the architectures are built from."""

import math

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_int
from keras_gan.layers import BatchNormalization, PixelShuffle, SpectralNormalization

_SMALLEST_START = 4


def halved_sides(image_shape, stages=None):
    """The (height, width) at each stage, from the whole picture to the smallest map; odd sides halve rounding up.

    Args:
        image_shape: tuple (height, width, channels).
        stages: int, the number of halvings; None for as many as leave the smaller side 4 pixels or more, at least one.

    Raises:
        ValueError: if a side of one pixel would be halved, or `stages` is not a positive integer.
    """
    sides = [image_shape[:2]]
    if stages is None:
        while len(sides) == 1 or min(_halved(sides[-1])) >= _SMALLEST_START:
            sides.append(_halved(sides[-1]))
    else:
        for _ in range(require_int("stages", stages)):
            sides.append(_halved(sides[-1]))
    if min(sides[-2]) < 2:
        raise ValueError(
            f"The picture is too small to be halved {len(sides) - 1} times: make it larger, or use fewer stages. "
            f"Received: image_shape={image_shape}, stages={stages}"
        )
    return sides


def doubled_sides(image_shape):
    """The (height, width) at each stage, from a smallest map of 4 to 7 pixels on its smaller side to the whole picture.

    Args:
        image_shape: tuple (height, width, channels).

    Raises:
        ValueError: if the sides cannot be halved exactly as often as that takes, at least once.
    """
    stages = _number_of_doublings(image_shape[:2])
    factor = 2**stages
    if any(side % factor for side in image_shape[:2]):
        raise ValueError(
            f"Height and width must be multiples of {factor} for pictures of this size, to be halved {stages} times: "
            f"resize them, to {' x '.join(map(str, _nearest_doubled(image_shape[:2])))} for example, or use `dcgan`, "
            f"which takes any size. Received: image_shape={image_shape}"
        )
    return [tuple(side // 2**i for side in image_shape[:2]) for i in range(stages, -1, -1)]


def _number_of_doublings(sides):
    return max(1, int(math.log2(min(sides) / _SMALLEST_START)))


def _nearest_doubled(sides):
    """The sides nearest to the given ones that can be halved as often as their own size asks for."""
    factor, nearest = 0, sides
    while factor != 2 ** _number_of_doublings(nearest):
        factor = 2 ** _number_of_doublings(nearest)
        nearest = [max(1, (side + factor // 2) // factor) * factor for side in sides]
    return nearest


def _halved(sides):
    return tuple((side + 1) // 2 for side in sides)


def cropped(x, sides, name):
    """The map `x`, cropped at its end to `sides`, (height, width)."""
    surplus = [(0, have - want) for have, want in zip(x.shape[1:3], sides, strict=True)]
    return x if surplus == [(0, 0), (0, 0)] else layers.Cropping2D(surplus, name=name)(x)


def normal(mean=0.0):
    """The initial distribution of DCGAN, N(mean, 0.02)."""
    return keras.initializers.RandomNormal(mean, 0.02)


def normal_batch_normalization(name):
    """Batch normalisation with gains from N(1, 0.02), as DCGAN and pix2pix begin with."""
    return BatchNormalization(name=name, gamma_initializer=normal(1.0))


def wrapper(spectral_normalization):
    """The function that each layer with weights goes through: spectral normalisation, or none."""
    return spectrally_normalized if require_bool("spectral_normalization", spectral_normalization) else _as_it_is


def spectrally_normalized(layer):
    """`layer` under spectral normalisation, with its name."""
    return SpectralNormalization(layer, name=layer.name)


def _as_it_is(layer):
    return layer


def twice_as_large(x, name):
    """Every pixel twice in both directions. After two of Keras's `UpSampling2D`, LiteRT no longer knows the sides."""
    return PixelShuffle(2, name=name)(layers.Concatenate(name=f"{name}_copies")([x] * 4))
