"""The convolutions of discriminators that judge patches of a picture."""

import keras

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, GroupNormalization, LeakyReLU
from keras_gan.networks._building_blocks import normal, normal_batch_normalization

_WIDEST = 8


def pictures_to_judge(image_shape, source_channels):
    """The inputs of a discriminator, as `keras.Model` takes them, and what it judges.

    Args:
        image_shape: tuple (height, width, channels) of the pictures.
        source_channels: int, the channels of their sources; None for a discriminator that does not see them.
    """
    images = keras.Input(image_shape, name="images")
    if source_channels is None:
        return images, images
    source = keras.Input((*image_shape[:2], require_int("source_channels", source_channels)), name="source")
    return {"images": images, "source": source}, keras.layers.Concatenate(name="pair")([source, images])


def judged_patches(x, *, width, layers, normalization, padding=1, prefix=""):
    """The logits of the patches of a picture, and the activated maps before them.

    Args:
        x: the picture.
        width: int, the channels of the first convolution.
        layers: int, the number of convolutions of stride 2; 0 for a discriminator of single pixels.
        normalization: a key of `NORMALIZATIONS`.
        padding: int, pixels of zeros around each convolution: 1, or 2 as in pix2pixHD.
        prefix: str, what the names of the layers begin with.

    Returns:
        float32 logits `(batch, rows, columns, 1)`, and a list of maps.
    """
    halve, keep = (_halved, _kept) if layers else (_pixels, _pixels)
    *widths, widest = [width * min(2**i, _WIDEST) for i in range(max(layers, 1) + 1)]
    biased, maps = normalization != "batch", []
    for i, filters in enumerate(widths):
        x = halve(x, filters, padding, use_bias=i == 0 or biased, name=f"{prefix}down_{i}")
        x = _activated(x, prefix, i, normalization if i else None)
        maps.append(x)
    x = keep(x, widest, padding, use_bias=biased, name=f"{prefix}wide")
    x = _activated(x, prefix, len(widths), normalization)
    maps.append(x)
    # float32: the logits do not follow a mixed policy.
    return keep(x, 1, padding, use_bias=True, name=f"{prefix}logits", dtype="float32"), maps


def _halved(x, filters, padding, *, name, **settings):
    settings |= {"strides": 2, "kernel_initializer": normal(), "name": name}
    if padding == 1:
        # On even sides "same" is a padding by one pixel.
        return Conv2D(filters, 4, padding="same", **settings)(x)
    return Conv2D(filters, 4, **settings)(keras.layers.ZeroPadding2D(padding, name=f"{name}_pad")(x))


def _kept(x, filters, padding, *, name, **settings):
    # Not padding="same", which would add a third row and column and so an edge that the papers do not judge.
    x = keras.layers.ZeroPadding2D(padding, name=f"{name}_pad", dtype=settings.get("dtype"))(x)
    return keras.layers.Conv2D(filters, 4, kernel_initializer=normal(), name=name, **settings)(x)


def _pixels(x, filters, _, *, name, **settings):
    return keras.layers.Conv2D(filters, 1, kernel_initializer=normal(), name=name, **settings)(x)


def _activated(x, prefix, index, normalization):
    if normalization is not None:
        x = NORMALIZATIONS[normalization](f"{prefix}norm_{index}")(x)
    return LeakyReLU(0.2, name=f"{prefix}leaky_relu_{index}")(x)


def _instance_normalization(name):
    return GroupNormalization(-1, center=False, scale=False, name=name)


NORMALIZATIONS = {"instance": _instance_normalization, "batch": normal_batch_normalization, None: None}
