"""Layers that GANs need and Keras lacks, or defines differently from the papers."""

from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.convolution import Conv2D, Conv2DTranspose
from keras_gan.layers.fir_resampling import FIRDownsampling2D, FIRUpsampling2D
from keras_gan.layers.group_normalization import GroupNormalization
from keras_gan.layers.image_pool import ImagePool
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.minibatch_stddev import MinibatchStddev
from keras_gan.layers.reflection_padding import ReflectionPadding2D
from keras_gan.layers.spectral_normalization import SpectralNormalization, hold_power_iterations

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "FIRDownsampling2D",
    "FIRUpsampling2D",
    "GroupNormalization",
    "ImagePool",
    "LeakyReLU",
    "MinibatchStddev",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "hold_power_iterations",
]
