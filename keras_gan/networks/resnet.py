"""The residual networks of SNGAN."""

import math

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import BatchNormalization
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import spectrally_normalized
from keras_gan.networks._resampling_convolutions import DownsamplingConv2D, UpsamplingConv2D

# From this side upwards, the published networks grow deeper and wider towards the smallest map.
_LARGE = 64
_SMALLEST_START = 4
_WIDEST = 16


def resnet(*, image_shape=(32, 32, 3), latent_dim=128, generator_width=None, discriminator_width=None):
    """Residual generator, and residual discriminator under spectral normalisation, after SNGAN.

    A residual block learns only what to add to its input, and spectral normalisation of every layer bounds the
    discriminator's slope. With a block as the sum of its branch and its shortcut,

        generator:      latents -> Dense -> blocks that double the sides -> batch norm, ReLU, Conv(3x3), tanh
        its branch:     batch norm, ReLU, upsampling, Conv(3x3), batch norm, ReLU, Conv(3x3)
        discriminator:  image -> blocks that halve the sides, or keep them -> ReLU, sum over positions -> Dense(1)
        its branch:     ReLU (not in the first block), Conv(3x3), ReLU, Conv(3x3), average pooling

    Miyato et al. 2018 (arXiv 1802.05957), appendix B.4, figures 9 and 10, and tables 4 and 5, as in the authors' code.
    The kernels are Glorot-uniform, those of the blocks' branches sqrt(2) times as large. Upsampling is
    nearest-neighbour; it and the average pooling are computed as part of the convolution next to them, in fewer
    operations and with the same result. The batch normalisation has epsilon 1e-5 and momentum 0.9.

    Pictures whose smaller side is below 64 get the paper's networks for 32x32: all maps of a network have the same
    number of channels, and the discriminator has two blocks that halve the sides and two that do not. Larger pictures
    get those for 64x64: `width` channels next to the picture, twice as many after each halving up to 16 times as many,
    and every block of the discriminator halves; it has one block more than the generator. The generator starts from a
    map whose smaller side is 4 to 7. The published networks:

    * 32x32: `resnet()`, with 4,276,739 and 1,053,824 parameters.
    * 64x64: `resnet(image_shape=(64, 64, 3))`, with 12,220,675 and 10,141,441 parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 4 where the
            smaller of them is below 32, of 8 where it is below 64, of 32 below 128, of 64 below 256, and so on.
        latent_dim: int, the size of the generator's input.
        generator_width: int, the generator's channels; None for the paper's 256 below 64 pixels, 64 from there on.
        discriminator_width: int, the discriminator's channels; None for the paper's 128, and 64.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, or its height or width cannot
            be halved as often as the networks do.

    Example:
        >>> generator, discriminator = resnet(image_shape=(16, 16, 1), generator_width=8, discriminator_width=4)
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 1))
        >>> discriminator.count_params()
        1149
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim = require_int("latent_dim", latent_dim)
    large = min(image_shape[:2]) >= _LARGE
    stages = _stages(image_shape, large)
    generator_width = _width("generator_width", generator_width, 64 if large else 256)
    discriminator_width = _width("discriminator_width", discriminator_width, 64 if large else 128)
    growth = [min(2**i, _WIDEST) if large else 1 for i in range(stages + 1)]
    generator = _generator(image_shape, latent_dim, [generator_width * g for g in reversed(growth)])
    widths = [discriminator_width * g for g in (growth if large else [1] * 4)]
    return generator, _discriminator(image_shape, widths, halvings=len(widths) if large else 2, head_bias=large)


def _stages(image_shape, large):
    """The number of times that the generator doubles its sides."""
    stages = max(1, int(math.log2(min(image_shape[:2]) / _SMALLEST_START)))
    halvings = stages + 1 if large else max(stages, 2)
    if any(side % 2**halvings for side in image_shape[:2]):
        raise ValueError(
            f"Height and width must be multiples of {2**halvings} for pictures of this size, to be halved {halvings} "
            f"times: resize or crop them, or use `dcgan`, which takes any size. Received: image_shape={image_shape}"
        )
    return stages


def _width(name, width, default):
    return default if width is None else require_int(name, width)


def _generator(image_shape, latent_dim, widths):
    latents = keras.Input((latent_dim,), name="latents")
    start = (*(side // 2 ** (len(widths) - 1) for side in image_shape[:2]), widths[0])
    x = layers.Dense(math.prod(start), name="project")(latents)
    x = layers.Reshape(start, name="reshape")(x)
    for i, width in enumerate(widths[1:]):
        x = _up_block(x, width, f"up_{i}")
    x = _activated(x, "to_images")
    x = _conv(image_shape[-1], 3, "to_images")(x)
    # float32: the images do not follow a mixed policy.
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="resnet_generator")


def _up_block(x, width, name):
    """A residual block that doubles the sides."""
    # A 1x1 convolution gives the same before and after the upsampling; before it there are a quarter of the pixels.
    shortcut = layers.UpSampling2D(2, name=f"{name}_upsampling")(_conv(width, 1, f"{name}_shortcut")(x))
    y = _activated(x, f"{name}_0")
    y = _conv(width, 3, f"{name}_conv_0", UpsamplingConv2D, gain=2.0)(y)
    y = _activated(y, f"{name}_1")
    y = _conv(width, 3, f"{name}_conv_1", gain=2.0)(y)
    return layers.Add(name=f"{name}_add")([y, shortcut])


def _activated(x, name):
    return layers.ReLU(name=f"{name}_relu")(BatchNormalization(name=f"{name}_norm")(x))


def _discriminator(image_shape, widths, halvings, head_bias):
    images = keras.Input(image_shape, name="images")
    x = images
    for i, width in enumerate(widths):
        x = _discriminator_block(x, width, f"block_{i}", first=i == 0, halve=i < halvings)
    x = layers.ReLU(name="relu")(x)
    positions = x.shape[1] * x.shape[2]
    # float32 under every policy: the sum over positions and the logits.
    x = layers.GlobalAveragePooling2D(dtype="float32", name="mean_over_positions")(x)
    x = layers.Rescaling(positions, dtype="float32", name="sum_over_positions")(x)
    head = layers.Dense(1, use_bias=head_bias, dtype="float32", name="logits")
    return keras.Model(images, spectrally_normalized(head)(x), name="resnet_discriminator")


def _discriminator_block(x, width, name, *, first, halve):
    """A residual block that halves the sides, or keeps them."""
    shortcut = x
    if halve:
        # The 1x1 convolution gives the same before and after it; this is the order of the authors' first block.
        shortcut = layers.AveragePooling2D(2, name=f"{name}_pooling")(shortcut)
    if halve or shortcut.shape[-1] != width:
        shortcut = spectrally_normalized(_conv(width, 1, f"{name}_shortcut"))(shortcut)
    # The first block has no ReLU on the images, and widens in its first convolution instead of the second.
    y = x if first else layers.ReLU(name=f"{name}_relu_0")(x)
    inner = width if first else x.shape[-1]
    y = spectrally_normalized(_conv(inner, 3, f"{name}_conv_0", gain=2.0))(y)
    y = layers.ReLU(name=f"{name}_relu_1")(y)
    kind = DownsamplingConv2D if halve else layers.Conv2D
    y = spectrally_normalized(_conv(width, 3, f"{name}_conv_1", kind, gain=2.0))(y)
    return layers.Add(name=f"{name}_add")([y, shortcut])


def _conv(filters, kernel_size, name, kind=layers.Conv2D, *, gain=1.0):
    """A convolution that is Glorot-uniform with `gain` times the variance."""
    initializer = keras.initializers.VarianceScaling(gain, mode="fan_avg", distribution="uniform")
    return kind(filters, kernel_size, padding="same", kernel_initializer=initializer, name=name)
