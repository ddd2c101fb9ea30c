"""Networks so small that a test can check every number."""

import keras
import numpy as np
import pytest

from keras_gan.layers import SpectralNormalization


def make_networks(*, batch_norm=False, spectral=False, dropout=0.0):
    """A generator 4 -> 8x8x1 and a discriminator for it; without options, they have no state except their weights."""
    normalise = [keras.layers.BatchNormalization()] if batch_norm else []
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16),
            *normalise,
            keras.layers.LeakyReLU(0.2),
            keras.layers.Dense(64, activation="tanh", dtype="float32"),
            keras.layers.Reshape((8, 8, 1), dtype="float32"),
        ],
        name="generator",
    )
    # Synchronised, because only then are second-order gradients right.
    normalise = [keras.layers.BatchNormalization(synchronized=True)] if batch_norm else []
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            wrap(keras.layers.Dense(16)),
            *normalise,
            keras.layers.LeakyReLU(0.2),
            *([keras.layers.Dropout(dropout)] if dropout else []),
            wrap(keras.layers.Dense(1, dtype="float32")),
        ],
        name="discriminator",
    )
    return generator, discriminator


@pytest.fixture
def networks():
    """The function that makes the two networks."""
    return make_networks


@pytest.fixture
def images():
    """48 images in [-1, 1], each batch of 8 brighter than the one before."""
    brightness = np.repeat(np.linspace(-0.5, 0.5, 6, dtype="float32"), 8)[:, None, None, None]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (48, 8, 8, 1)).astype("float32")
    return brightness + noise
