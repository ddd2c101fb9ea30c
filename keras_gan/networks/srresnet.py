"""The residual generator of SRGAN, which enlarges pictures."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import BatchNormalization, PixelShuffle
from keras_gan.networks._arguments import require_image_shape, require_number_of
from keras_gan.networks._bicubic_path import BicubicEnlargement, require_skip
from keras_gan.networks._clipped_images import ClippedImages

# The slope that He et al. 2015 (arXiv 1502.01852) begin with.
_SLOPE = keras.initializers.Constant(0.25)


def srresnet(*, image_shape=(24, 24, 3), target_channels=None, scale=4, width=64, blocks=16, skip=None):
    """Residual network that enlarges pictures, after SRGAN.

    All blocks work at the size of the small picture, and only the last layers enlarge it, each twice by a pixel
    shuffle: so the many convolutions are cheap, and learn how to enlarge.

        image -> Conv(9x9), PReLU -> blocks x (x + BN(Conv(BN(Conv(x)), PReLU))) -> BN(Conv), + what came before them
              -> log2(scale) x (Conv to 4 width, pixel shuffle, PReLU) -> Conv(9x9, channels)

    Convolutions are 3x3 where nothing else is said, and have biases. Each PReLU has one slope for all channels. Ledig
    et al. 2016 (arXiv 1609.04802), figure 4: with 16 blocks, 1,549,462 parameters for a scale of 4. The paper does not
    say how the images end; here they are clipped to [-1, 1] except in training.

    With `skip="bicubic"`, which is not in the paper, the network adds what it makes to the bicubic enlargement, and at
    first adds nothing, because its last kernel begins at zero. It then learns details from the first step on, where the
    paper's network learns to enlarge smoothly first. Kim et al. 2015 (VDSR, arXiv 1511.04587), section 3, learn what
    bicubic lacks in this way. The parameters are the same.

    Args:
        image_shape: tuple (height, width, channels) of the small pictures; None for sides of any size.
        target_channels: int, the channels of the large pictures; None for those of the small ones.
        scale: int, 1, 2, 4 or 8: how many times as high and wide the pictures become.
        width: int, the channels of the maps.
        blocks: int, the number of residual blocks.
        skip: "bicubic" for a smooth path round the network; None for none, as in the paper. Best for short trainings.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 images
        `(batch, scale height, scale width, target_channels)`.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, `scale` is another number,
            `skip` is another word, or it is given and `target_channels` are not those of the small pictures.

    Example:
        >>> srresnet(image_shape=(None, None, 3), width=4, blocks=1, scale=2)(keras.ops.zeros((1, 6, 5, 3))).shape
        TensorShape([1, 12, 10, 3])
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    target_channels = image_shape[-1] if target_channels is None else require_int("target_channels", target_channels)
    scale = require_number_of("scale", scale, (1, 2, 4, 8))
    width, blocks = require_int("width", width), require_int("blocks", blocks)
    skip = require_skip(skip, image_shape[-1], target_channels)
    images = keras.Input(image_shape, name="images")
    x = shallow = _prelu("from_images")(layers.Conv2D(width, 9, padding="same", name="from_images")(images))
    for i in range(blocks):
        x = _residual_block(x, f"block_{i}")
    x = layers.Add(name="deep")([shallow, _normalized(x, "after_blocks")])
    for i in range(scale.bit_length() - 1):
        x = layers.Conv2D(4 * width, 3, padding="same", name=f"up_{i}")(x)
        x = _prelu(f"up_{i}")(PixelShuffle(2, name=f"up_{i}_shuffle")(x))
    kernel = {"kernel_initializer": "zeros"} if skip else {}
    x = layers.Conv2D(target_channels, 9, padding="same", name="to_images", **kernel)(x)
    if skip:
        x = layers.Add(dtype="float32", name="details")([BicubicEnlargement(scale, name="smooth")(images), x])
    return keras.Model(images, ClippedImages(name="enlarged")(x), name="srresnet")


def _residual_block(x, name):
    y = _prelu(f"{name}_0")(_normalized(x, f"{name}_conv_0"))
    return layers.Add(name=name)([x, _normalized(y, f"{name}_conv_1")])


def _normalized(x, name):
    x = layers.Conv2D(x.shape[-1], 3, padding="same", name=name)(x)
    return BatchNormalization(name=f"{name}_norm")(x)


def _prelu(name):
    return layers.PReLU(_SLOPE, shared_axes=[1, 2, 3], name=f"{name}_prelu")
