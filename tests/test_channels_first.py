"""Nothing here takes the channels of images first, as Keras and other libraries can, and everything says so."""

import inspect

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


OF_TEXT = ("relgan", "seqgan", "text_encoder", "text_oracle", "text_wgan_gp")
OPTIONS = {"acgan": {"num_classes": 3}, "perceptual_trunk": {"weights": "none.npz"}}
OPTIONS |= {name: {"vocab_size": 5, "length": 8} for name in OF_TEXT}
# Others are of sound or clips.
OF_PICTURES = [
    name for name in networks.__all__ if "image_shape" in inspect.signature(getattr(networks, name)).parameters
]
LAYERS = [
    layers.ConditionalBatchNormalization,
    layers.GroupNormalization,
    layers.MinibatchStddev,
    layers.Pack,
    layers.PhaseShuffle,
    layers.PixelShuffle,
    layers.ReflectionPadding2D,
    layers.SelfAttention,
]
LABELLED = [(np.zeros((20, 8, 8, 1), "float32"), np.arange(20) % 2)]


def require_remedy(make):
    remedy = r"call `keras.config.set_image_data_format\(\"channels_last\"\)` before.*Received: .*\"channels_first\""
    with pytest.raises(ValueError, match=remedy):
        make()


@pytest.mark.usefixtures("_channels_first")
@pytest.mark.parametrize("name", networks.__all__)
def test_a_network_says_what_to_do(name):
    shape = {"image_shape": (32, 32, 3)} if name in OF_PICTURES else {}
    require_remedy(lambda: getattr(networks, name)(**shape, **OPTIONS.get(name, {})))


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_network_for_images_with_their_channels_first_is_refused(name):
    message = r"networks for \(30, 30, 3\), and turn .*transpose\(0, 2, 3, 1\)`. Received: image_shape=\(3, 30, 30\)"
    with pytest.raises(ValueError, match=message):
        getattr(networks, name)(image_shape=(3, 30, 30), **OPTIONS.get(name, {}))


def test_networks_of_ones_own_for_images_with_their_channels_first_are_refused():
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(192), keras.layers.Reshape((3, 8, 8))])
    discriminator = keras.Sequential([keras.Input((3, 8, 8)), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"networks for \(8, 8, 3\), .* Received: shape=\(3, 8, 8\)"):
        keras_gan.HingeGAN(generator, discriminator)


@pytest.mark.usefixtures("_channels_first")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_looks_at_channels_says_what_to_do(layer):
    require_remedy(layer)


@pytest.mark.usefixtures("_channels_first")
def test_spectral_normalisation_says_what_to_do_with_a_convolution():
    layers.SpectralNormalization(keras.layers.Dense(2))
    layers.SpectralNormalization(keras.layers.Conv2D(2, 3, data_format="channels_last"))
    with pytest.raises(ValueError, match=r'`data_format="channels_last"`.* Received: data_format="channels_first"'):
        layers.SpectralNormalization(keras.layers.Conv2D(2, 3))


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
