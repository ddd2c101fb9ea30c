"""Keras layers that GANs need and Keras does not have, or has otherwise than the papers define them."""

from keras_gan.layers.group_normalization import GroupNormalization
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.minibatch_stddev import MinibatchStddev
from keras_gan.layers.spectral_normalization import SpectralNormalization, hold_power_iterations

__all__ = ["GroupNormalization", "LeakyReLU", "MinibatchStddev", "SpectralNormalization", "hold_power_iterations"]
