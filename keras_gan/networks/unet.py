"""The U-shaped generator of pix2pix, which turns pictures into pictures that share their outlines."""

import math

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_choice, require_int, require_number
from keras_gan.layers import Conv2D, Conv2DTranspose, GroupNormalization, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal, normal_batch_normalization
from keras_gan.networks._dropout_noise import HIGHEST_RATE, DropoutNoise
from keras_gan.networks._sides import SupportedSides, require_sides

# The paper's: 256x256 pictures become 1x1.
_DEEPEST = 8
_WIDEST = 8
_DROPPED = 3


def unet(
    *,
    image_shape=(256, 256, 3),
    target_channels=None,
    width=64,
    depth=None,
    normalization="instance",
    dropout=0.5,
    noise=False,
):
    """U-Net from pictures to pictures of the same size, after pix2pix.

    Source and target of a translation often have the same outlines. A path through a map of one pixel decides what the
    picture shows, and the paths across (skips) carry the outlines past it at each size:

        down:  image -> depth x (Conv(4x4) of stride 2)
        up:    depth x (transposed Conv(4x4) of stride 2, joined with the map of the same size on the way down),
               the last one to `target_channels`, tanh

    The maps have `width`, twice, four and at most eight times as many channels on the way down. LeakyReLU(0.2) comes
    before each convolution on the way down except the first, and ReLU before each on the way up. (Joined maps meet only
    ReLU, which undoes LeakyReLU. So it makes no difference on which side of LeakyReLU a skip begins.) Normalisation
    follows all convolutions except the first, the last and the one to the smallest map: that map may be a single pixel,
    which normalisation would set to zero. Dropout follows the first three convolutions on the way up.

    Isola et al. 2016 (arXiv 1611.07004), section 3.2.1 and appendix 6.1.1, as in the authors' code: kernels from
    N(0, 0.02), gains from N(1, 0.02), and no biases where gains and biases follow, nor in the first convolution and the
    one to the smallest map. With depth 8 it has 54,413,955 parameters.

    At test time the paper keeps dropout on as its only noise, and normalises by the statistics of the test batch. It
    trains and tests with batches of one picture, where batch normalisation is instance normalisation with gains and
    biases. That is the default here: for batches of one it is the paper's network, and with larger ones each picture is
    still translated by itself. Dropout is off at test, so that `translate`, every export and every batch size give the
    same picture. `noise=True` keeps it on: then the picture depends on the whole batch of sources, which is the seed of
    the noise. `normalization="batch"` is the usual layer, which uses moving averages at test.

    Args:
        image_shape: tuple (height, width, channels) of the pictures; sides of None take pictures of any size that can
            be halved `depth` times.
        target_channels: int, the channels of the translations; None for those of the pictures.
        width: int, the channels of the first map.
        depth: int, the number of halvings. None for as many as bring the smaller side to one pixel, at most 8.
        normalization: "instance" (each channel of each picture by itself), "batch" or None.
        dropout: float from 0 to 0.99, the rate of the dropout.
        noise: bool, whether the dropout stays on in inference, as in the paper.

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to float32 images in [-1, 1],
        `(batch, height, width, target_channels)`.

    Raises:
        ValueError: if a side cannot be halved `depth` times (with the nearest sizes that can), `depth` is None where a
            side is, a size is not a positive integer, or another argument is out of range.

    Example:
        >>> translator = unet(image_shape=(32, 64, 1), target_channels=3, width=4)
        >>> translator.output_shape, translator.get_layer("down_4").output.shape
        ((None, 32, 64, 3), (None, 1, 2, 32))
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    target_channels = image_shape[-1] if target_channels is None else require_int("target_channels", target_channels)
    width, depth = require_int("width", width), _depth(image_shape, depth)
    require_choice("normalization", normalization, tuple(_NORMALIZATIONS))
    dropout = require_number("dropout", dropout, low=0.0, high=HIGHEST_RATE)
    drop = DropoutNoise if require_bool("noise", noise) else layers.Dropout

    images = x = keras.Input(image_shape, name="images")
    if None in image_shape:
        x = SupportedSides(multiple=2**depth, name="sides")(x)
    skips = []
    for level in range(depth):
        x = _down(x, width * min(2**level, _WIDEST), level, use_bias=normalization is None)
        if 0 < level < depth - 1:
            x = _normalized(x, f"down_{level}", normalization)
        skips.append(x)
    x = skips.pop()
    for index, skip in enumerate(reversed(skips)):
        x = _up(x, skip.shape[-1], f"up_{index}", use_bias=normalization is None)
        x = _normalized(x, f"up_{index}", normalization)
        if dropout and index < _DROPPED:
            x = drop(dropout, name=f"up_{index}_dropout")(x)
        x = layers.Concatenate(name=f"joined_{index}")([skip, x])
    x = _up(x, target_channels, "to_images", use_bias=True)
    # float32: the images do not follow a mixed policy.
    outputs = layers.Activation("tanh", dtype="float32", name="translated")(x)
    return keras.Model(images, outputs, name="unet")


def _depth(image_shape, depth):
    """The number of halvings, or a ValueError if a side cannot be halved so often."""
    sides = image_shape[:2]
    given = depth
    if depth is None:
        if None in sides:
            raise ValueError(
                "A U-Net for pictures of any size cannot choose its depth by their size: give `depth`, the number of "
                f"halvings. Sides must then be multiples of 2**depth. Received: image_shape={image_shape}, depth=None"
            )
        depth = min(_DEEPEST, max(1, math.floor(math.log2(min(sides)))))
    depth = require_int("depth", depth, high=30)
    possible = min((_halvings(side) for side in sides if side is not None), default=depth)
    require_sides(
        f"pictures that are halved {depth} times",
        sides,
        multiple=2**depth,
        remedy=f"; or, for these sides, `depth={possible}`" if possible else "",
        received=f"image_shape={image_shape}, depth={given}",
    )
    return depth


def _halvings(side):
    """How often a side can be halved exactly."""
    return (side & -side).bit_length() - 1


def _down(x, filters, level, *, use_bias):
    if level:
        x = LeakyReLU(0.2, name=f"down_{level}_leaky_relu")(x)
    settings = {"strides": 2, "padding": "same", "kernel_initializer": normal()}
    return Conv2D(filters, 4, use_bias=use_bias, name=f"down_{level}", **settings)(x)


def _up(x, filters, name, *, use_bias):
    x = layers.ReLU(name=f"{name}_relu")(x)
    settings = {"strides": 2, "padding": "same", "kernel_initializer": normal()}
    return Conv2DTranspose(filters, 4, use_bias=use_bias, name=name, **settings)(x)


def _normalized(x, name, normalization):
    return x if normalization is None else _NORMALIZATIONS[normalization](f"{name}_norm")(x)


def _instance_normalization(name):
    return GroupNormalization(-1, gamma_initializer=normal(1.0), name=name)


_NORMALIZATIONS = {"instance": _instance_normalization, "batch": normal_batch_normalization, None: None}
