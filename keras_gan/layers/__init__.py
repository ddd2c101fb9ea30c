"""Layers that GANs need and Keras lacks, or defines differently from the papers."""

from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.convolution import Conv2D, Conv2DTranspose
from keras_gan.layers.group_normalization import GroupNormalization
from keras_gan.layers.image_pool import ImagePool
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.minibatch_discrimination import MinibatchDiscrimination
from keras_gan.layers.minibatch_stddev import MinibatchStddev
from keras_gan.layers.pack import Pack
from keras_gan.layers.pixel_shuffle import PixelShuffle
from keras_gan.layers.reflection_padding import ReflectionPadding2D
from keras_gan.layers.spectral_normalization import SpectralNormalization, hold_power_iterations

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "GroupNormalization",
    "ImagePool",
    "LeakyReLU",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "Pack",
    "PixelShuffle",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "hold_power_iterations",
]
