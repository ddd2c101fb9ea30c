"""Keras can be set to take the channels of images first. Nothing here can, and everything says so."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan import layers, metrics, networks


@pytest.fixture
def _channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


OPTIONS = {"acgan": {"num_classes": 3}}
LAYERS = [layers.GroupNormalization, layers.MinibatchStddev, layers.ReflectionPadding2D]
LABELLED = [(np.zeros((20, 8, 8, 1), "float32"), np.arange(20) % 2)]


def require_remedy(make):
    remedy = r"call `keras.config.set_image_data_format\(\"channels_last\"\)` before.*Received: .*\"channels_first\""
    with pytest.raises(ValueError, match=remedy):
        make()


@pytest.mark.usefixtures("_channels_first")
@pytest.mark.parametrize("name", networks.__all__)
def test_a_network_says_what_to_do(name):
    require_remedy(lambda: getattr(networks, name)(image_shape=(32, 32, 3), **OPTIONS.get(name, {})))


@pytest.mark.usefixtures("_channels_first")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_looks_at_channels_says_what_to_do(layer):
    require_remedy(layer)


def test_a_gan_says_what_to_do():
    generator, discriminator = networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=2)
    keras.config.set_image_data_format("channels_first")
    try:
        require_remedy(lambda: keras_gan.HingeGAN(generator, discriminator))
    finally:
        keras.config.set_image_data_format("channels_last")


@pytest.mark.usefixtures("_channels_first")
@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.KerasInception(download=True),
        lambda: metrics.ModelExtractor(lambda images: images[:, 0, :, 0], fingerprint="1"),
        lambda: metrics.train_extractor(LABELLED),
    ],
    ids=["inception", "model", "trained"],
)
def test_an_extractor_says_what_to_do(make):
    require_remedy(make)


@pytest.mark.usefixtures("_channels_first")
def test_layers_that_do_not_look_at_channels_work():
    rows = np.array([[-1.0, 2.0]], "float32")
    np.testing.assert_allclose(layers.LeakyReLU(0.5)(rows), [[-0.5, 2.0]])
    np.testing.assert_allclose(layers.ImagePool(0)(rows, seed=np.array([0, 1])), rows)
