"""The discriminators of SRGAN and ESRGAN, which judge whole pictures."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import BatchNormalization, Conv2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape, require_number_of
from keras_gan.networks._sides import require_sides

_WIDEST = 8


def vgg_discriminator(*, image_shape=(128, 128, 3), width=64, halvings=5, halving_kernel=4, dense_width=100):
    """Convolutional discriminator with one logit for a picture, after SRGAN and ESRGAN.

    Pairs of convolutions, as in VGG, of which the second halves the sides:

        image -> halvings x (Conv(3x3), Conv of stride 2) -> Dense(dense_width) -> Dense(1)

    The pairs have `width`, twice, four and then eight times as many channels. LeakyReLU(0.2) follows all layers except
    the last, and batch normalisation precedes it after all convolutions except the first, which alone has a bias.

    The defaults are the discriminator of ESRGAN (Wang et al. 2018, arXiv 1809.00219, after the authors' code), with
    14,499,401 parameters. That of SRGAN (Ledig et al. 2016, arXiv 1609.04802, figure 4) is

        vgg_discriminator(image_shape=(96, 96, 3), halvings=4, halving_kernel=3, dense_width=1024)

    Args:
        image_shape: tuple (height, width, channels) of the pictures; the sides are multiples of 2^halvings.
        width: int, the channels of the first pair.
        halvings: int, the number of pairs.
        halving_kernel: int, 3 or 4, the side of the kernels of stride 2.
        dense_width: int, the units before the logit.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3 or has other sides.

    Example:
        >>> vgg_discriminator(image_shape=(16, 8, 1), width=2, halvings=2).output_shape
        (None, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3)
    width, dense_width = require_int("width", width), require_int("dense_width", dense_width)
    halvings = require_int("halvings", halvings, high=16)
    require_number_of("halving_kernel", halving_kernel, (3, 4))
    remedy, received = ", or give other `halvings`", f"image_shape={image_shape}, halvings={halvings}"
    require_sides("`image_shape`", image_shape[:2], multiple=2**halvings, remedy=remedy, received=received)
    images = x = keras.Input(image_shape, name="images")
    for i in range(halvings):
        filters = width * min(2**i, _WIDEST)
        kept = layers.Conv2D(filters, 3, padding="same", use_bias=i == 0, name=f"keep_{i}")(x)
        x = _activated(kept, f"keep_{i}", is_normalized=i > 0)
        x = _activated(_halved(x, filters, halving_kernel, f"halve_{i}"), f"halve_{i}", is_normalized=True)
    x = layers.Dense(dense_width, name="dense")(layers.Flatten(name="flat")(x))
    x = LeakyReLU(0.2, name="dense_leaky_relu")(x)
    # float32: the logits do not follow a mixed policy.
    logits = layers.Dense(1, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="vgg_discriminator")


def _halved(x, filters, kernel_size, name):
    if kernel_size == 4:
        # On even sides "same" is a padding by one pixel.
        return Conv2D(filters, 4, strides=2, padding="same", use_bias=False, name=name)(x)
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return layers.Conv2D(filters, 3, strides=2, use_bias=False, name=name)(x)


def _activated(x, name, *, is_normalized):
    if is_normalized:
        x = BatchNormalization(name=f"{name}_norm")(x)
    return LeakyReLU(0.2, name=f"{name}_leaky_relu")(x)
