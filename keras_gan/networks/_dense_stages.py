"""The two stages and wide dense layers of InfoGAN, for the architectures that have them."""

from keras import layers

from keras_gan.layers import BatchNormalization, Conv2D, Conv2DTranspose, LeakyReLU
from keras_gan.networks._building_blocks import cropped, halved_sides, normal

DISCRIMINATOR_NORMALIZATIONS = ("batch", None)


def drawing_stages(x, image_shape, width, units, negative_slope):
    """Draw pictures: two dense layers, and two transposed convolutions up to the picture.

    Args:
        x: tensor `(batch, features)`.
        image_shape: tuple (height, width, channels) of the pictures.
        width: int, the channels next to the picture.
        units: int, the units of the first dense layer.
        negative_slope: float, of the LeakyReLU after each layer but the last; 0 for a ReLU.

    Returns:
        Tensor `(batch, *image_shape)`, float32 in [-1, 1].
    """
    sides = halved_sides(image_shape, 2)
    start = (*sides[2], 2 * width)
    x = _dense(units, "dense_0")(x)
    x = normalized_and_activated(x, 0, "batch", negative_slope)
    x = _dense(start[0] * start[1] * start[2], "dense_1")(x)
    x = layers.Reshape(start, name="reshape")(normalized_and_activated(x, 1, "batch", negative_slope))
    x = cropped(Conv2DTranspose(width, 4, name="up_0", **_conv_settings())(x), sides[1], "crop_0")
    x = normalized_and_activated(x, 2, "batch", negative_slope)
    x = cropped(Conv2DTranspose(image_shape[-1], 4, name="up_1", **_conv_settings())(x), sides[0], "crop_1")
    # float32: the images do not follow a mixed policy.
    return layers.Activation("tanh", dtype="float32", name="images")(x)


def looking_stages(images, width, units, normalization, wrap, negative_slope):
    """Look at pictures: two convolutions and a dense layer, whose activations are returned.

    Args:
        images: tensor `(batch, height, width, channels)`.
        width: int, the channels of the first convolution.
        units: int, the units of the dense layer.
        normalization: one of `DISCRIMINATOR_NORMALIZATIONS`; the first layer never has one.
        wrap: function that every layer with weights goes through, as `_building_blocks.wrapper` returns it.
        negative_slope: float, of the LeakyReLU after each layer.

    Returns:
        Tensor `(batch, units)`.
    """
    x = wrap(Conv2D(width, 4, name="down_0", **_conv_settings()))(images)
    x = normalized_and_activated(x, 0, None, negative_slope)
    x = wrap(Conv2D(2 * width, 4, name="down_1", **_conv_settings()))(x)
    x = layers.Flatten(name="flatten")(normalized_and_activated(x, 1, normalization, negative_slope))
    x = wrap(_dense(units, "dense"))(x)
    return normalized_and_activated(x, 2, normalization, negative_slope)


def normalized_and_activated(x, name, normalization, negative_slope):
    """Batch normalisation where it is asked for, and LeakyReLU."""
    x = BatchNormalization(name=f"norm_{name}")(x) if normalization == "batch" else x
    return LeakyReLU(negative_slope, name=f"leaky_relu_{name}")(x)


def _dense(units, name):
    return layers.Dense(units, kernel_initializer=normal(), name=name)


def _conv_settings():
    return {"strides": 2, "padding": "same", "kernel_initializer": normal()}
