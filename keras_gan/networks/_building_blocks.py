"""What several of the architectures are built from."""

import keras
from keras import layers

from keras_gan.layers import SpectralNormalization


def normal(mean=0.0):
    """The initial distribution of DCGAN, N(mean, 0.02)."""
    return keras.initializers.RandomNormal(mean, 0.02)


def batch_normalization(name, **settings):
    """Batch normalisation with the moving averages of the common ports: epsilon 1e-5, momentum 0.9."""
    # Synchronized: replicas share their statistics; on one device it is no slower. And unlike the other, it has the
    # right second-order gradient, which R1 needs.
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, synchronized=True, name=name, **settings)


def wrapper(spectral_normalization):
    """The function that each layer with weights goes through: spectral normalisation, or none."""
    return spectrally_normalized if spectral_normalization else _as_it_is


def spectrally_normalized(layer):
    """`layer` under spectral normalisation, with its name."""
    return SpectralNormalization(layer, name=layer.name)


def _as_it_is(layer):
    return layer
