"""The discriminator of Real-ESRGAN, which judges each pixel of a picture."""

import keras
import tensorflow as tf
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import spectrally_normalized
from keras_gan.networks._sides import SupportedSides, require_sides

_HALVINGS = 3


def unet_discriminator(*, image_shape=(256, 256, 3), width=64):
    """U-Net with spectral normalisation and a logit for each pixel, after Real-ESRGAN.

    Of pictures that were degraded in many ways, some are easy to restore and others hard, and within one picture too. A
    logit for each pixel tells the generator where it is found out, and a U-Net sees the whole picture to say so:

        image -> Conv(3x3, width) -> 3 x (Conv(4x4) of stride 2, twice the channels)
              -> 3 x (twice the sides, Conv(3x3), half the channels, + the map of that size) -> 2 x Conv(3x3) -> Conv(1)

    LeakyReLU(0.2) follows all except the last. All except the first and the last have spectral normalisation and no
    bias. The sides double by bilinear interpolation, here in a form that has second derivatives too.

    Wang et al. 2021 (arXiv 2107.10833), section 3.4 and figure 6, with the layers of the authors' code: 4,376,897
    parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, with sides that are multiples of 8; None for sides
            of any such size.
        width: int, the channels of the first convolution.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to float32 logits `(batch, height, width, 1)`,
        unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3 or has other sides.

    Example:
        >>> unet_discriminator(image_shape=(16, 8, 3), width=2).output_shape
        (None, 16, 8, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    width, multiple = require_int("width", width), 2**_HALVINGS
    require_sides("`image_shape`", image_shape[:2], multiple=multiple, received=f"image_shape={image_shape}")
    images = x = keras.Input(image_shape, name="images")
    if None in image_shape:
        x = SupportedSides(multiple=multiple, name="sides")(x)
    x = _activated(layers.Conv2D(width, 3, padding="same", name="from_images")(x), "from_images")
    maps = []
    for i in range(_HALVINGS):
        maps.append(x)
        halving = Conv2D(width * 2 ** (i + 1), 4, strides=2, padding="same", use_bias=False, name=f"down_{i}")
        x = _activated(spectrally_normalized(halving)(x), f"down_{i}")
    for i, met in enumerate(reversed(maps)):
        x = _activated(_kept(met.shape[-1], f"up_{i}")(BilinearDoubling(name=f"up_{i}_twice")(x)), f"up_{i}")
        x = layers.Add(name=f"up_{i}_with_map")([x, met])
    for i in range(2):
        x = _activated(_kept(width, f"large_{i}")(x), f"large_{i}")
    # float32: the logits do not follow a mixed policy.
    logits = layers.Conv2D(1, 3, padding="same", dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="unet_discriminator")


@keras.saving.register_keras_serializable(package="keras_gan")
class BilinearDoubling(layers.Layer):
    """Doubles height and width by bilinear interpolation between the centres of pixels.

    With the pixels next to the border repeated: y[2i] = 3/4 x[i] + 1/4 x[i - 1], y[2i + 1] = 3/4 x[i] + 1/4 x[i + 1],
    along the rows and then the columns. TensorFlow's own resize has no second derivatives.
    """

    def call(self, inputs):
        """Enlarge `inputs`."""
        return _doubled(_doubled(inputs, axis=1), axis=2)

    def compute_output_shape(self, input_shape):
        """Return the shape of the larger maps."""
        batch, *sides, channels = input_shape
        return (batch, *(side and 2 * side for side in sides), channels)


def _doubled(x, axis):
    def part(low, high):
        return x[(slice(None),) * axis + (slice(low, high),)]

    before = tf.concat([part(None, 1), part(None, -1)], axis)
    after = tf.concat([part(1, None), part(-1, None)], axis)
    shape = list(keras.ops.shape(x))
    shape[axis] *= 2
    return tf.reshape(tf.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1), shape)


def _kept(filters, name):
    return spectrally_normalized(layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name))


def _activated(x, name):
    return LeakyReLU(0.2, name=f"{name}_leaky_relu")(x)
