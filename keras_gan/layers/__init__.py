"""Layers that GANs need and Keras lacks, or defines differently from the papers."""

from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.convolution import Conv2D, Conv2DTranspose
from keras_gan.layers.group_normalization import GroupNormalization
from keras_gan.layers.image_pool import ImagePool
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.minibatch_stddev import MinibatchStddev
from keras_gan.layers.reflection_padding import ReflectionPadding2D
from keras_gan.layers.self_attention import SelfAttention
from keras_gan.layers.spectral_normalization import SpectralNormalization, hold_power_iterations

__all__ = [
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "GroupNormalization",
    "ImagePool",
    "LeakyReLU",
    "MinibatchStddev",
    "ReflectionPadding2D",
    "SelfAttention",
    "SpectralNormalization",
    "hold_power_iterations",
]
