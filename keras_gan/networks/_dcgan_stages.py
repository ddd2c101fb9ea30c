"""The stages of DCGAN that double or halve a picture, for the architectures that have them."""

from keras import layers

from keras_gan.layers import Conv2D, Conv2DTranspose, GroupNormalization, LeakyReLU
from keras_gan.networks._building_blocks import cropped, normal, normal_batch_normalization

GENERATOR_NORMALIZATIONS = ("batch", "batch_per_unit", None)
DISCRIMINATOR_NORMALIZATIONS = ("batch", "layer", None)


def doubling_stages(x, image_shape, sides, widths, kernel_size, normalization):
    """Draw pictures: a projection to the smallest map, and transposed convolutions up to the picture.

    Args:
        x: tensor `(batch, features)`.
        image_shape: tuple (height, width, channels) of the pictures.
        sides: list of (height, width) at each stage, from the whole picture to the smallest map.
        widths: list of int, the channels at each stage but the picture itself, in the same order.
        kernel_size: int, the side of every kernel.
        normalization: one of `GENERATOR_NORMALIZATIONS`.

    Returns:
        Tensor `(batch, *image_shape)`, float32 in [-1, 1].
    """
    x = _projection(x, (*sides[-1], widths[-1]), normalization)
    channels = [*widths[-2::-1], image_shape[-1]]
    for i, (target, filters) in enumerate(zip(sides[-2::-1], channels, strict=True)):
        x = layers.ReLU(name=f"relu_{i}")(x)
        settings = _conv_settings(use_bias=normalization is None)
        x = Conv2DTranspose(filters, kernel_size, name=f"up_{i}", **settings)(x)
        x = cropped(x, target, f"crop_{i}")
        if i < len(widths) - 1 and normalization is not None:
            x = normal_batch_normalization(f"norm_{i + 1}")(x)
    # float32: the images do not follow a mixed policy.
    return layers.Activation("tanh", dtype="float32", name="images")(x)


def _projection(x, shape, normalization):
    """Return the generator's first map, normalised."""
    units = shape[0] * shape[1] * shape[2]
    x = layers.Dense(units, use_bias=normalization is None, kernel_initializer=normal(), name="project")(x)
    reshape = layers.Reshape(shape, name="reshape")
    if normalization is None:
        return reshape(x)
    norm = normal_batch_normalization("norm_0")
    return reshape(norm(x)) if normalization == "batch_per_unit" else norm(reshape(x))


def halving_stages(x, widths, kernel_size, normalization, wrap, dropout):
    """Look at pictures: strided convolutions down to the smallest map, which is returned as one row for each picture.

    Args:
        x: tensor `(batch, height, width, channels)`.
        widths: list of int, the channels after each stage.
        kernel_size: int, the side of every kernel.
        normalization: one of `DISCRIMINATOR_NORMALIZATIONS`.
        wrap: function that every convolution goes through, as `_building_blocks.wrapper` returns it.
        dropout: float, the rate of Dropout after each stage; 0 for none.

    Returns:
        Tensor `(batch, features)`.
    """
    for i, filters in enumerate(widths):
        settings = _conv_settings(use_bias=normalization is None)
        x = wrap(Conv2D(filters, kernel_size, name=f"down_{i}", **settings))(x)
        if i > 0 and normalization is not None:
            x = _NORMALIZATIONS[normalization](f"norm_{i}")(x)
        x = LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout_{i}")(x)
    return layers.Flatten(name="flatten")(x)


def head(units, name, *, use_bias):
    """The last layer of a discriminator: float32 under every policy."""
    return layers.Dense(units, use_bias=use_bias, kernel_initializer=normal(), dtype="float32", name=name)


def _conv_settings(use_bias):
    return {"strides": 2, "padding": "same", "use_bias": use_bias, "kernel_initializer": normal()}


def _layer_normalization(name):
    return GroupNormalization(groups=1, gamma_initializer=normal(1.0), name=name)


_NORMALIZATIONS = {"batch": normal_batch_normalization, "layer": _layer_normalization}
