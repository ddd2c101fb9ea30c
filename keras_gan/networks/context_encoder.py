"""The networks of the context encoder, which paints what is missing in a picture."""

import keras

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import Conv2D, Conv2DTranspose, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import doubled_sides, normal, normal_batch_normalization

# The last so many maps of an encoder have twice as many channels as the one before.
_WIDENED = 4


def context_encoder(*, image_shape=(128, 128, 3), paints="centre", width=64, bottleneck=4000):
    """Encoder and decoder from a picture with a hole to what is in the hole, and a discriminator of it.

    Each unit of the bottleneck sees the whole picture, so that what is painted fits all that is around it. A map that
    only convolutions lead to would not even see from one side of the hole to the other. With the picture of the paper:

        encoder:        image -> Conv(4x4) of stride 2, with 64, 64, 128, 256 and 512 channels -> 4x4
                        -> Conv(4x4, 4000) without padding -> 1x1
        decoder:        1x1 -> transposed Conv(4x4, 512) -> 4x4 -> transposed Conv(4x4) of stride 2, with 256, 128, 64
                        and 3 channels -> the centre, 64x64, tanh
        discriminator:  64x64 -> Conv(4x4) of stride 2, with 64, 128, 256 and 512 channels -> one logit

    Batch normalisation follows each convolution except the first and the last of each network. LeakyReLU(0.2) follows
    them in the encoder and the discriminator, ReLU in the decoder. A decoder of the whole picture has one stage of 64
    channels more, and its discriminator sees the whole picture.

    Pathak et al. 2016 (arXiv 1604.07379), section 3 and appendix A, as in the authors' code: kernels from N(0, 0.02),
    gains from N(1, 0.02). There convolutions before a normalisation have biases, which the normalisation cancels; here
    they have none. Other pictures have the stages that leave 4 to 7 pixels on their smaller side.

    Args:
        image_shape: tuple (height, width, channels), with sides that can be halved so often, such as 64 or 96.
        paints: "centre", half the height and half the width; or "whole", for holes anywhere.
        width: int, the channels of the first map.
        bottleneck: int, the units of the bottleneck.

    Returns:
        Two `keras.Model`: the generator, from float32 images in [-1, 1], `(batch, *image_shape)`, to images in [-1, 1]
        of the whole size or of half the height and width; and the discriminator, from these to float32 logits
        `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, the sides cannot be halved, the picture has less than 16 pixels
            on a side, or `paints` is unknown.

    Example:
        >>> generator, discriminator = context_encoder(image_shape=(32, 32, 3), width=4, bottleneck=16)
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 3), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    width, bottleneck = require_int("width", width), require_int("bottleneck", bottleneck)
    require_choice("paints", paints, ("centre", "whole"))
    sides = doubled_sides(image_shape)
    if len(sides) < 3:
        raise ValueError(
            f"The picture is too small for an encoder: make its sides at least 16. Received: image_shape={image_shape}"
        )
    widths = _widths(width, len(sides) - 1)
    is_whole = paints == "whole"
    generator = _generator(image_shape, sides[0], widths, bottleneck, is_whole=is_whole)
    painted = (*sides[-1 if is_whole else -2], image_shape[-1])
    return generator, _discriminator(painted, _widths(width, len(sides) - (1 if is_whole else 2)))


def _widths(width, halvings):
    """The channels after each halving."""
    return [width * 2 ** max(0, level - max(0, halvings - _WIDENED)) for level in range(halvings)]


def _generator(image_shape, smallest, widths, bottleneck, *, is_whole):
    images = keras.Input(image_shape, name="images")
    x = _encoded(images, widths)
    x = Conv2D(bottleneck, smallest, use_bias=False, kernel_initializer=normal(), name="bottleneck")(x)
    x = LeakyReLU(0.2, name="bottleneck_lrelu")(normal_batch_normalization("bottleneck_norm")(x))
    first, *others = widths[::-1] if is_whole else widths[:0:-1]
    x = _activated(Conv2DTranspose(first, smallest, name="spread", **_settings())(x), "spread")
    for level, filters in enumerate(others):
        x = _activated(_doubled(filters, f"up_{level}", **_settings())(x), f"up_{level}")
    x = _doubled(image_shape[-1], "to_images", kernel_initializer=normal())(x)
    # float32: the images do not follow a mixed policy.
    painted = keras.layers.Activation("tanh", dtype="float32", name="painted")(x)
    return keras.Model(images, painted, name="context_encoder")


def _encoded(x, widths):
    """A picture halved once for each width."""
    for level, filters in enumerate(widths):
        settings = {"kernel_initializer": normal(), "use_bias": level == 0}
        x = Conv2D(filters, 4, strides=2, padding="same", name=f"down_{level}", **settings)(x)
        x = normal_batch_normalization(f"down_{level}_norm")(x) if level else x
        x = LeakyReLU(0.2, name=f"down_{level}_lrelu")(x)
    return x


def _doubled(filters, name, **settings):
    return Conv2DTranspose(filters, 4, strides=2, padding="same", name=name, **settings)


def _activated(x, name):
    return keras.layers.ReLU(name=f"{name}_relu")(normal_batch_normalization(f"{name}_norm")(x))


def _settings():
    return {"use_bias": False, "kernel_initializer": normal()}


def _discriminator(image_shape, widths):
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten(name="flatten")(_encoded(images, widths))
    # float32 under every policy.
    logits = keras.layers.Dense(1, kernel_initializer=normal(), dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="context_discriminator")
