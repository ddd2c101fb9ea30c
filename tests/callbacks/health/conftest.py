"""A GAN on small networks, and callbacks that make it ill."""

import math
import warnings

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import SpectralNormalization


@pytest.fixture
def images():
    """64 images of two kinds, in colour."""
    rng = np.random.default_rng(0)
    kinds = rng.choice([-0.5, 0.5], (64, 1, 1, 1))
    return (kinds + rng.uniform(-0.4, 0.4, (64, 6, 6, 3))).astype("float32")


def _make_watched_gan(
    gan_class=keras_gan.NonSaturatingGAN, *, learning_rates=(1e-3, 1e-3), compilation=None, **options
):
    """A compiled GAN on small networks."""
    wrap = SpectralNormalization if options.pop("spectral", False) else (lambda layer: layer)
    dropout = options.pop("dropout", 0.0)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16),
            keras.layers.BatchNormalization(synchronized=True),
            keras.layers.ReLU(),
            keras.layers.Dense(6 * 6 * 3, activation="tanh", dtype="float32"),
            keras.layers.Reshape((6, 6, 3), dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Flatten(),
            wrap(keras.layers.Dense(16)),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    gan = gan_class(generator, discriminator, seed=0, **options)
    optimizers = [
        keras.optimizers.Adam(rate, beta_1=0.5) if rate else keras.optimizers.SGD(0.0) for rate in learning_rates
    ]
    gan.compile(*optimizers, **(compilation or {}))
    return gan


class Meddle(keras.callbacks.Callback):
    """Does something to the model after a step, every time or a limited number of times."""

    def __init__(self, step, change, times=math.inf):
        super().__init__()
        self.step, self.change, self.times = step, change, times

    def get_state(self):
        return {"a rollback": "does not undo this"}

    def set_state(self, state):
        pass

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.training_state.step) == self.step and self.times > 0:
            self.times -= 1
            self.change(self.model)


def _train(gan, images, callbacks, steps, **options):
    """Fit for some steps, four per epoch, and return the warnings."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        gan.fit(images, batch_size=16, epochs=steps // 4, verbose=0, callbacks=callbacks, **options)
    return [str(warning.message) for warning in caught]


def _spoil(network, value=float("nan")):
    """Put a value into the last bias of a network."""
    bias = network.weights[-1]
    bias.assign(np.full(bias.shape, value))


@pytest.fixture(scope="session")
def make_watched_gan():
    """Builds a compiled GAN."""
    return _make_watched_gan


@pytest.fixture(scope="session")
def train():
    """Fits a GAN for some steps, and returns the warnings."""
    return _train


@pytest.fixture(scope="session")
def meddle():
    """The class of callbacks that do something to the model."""
    return Meddle


@pytest.fixture(scope="session")
def spoil():
    """Spoils a network."""
    return _spoil
