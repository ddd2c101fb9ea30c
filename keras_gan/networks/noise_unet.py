"""A small U-shaped generator, from noise of the image's shape, and a convolutional discriminator."""

import keras

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, Conv2DTranspose, GroupNormalization, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import cropped, halved_sides
from keras_gan.networks._clipped_images import ClippedImages


def noise_unet(*, image_shape=(16, 16, 1), width=32, stages=2):
    """U-shaped generator from noise of the image's shape to images, and a plain convolutional discriminator.

    A model that moves each noise image to a near image, as `AdversarialFlow` does, needs a generator that sees every
    pixel of the noise. The path through small maps decides what the image shows, and the paths across (skips) bring the
    details of the noise back in:

        generator:      noise -> Conv(3x3) -> stages x (strided convolution) -> stages x (transposed convolution,
                        joined with the map of the same size on the way down, Conv(3x3)) -> Conv(3x3) -> image
        discriminator:  image -> stages x (strided convolution) -> Dense(1)

    Ronneberger et al. 2015 (arXiv 1505.04597), made small: `width` channels at the picture and twice as many after each
    halving, 4x4 kernels where the size changes, layer normalisation and LeakyReLU(0.2) after each convolution of the
    generator, no normalisation in the discriminator, Glorot-uniform kernels. Sides halve rounding up. There is no tanh:
    drawn images are clipped to [-1, 1]; in training they are not.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        width: int, the channels of the layers next to the picture.
        stages: int, the number of halvings; None for as many as leave the smaller side 4 pixels or more.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, *image_shape)` to float32 images of the same shape, in
        [-1, 1] except in training; and the discriminator, from images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or the picture is too small for `stages`.

    Example:
        >>> generator, discriminator = noise_unet(width=4)
        >>> generator.input_shape, generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 16, 16, 1), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    width = require_int("width", width)
    sides = halved_sides(image_shape, stages)
    widths = [width * 2**level for level in range(len(sides))]
    return _generator(image_shape, sides, widths), _discriminator(image_shape, widths)


def _generator(image_shape, sides, widths):
    latents = keras.Input(image_shape, name="latents")
    maps = [_activated(_same(widths[0], "from_noise")(latents), "from_noise")]
    for level, width in enumerate(widths[1:], 1):
        x = Conv2D(width, 4, strides=2, padding="same", use_bias=False, name=f"down_{level}")(maps[-1])
        maps.append(_activated(x, f"down_{level}"))
    x = maps.pop()
    for level in reversed(range(len(maps))):
        x = Conv2DTranspose(widths[level], 4, strides=2, padding="same", use_bias=False, name=f"up_{level}")(x)
        x = cropped(_activated(x, f"up_{level}"), sides[level], f"crop_{level}")
        x = keras.layers.Concatenate(name=f"joined_{level}")([x, maps[level]])
        x = _activated(_same(widths[level], f"same_{level}")(x), f"same_{level}")
    x = Conv2D(image_shape[-1], 3, padding="same", name="to_images")(x)
    return keras.Model(latents, ClippedImages(name="images")(x), name="noise_unet_generator")


def _same(width, name):
    return Conv2D(width, 3, padding="same", use_bias=False, name=name)


def _activated(x, name):
    return LeakyReLU(0.2, name=f"{name}_lrelu")(GroupNormalization(name=f"{name}_norm")(x))


def _discriminator(image_shape, widths):
    images = x = keras.Input(image_shape, name="images")
    for level, width in enumerate(widths[1:], 1):
        x = Conv2D(width, 4, strides=2, padding="same", name=f"down_{level}")(x)
        x = LeakyReLU(0.2, name=f"down_{level}_lrelu")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    # float32 under every policy.
    return keras.Model(
        images, keras.layers.Dense(1, dtype="float32", name="logits")(x), name="noise_unet_discriminator"
    )
