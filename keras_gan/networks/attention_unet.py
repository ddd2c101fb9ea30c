"""The U-Net of EnlightenGAN, which changes dark places of a picture most."""

import keras
import tensorflow as tf
from keras import layers

from keras_gan._arguments import require_int
from keras_gan._pixels import luma
from keras_gan.layers import BatchNormalization, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._sides import SupportedSides, require_sides


def attention_unet(*, image_shape=(320, 320, 3), width=32, halvings=4):
    """U-Net that adds light to a picture where it is dark, after EnlightenGAN.

    Where a picture is bright already, more light only washes it out. So what the network adds, and all maps on the way,
    are multiplied by an attention map of the picture itself, its darkness, from 0 (white) to 1 (black):

        darkness:  1 - luma
        down:      halvings x (two Conv(3x3), MaxPool of 2), then two Conv(3x3), from `width` channels to twice as many
                   each time
        up:        halvings x (bilinear doubling, Conv(3x3), joined with the map of the same size, two Conv(3x3))
        image + darkness * Conv(1x1)(map)

    The darkness is also a channel of the input, and is pooled for the smaller maps: it multiplies the maps that are
    joined, and the first of the two at the bottom. LeakyReLU(0.2) and then batch normalisation follow the convolutions
    of 3x3 that come in pairs, the very last without normalisation. Doubling by resizing leaves no checkerboard.

    Jiang et al. 2019 (arXiv 1906.06972), section 3.3, as in the authors' code, with 8,636,675 parameters. The result is
    not limited in training, and clipped to [-1, 1] in inference.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of 1 or 3 channels; sides of None take pictures of
            any size that can be halved so often.
        width: int, the channels of the first maps.
        halvings: int, how often the sides are halved.

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to such images.

    Raises:
        ValueError: if a side cannot be halved so often (with the nearest sizes that can), or an argument is out of
            range.

    Example:
        >>> brightener = attention_unet(image_shape=(32, 48, 3), width=4, halvings=2)
        >>> brightener.output_shape, brightener.get_layer("bottom_1").output.shape
        ((None, 32, 48, 3), (None, 8, 12, 16))
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    width, halvings = require_int("width", width), require_int("halvings", halvings, high=16)
    if image_shape[-1] not in (1, 3):
        raise ValueError(
            f"How dark a picture is can be told of 1 channel (grey) or 3 (colours). Received: image_shape={image_shape}"
        )
    require_sides(
        f"pictures that are halved {halvings} times",
        image_shape[:2],
        multiple=2**halvings,
        received=f"image_shape={image_shape}, halvings={halvings}",
    )
    images = x = keras.Input(image_shape, name="images")
    if None in image_shape:
        x = SupportedSides(multiple=2**halvings, name="sides")(x)
    darkness = [Darkness(name="darkness")(x)]
    x, maps = layers.Concatenate(name="with_darkness")([x, darkness[0]]), []
    for level in range(halvings):
        x = _twice(x, width * 2**level, f"down_{level}")
        maps.append(x)
        x = layers.MaxPooling2D(2, name=f"down_{level}_pool")(x)
        darkness.append(layers.MaxPooling2D(2, name=f"darkness_{level + 1}")(darkness[-1]))
    x = _convolved(x, width * 2**halvings, "bottom_0")
    x = layers.Multiply(name="bottom_darkened")([x, darkness.pop()])
    x = _convolved(x, width * 2**halvings, "bottom_1")
    for level in reversed(range(halvings)):
        x = BilinearDoubling(name=f"up_{level}_doubled")(x)
        x = _conv(width * 2**level, 3, f"up_{level}")(x)
        skip = layers.Multiply(name=f"down_{level}_darkened")([maps[level], darkness[level]])
        x = layers.Concatenate(name=f"joined_{level}")([x, skip])
        x = _twice(x, width * 2**level, f"joined_{level}", ends_normalized=level > 0)
    x = layers.Conv2D(image_shape[-1], 1, name="to_light", dtype="float32")(x)
    # float32: the images do not follow a mixed policy.
    light = layers.Multiply(name="light", dtype="float32")([x, darkness[0]])
    brightened = layers.Add(name="brightened", dtype="float32")([images, light])
    return keras.Model(images, ClippedImages(name="translated")(brightened), name="attention_unet")


@keras.saving.register_keras_serializable(package="keras_gan")
class Darkness(layers.Layer):
    """How dark each pixel of images in [-1, 1] is, from 0 (white) to 1 (black)."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs):
        """Return a map of one channel."""
        return 0.5 - 0.5 * luma(tf.cast(inputs, tf.float32))

    def compute_output_shape(self, input_shape):
        """Return the shape with one channel."""
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable(package="keras_gan")
class BilinearDoubling(layers.Layer):
    """Doubles the sides by bilinear interpolation.

    That is `keras.layers.UpSampling2D(2, interpolation="bilinear")`, which in a graph only takes sides that are known.
    """

    def call(self, inputs):
        """Return maps with twice the sides."""
        height, width = keras.ops.shape(inputs)[1:3]
        return tf.cast(tf.image.resize(inputs, [2 * height, 2 * width]), inputs.dtype)

    def compute_output_shape(self, input_shape):
        """Return the shape with twice the sides."""
        doubled = (None if side is None else 2 * side for side in input_shape[1:3])
        return (input_shape[0], *doubled, input_shape[-1])


def _twice(x, filters, name, *, ends_normalized=True):
    return _convolved(_convolved(x, filters, f"{name}_0"), filters, f"{name}_1", is_normalized=ends_normalized)


def _convolved(x, filters, name, *, is_normalized=True):
    x = LeakyReLU(0.2, name=f"{name}_leaky_relu")(_conv(filters, 3, name)(x))
    return BatchNormalization(name=f"{name}_norm")(x) if is_normalized else x


def _conv(filters, size, name):
    return layers.Conv2D(filters, size, padding="same", name=name)
