"""What the networks of ProGAN and StyleGAN2 are built from: layers with an equalised learning rate."""

import math

from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, EqualizedLearningRate, LeakyReLU, MinibatchStddev

# He's gain: before a leaky rectifier, it keeps the size of the activations.
ACTIVATED = math.sqrt(2.0)
# The group size of MinibatchStddev in both papers.
_GROUP_SIZE = 4


def equalized(layer, gain=1.0, multiplier=1.0):
    """A layer with an equalised learning rate, under the layer's name."""
    return EqualizedLearningRate(layer, gain=gain, learning_rate_multiplier=multiplier, name=layer.name)


def conv(filters, kernel_size, name, *, gain=1.0, kind=Conv2D, **options):
    """A convolution that keeps the size of the map."""
    return equalized(kind(filters, kernel_size, name=name, **{"padding": "same", **options}), gain)


def activated(x, name, dtype=None):
    """The leaky rectifier of both papers."""
    return LeakyReLU(0.2, dtype=dtype, name=f"{name}_leaky_relu")(x)


def activated_conv(x, filters, kernel_size, name, *, gain=ACTIVATED, **options):
    """A convolution and the leaky rectifier."""
    return activated(conv(filters, kernel_size, name, gain=gain, **options)(x), name)


def last_features(x, features):
    """The end of both discriminators: what a batch has in common, the smallest map and `features` units.

    Args:
        x: tensor `(batch, height, width, channels)`.
        features: int.

    Returns:
        Tensor `(batch, features)`.
    """
    width = x.shape[-1]
    x = MinibatchStddev(_GROUP_SIZE, name="minibatch_stddev")(x)
    x = activated_conv(x, width, 3, "last_conv")
    x = layers.Flatten(name="flatten")(x)
    return activated(equalized(layers.Dense(features, name="features"), ACTIVATED)(x), "features")


def head(units, name):
    """The last layer: float32 under every policy."""
    return equalized(layers.Dense(units, dtype="float32", name=name))


def widths_at(stages, width, max_width):
    """The channels at each stage, from the picture to the smallest map: they double up to `max_width`."""
    width, max_width = require_int("width", width), require_int("max_width", max_width)
    return [min(width * 2**i, max_width) for i in range(stages)]
