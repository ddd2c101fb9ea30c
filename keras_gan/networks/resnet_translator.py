"""The residual generator of CycleGAN, which turns pictures into pictures."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import GroupNormalization, ReflectionPadding2D
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal

# Smaller pictures have a smallest map with a side of one pixel, which cannot be reflected.
_SMALLEST_SIDE = 5


def resnet_translator(*, image_shape=(256, 256, 3), width=64, blocks=9):
    """Residual network from pictures to pictures of the same size, after CycleGAN.

    Most of the network works at a quarter of the sides, in residual blocks, which let through what source and target
    have in common. Each picture is normalised by itself, because its contrast is part of the style that changes.

        image -> Conv(7x7, width) -> Conv(3x3, 2 width) of stride 2 -> Conv(3x3, 4 width) of stride 2
              -> blocks x (x + Conv(3x3)(Conv(3x3)(x))) -> transposed Conv(3x3, 2 width) of stride 2
              -> transposed Conv(3x3, width) of stride 2 -> Conv(7x7, channels), tanh

    Instance normalisation without gain and bias follows every convolution except the last, and ReLU follows every
    normalisation except at the end of a block. The convolutions of stride 1 are padded by reflection, the others by one
    pixel of zeros. Sides halve rounding up (33 -> 17 -> 9), and where doubling gives a row or column too many, it is
    cropped.

    Zhu et al. 2017 (arXiv 1703.10593), section 4 and appendix 7.2, which build on Johnson et al. 2016 (arXiv
    1603.08155), as in the authors' codes: kernels from N(0, 0.02), epsilon 1e-5, and biases in every layer, although
    the normalisation cancels all of them except the last layer's. The paper has 6 blocks for 128x128 and 9 from 256x256
    on: 7,837,699 and 11,378,179 parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, sides of at least 5.
        width: int, the channels next to the picture.
        blocks: int, the number of residual blocks.

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to such images.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3 or has a side below 5.

    Example:
        >>> translator = resnet_translator(image_shape=(32, 30, 1), width=4, blocks=2)
        >>> translator.get_layer("block_1").output.shape
        (None, 8, 8, 16)
        >>> translator.output_shape
        (None, 32, 30, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3)
    if min(image_shape[:2]) < _SMALLEST_SIDE:
        raise ValueError(
            f"The sides of the pictures are halved twice and then reflected: they must be at least {_SMALLEST_SIDE}. "
            f"Received: image_shape={image_shape}"
        )
    width, blocks = require_int("width", width), require_int("blocks", blocks)
    images = keras.Input(image_shape, name="images")
    x = ReflectionPadding2D(3, name="from_images_pad")(images)
    x = _activated(_conv(width, 7, "from_images")(x), "from_images")
    full, x = x.shape[1:3], _halved(x, 2 * width, "down_0")
    half, x = x.shape[1:3], _halved(x, 4 * width, "down_1")
    for i in range(blocks):
        x = _residual_block(x, f"block_{i}")
    x = _doubled(x, 2 * width, half, "up_0")
    x = _doubled(x, width, full, "up_1")
    x = ReflectionPadding2D(3, name="to_images_pad")(x)
    x = _conv(image_shape[-1], 7, "to_images")(x)
    # float32: the images do not follow a mixed policy.
    outputs = layers.Activation("tanh", dtype="float32", name="translated")(x)
    return keras.Model(images, outputs, name="resnet_translator")


def _halved(x, filters, name):
    # Not padding="same", which pads even sides after their end only and so shifts the picture.
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return _activated(_conv(filters, 3, name, strides=2)(x), name)


def _doubled(x, filters, sides, name):
    x = layers.Conv2DTranspose(filters, 3, strides=2, kernel_initializer=normal(), name=name)(x)
    # What lies before the first pixel is the mirror image of the padding of `_halved`.
    surplus = [(1, have - want - 1) for have, want in zip(x.shape[1:3], sides, strict=True)]
    return _activated(layers.Cropping2D(surplus, name=f"{name}_crop")(x), name)


def _residual_block(x, name):
    y = _conv(x.shape[-1], 3, f"{name}_conv_0")(ReflectionPadding2D(1, name=f"{name}_pad_0")(x))
    y = _activated(y, f"{name}_0")
    y = _conv(x.shape[-1], 3, f"{name}_conv_1")(ReflectionPadding2D(1, name=f"{name}_pad_1")(y))
    return layers.Add(name=name)([x, _normalized(y, f"{name}_1")])


def _activated(x, name):
    return layers.ReLU(name=f"{name}_relu")(_normalized(x, name))


def _normalized(x, name):
    return GroupNormalization(-1, center=False, scale=False, name=f"{name}_norm")(x)


def _conv(filters, kernel_size, name, *, strides=1):
    return layers.Conv2D(filters, kernel_size, strides=strides, kernel_initializer=normal(), name=name)
