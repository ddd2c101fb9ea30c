"""Generators of every network, for the tests of other runtimes."""

import pathlib
import types

import keras
import numpy as np
import pytest

from keras_gan import layers, networks


def _normalized_and_dropped():
    """Layers that differ between training and inference, and layers whose weights are computed in the graph."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.SpectralNormalization(keras.layers.Dense(24)),
            keras.layers.Dropout(0.5),
            keras.layers.Reshape((2, 3, 4)),
            layers.SpectralNormalization(keras.layers.Conv2DTranspose(6, 3, strides=2, padding="same")),
            layers.GroupNormalization(groups=2),
            layers.LeakyReLU(0.2),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(3, 3, padding="same", activation="tanh", dtype="float32"),
        ]
    )


_GENERATORS = {
    "dcgan": lambda: networks.dcgan(image_shape=(11, 9, 1), latent_dim=6, width=3)[0],
    "mlp": lambda: networks.mlp(image_shape=(5, 4, 1), latent_dim=6, width=40)[0],
    "resnet": lambda: networks.resnet(image_shape=(16, 8, 3), latent_dim=6, generator_width=4, discriminator_width=4)[
        0
    ],
    "dense_dcgan": lambda: networks.dense_dcgan(image_shape=(8, 12, 1), latent_dim=6, width=3, units=8)[0],
    "spectral": _normalized_and_dropped,
}


# The slower ones run the same question in `make test-long`.
@pytest.fixture(
    params=[name if name in ("mlp", "spectral") else pytest.param(name, marks=pytest.mark.long) for name in _GENERATORS]
)
def kind(request):
    """The name of each generator in turn."""
    return request.param


@pytest.fixture
def make_gan():
    """The function that makes a GAN of a generator of 6 latents, of the same weights each time.

    All its weights and statistics are their own, and its images far from constant.
    """

    def make(kind):
        keras.utils.set_random_seed(0)
        generator = _GENERATORS[kind]()
        rng = np.random.default_rng(0)
        for weight in generator.weights:
            if "kernel" in weight.name:
                weight.assign(rng.normal(size=weight.shape) * np.sqrt(2.0 / np.prod(weight.shape[:-1])))
            elif weight.name != "u":
                weight.assign(weight + 0.3 * rng.random(weight.shape))
        return types.SimpleNamespace(generator=generator, latent_shape=(6,))

    return make


@pytest.fixture
def half_a_disk(monkeypatch):
    """Lets the disk be full after half of a file whose name begins so, from the moment that it is called."""
    write = pathlib.Path.write_bytes

    def start(name):
        def write_bytes(path, content):
            if not path.name.startswith(f".{name}"):
                return write(path, content)
            write(path, content[: len(content) // 2])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pathlib.Path, "write_bytes", write_bytes)

    return start
