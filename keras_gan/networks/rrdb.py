"""The generator of ESRGAN, residual blocks in residual dense blocks."""

import keras
import tensorflow as tf
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import LeakyReLU
from keras_gan.networks._arguments import require_image_shape, require_number_of
from keras_gan.networks._bicubic_path import BicubicEnlargement, require_skip
from keras_gan.networks._building_blocks import twice_as_large
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._sides import SupportedSides, require_sides

# How much of a block is added to what it was given.
_RESIDUAL_SCALE = 0.2
# Kernels of He et al., a tenth as large.
_SMALL = keras.initializers.VarianceScaling(2.0 * 0.1**2, "fan_in", "untruncated_normal")
# The part of the network that enlarges does so always by this.
_ENLARGED = 4


def rrdb(*, image_shape=(32, 32, 3), target_channels=None, scale=4, width=64, growth=32, blocks=23, skip=None):
    """Residual-in-residual dense network that enlarges pictures, after ESRGAN and Real-ESRGAN.

    Without batch normalisation, whose statistics leave artefacts in pictures unlike those of the training. In a dense
    block, each of five convolutions sees the maps of all before it:

        dense(x) = x + 0.2 c_5(x, c_1, ..., c_4),        block(x) = x + 0.2 dense(dense(dense(x)))
        image -> Conv -> blocks x block -> Conv, + what came before the blocks
              -> 2 x (every pixel twice, Conv) -> Conv -> Conv to the channels

    All convolutions are 3x3; LeakyReLU(0.2) follows the first four of a dense block, those that enlarge, and the one
    after them. The enlarging is always by 4: for a scale of 2 or 1, each square of 2 or 4 pixels becomes one pixel of
    more channels first, as in Real-ESRGAN, so all scales cost the same for pictures of one target size.

    Wang et al. 2018 (arXiv 1809.00219), figures 3 and 4, and Wang et al. 2021 (arXiv 2107.10833), section 3.3; kernels
    of the dense blocks begin with a tenth of He's, as in the supplement. With 23 blocks, 16,697,987 parameters. The
    images are clipped to [-1, 1] except in training. `skip` is as for `srresnet`, and not in the papers.

    Args:
        image_shape: tuple (height, width, channels) of the small pictures; None for sides of any size. For a scale of 2
            or 1, sides are multiples of 2 or 4.
        target_channels: int, the channels of the large pictures; None for those of the small ones.
        scale: int, 1, 2 or 4: how many times as high and wide the pictures become.
        width: int, the channels of the maps.
        growth: int, the channels that each convolution in a dense block adds.
        blocks: int, the number of blocks of three dense blocks.
        skip: "bicubic" for a smooth path round the network, to which it adds nothing at first; None for none.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 images
        `(batch, scale height, scale width, target_channels)`.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or has sides that the scale does
            not allow, `scale` is another number, or `skip` is another word or does not go with `target_channels`.

    Example:
        >>> rrdb(image_shape=(8, 6, 1), width=4, growth=2, blocks=1, scale=2).output_shape
        (None, 16, 12, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    target_channels = image_shape[-1] if target_channels is None else require_int("target_channels", target_channels)
    scale = require_number_of("scale", scale, (1, 2, 4))
    sizes = {"width": width, "growth": growth, "blocks": blocks}
    width, growth, blocks = (require_int(name, size) for name, size in sizes.items())
    skip = require_skip(skip, image_shape[-1], target_channels)
    folded = _ENLARGED // scale
    require_sides("`image_shape`", image_shape[:2], multiple=folded, received=f"image_shape={image_shape}")

    images = x = keras.Input(image_shape, name="images")
    if folded > 1:
        if None in image_shape:
            x = SupportedSides(multiple=folded, name="sides")(x)
        x = PixelUnshuffle(folded, name="folded")(x)
    x = shallow = _conv(width, "from_images")(x)
    for i in range(blocks):
        y = x
        for j in range(3):
            y = _dense_block(y, growth, f"block_{i}_{j}")
        x = _residual(x, y, f"block_{i}")
    x = layers.Add(name="deep")([shallow, _conv(width, "after_blocks")(x)])
    for i in range(2):
        x = _activated(twice_as_large(x, f"up_{i}_twice"), width, f"up_{i}")
    x = _activated(x, width, "large")
    x = _conv(target_channels, "to_images", "zeros" if skip else "glorot_uniform")(x)
    if skip:
        x = layers.Add(dtype="float32", name="details")([BicubicEnlargement(scale, name="smooth")(images), x])
    return keras.Model(images, ClippedImages(name="enlarged")(x), name="rrdb")


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelUnshuffle(layers.Layer):
    """Turns each square of pixels into one pixel with more channels, the inverse of `keras_gan.layers.PixelShuffle`.

    Args:
        factor: int, the side of the square.
    """

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = require_int("factor", factor, low=2)

    def call(self, inputs):
        """Rearrange `inputs`."""
        return tf.nn.space_to_depth(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        """Return the shape of the smaller maps."""
        batch, *sides, channels = input_shape
        return (batch, *(side and side // self.factor for side in sides), channels * self.factor**2)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "factor": self.factor}


def _dense_block(x, growth, name):
    maps = [x]
    for i in range(4):
        maps.append(_activated(_joined(maps, f"{name}_joined_{i}"), growth, f"{name}_conv_{i}", _SMALL))
    y = _conv(x.shape[-1], f"{name}_conv_4", _SMALL)(_joined(maps, f"{name}_joined_4"))
    return _residual(x, y, name)


def _joined(maps, name):
    return layers.Concatenate(name=name)(maps) if len(maps) > 1 else maps[0]


def _residual(x, y, name):
    return layers.Add(name=name)([x, layers.Rescaling(_RESIDUAL_SCALE, name=f"{name}_scaled")(y)])


def _activated(x, filters, name, initializer="glorot_uniform"):
    return LeakyReLU(0.2, name=f"{name}_leaky_relu")(_conv(filters, name, initializer)(x))


def _conv(filters, name, initializer="glorot_uniform"):
    return layers.Conv2D(filters, 3, padding="same", kernel_initializer=initializer, name=name)
