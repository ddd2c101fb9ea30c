"""The discriminator of pix2pix and CycleGAN, which judges overlapping patches of a picture."""

import keras

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import BatchNormalization, Conv2D, GroupNormalization, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal

_WIDEST = 8


def patch_discriminator(*, image_shape=(256, 256, 3), width=64, layers=3, normalization="instance"):
    """Convolutional discriminator with a logit for each patch of a picture, after pix2pix and CycleGAN (PatchGAN).

    Where another loss already takes care of the picture as a whole, such as the distance to a target or a cycle, only
    texture is left to judge. A logit for each patch does that with few parameters, and on pictures of any size.

        image -> layers x (Conv(4x4) of stride 2) -> Conv(4x4) of stride 1 -> Conv(4x4, 1) of stride 1

    The convolutions have `width`, twice, four and at most eight times as many channels. LeakyReLU(0.2) follows all
    except the last, with normalisation before it in all except the first. All are padded by one pixel, so each of the
    two at the end makes the map smaller by one. With n layers of stride 2 a logit sees a patch with a side of

        9 * 2^n - 2        pixels: 16, 34, 70 and 142 for 1, 2, 3 and 4

    and a picture of 256 pixels has 30x30 logits for n = 3. Sides halve rounding up.

    Isola et al. 2016 (arXiv 1611.07004), section 3.2.2 and appendix 6.1.2, with batch normalisation; Zhu et al. 2017
    (arXiv 1703.10593), appendix 7.2, with instance normalisation; as in the authors' codes: kernels from N(0, 0.02),
    gains of the batch normalisation from N(1, 0.02), instance normalisation without gain and bias, biases in each
    convolution that no batch normalisation follows. CycleGAN's has 2,764,737 parameters; that of pix2pix, which sees
    source and target in six channels, 2,768,705.

    Args:
        image_shape: tuple (height, width, channels) of the pictures.
        width: int, the channels of the first convolution.
        layers: int, the number of convolutions of stride 2; 3 is the 70x70 PatchGAN.
        normalization: "instance" (each channel of each picture by itself), "batch" or None.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 logits `(batch, rows, columns, 1)`,
        unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small for `layers`, or
            the normalisation is unknown.

    Example:
        >>> discriminator = patch_discriminator(image_shape=(64, 48, 3), width=8)
        >>> discriminator.output_shape
        (None, 6, 4, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3)
    width, halvings = require_int("width", width), require_int("layers", layers)
    require_choice("normalization", normalization, tuple(_NORMALIZATIONS))
    images = keras.Input(image_shape, name="images")
    x = LeakyReLU(0.2, name="leaky_relu_0")(_halving(width, "down_0", use_bias=True)(images))
    biased = normalization != "batch"
    for i in range(1, halvings):
        x = _halving(width * min(2**i, _WIDEST), f"down_{i}", use_bias=biased)(x)
        x = _activated(x, i, normalization)
    if min(x.shape[1:3]) < 3:
        raise ValueError(
            f"The picture is too small for {halvings} convolutions of stride 2 and two of stride 1: make it larger, or "
            f"use fewer layers. Received: image_shape={image_shape}, layers={halvings}"
        )
    x = _keeping(x, width * min(2**halvings, _WIDEST), "wide", use_bias=biased)
    x = _activated(x, halvings, normalization)
    # float32: the logits do not follow a mixed policy.
    logits = _keeping(x, 1, "logits", use_bias=True, dtype="float32")
    return keras.Model(images, logits, name="patch_discriminator")


def _halving(filters, name, **settings):
    # On even sides "same" is a padding by one pixel.
    settings |= {"strides": 2, "padding": "same", "kernel_initializer": normal()}
    return Conv2D(filters, 4, name=name, **settings)


def _keeping(x, filters, name, **settings):
    # Not padding="same", which would add a third row and column and so an edge that the papers do not judge.
    x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad", dtype=settings.get("dtype"))(x)
    return keras.layers.Conv2D(filters, 4, kernel_initializer=normal(), name=name, **settings)(x)


def _activated(x, index, normalization):
    if normalization is not None:
        x = _NORMALIZATIONS[normalization](f"norm_{index}")(x)
    return LeakyReLU(0.2, name=f"leaky_relu_{index}")(x)


def _instance_normalization(name):
    return GroupNormalization(-1, center=False, scale=False, name=name)


def _batch_normalization(name):
    return BatchNormalization(name=name, gamma_initializer=normal(1.0))


_NORMALIZATIONS = {"instance": _instance_normalization, "batch": _batch_normalization, None: None}
