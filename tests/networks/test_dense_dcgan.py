"""DCGANs with a wide dense layer: published sizes, layers, initial state, gradients, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import LeakyReLU, SpectralNormalization
from keras_gan.networks.dense_dcgan import dense_dcgan

BATCH = {"discriminator_normalization": "batch", "spectral_normalization": False}
TINY = {"image_shape": (8, 12, 2), "latent_dim": 3, "width": 2, "units": 5}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_parameter_counts_by_hand():
    generator, discriminator = dense_dcgan(**BATCH)
    dense = 64 * 1024 + 1024 + 2 * 1024 + 1024 * 6272 + 6272 + 2 * 6272
    assert trainable_count(generator) == dense + 16 * 64 * 128 + 64 + 2 * 64 + 16 * 64 + 1 == 6_642_241
    convolutions = 16 * 64 + 64 + 16 * 64 * 128 + 128 + 2 * 128
    assert trainable_count(discriminator) == convolutions + 6272 * 1024 + 1024 + 2 * 1024 + 1024 + 1 == 6_559_169


def test_the_layers_in_their_order():
    generator, discriminator = dense_dcgan(**TINY, **BATCH)
    names = [layer.name for layer in generator.layers]
    assert names == [
        *("latents", "dense_0", "norm_0", "leaky_relu_0", "dense_1", "norm_1", "leaky_relu_1", "reshape"),
        *("up_0", "norm_2", "leaky_relu_2", "up_1", "images"),
    ]
    assert generator.get_layer("reshape").output.shape == (None, 2, 3, 4)
    names = [layer.name for layer in discriminator.layers]
    assert names == [
        *("images", "down_0", "leaky_relu_0", "down_1", "norm_1", "leaky_relu_1", "flatten"),
        *("dense", "norm_2", "leaky_relu_2", "logits"),
    ]
    assert {layer.negative_slope for layer in discriminator.layers if isinstance(layer, LeakyReLU)} == {0.2}


def test_images_have_the_shape_asked_for_and_the_range_of_tanh():
    generator, discriminator = dense_dcgan(**TINY)
    images = generator(100 * np.random.default_rng(0).normal(size=(6, 3)))
    assert images.shape == (6, 8, 12, 2)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (6, 1)


@pytest.mark.long
def test_initial_weights():
    for model in dense_dcgan(image_shape=(28, 28, 3), **BATCH):
        kernels = [v for v in model.trainable_variables if v.name == "kernel"]
        assert len(kernels) == 4
        for kernel in kernels:
            assert np.std(kernel) == pytest.approx(0.02, rel=0.1)
        norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
        assert {(norm.momentum, norm.epsilon, norm.synchronized) for norm in norms} == {(0.9, 1e-5, True)}


def test_a_discriminator_without_batch_normalization_judges_each_image_alone():
    _, discriminator = dense_dcgan(**TINY, spectral_normalization=False)
    assert not any("norm" in layer.name for layer in discriminator.layers)
    x = np.random.default_rng(0).normal(size=(4, 8, 12, 2)).astype("float32")
    alone = [discriminator(x[i : i + 1], training=True)[0] for i in range(4)]
    np.testing.assert_allclose(discriminator(x, training=True), alone, rtol=1e-4, atol=1e-7)


def test_spectral_normalization_reaches_every_layer_with_weights():
    _, discriminator = dense_dcgan(**TINY)
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    assert [type(layer) for layer in with_weights] == [SpectralNormalization] * 4
    assert with_weights[-1].layer.units == 1


@pytest.mark.long
@pytest.mark.parametrize("arguments", [{}, {"spectral_normalization": False}, BATCH], ids=str)
def test_every_variable_gets_a_gradient(arguments):
    generator, discriminator = dense_dcgan(**TINY, **arguments)
    with tf.GradientTape() as tape:
        logits = discriminator(generator(tf.random.normal((8, 3)), training=True), training=True)
        total = tf.reduce_sum(logits**2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


def test_mixed_precision_returns_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    generator, discriminator = dense_dcgan(**TINY)
    assert generator.get_layer("up_0").compute_dtype == "bfloat16"
    images = generator(np.ones((2, 3), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(tmp_path):
    generator, discriminator = dense_dcgan(**TINY, spectral_normalization=True)
    z = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    discriminator(generator(z, training=True), training=True)
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(z)
    np.testing.assert_array_equal(images, generator(z))
    logits = keras.saving.load_model(tmp_path / "discriminator.keras")(images)
    np.testing.assert_array_equal(logits, discriminator(images))


@pytest.mark.parametrize("image_shape", [(28, 30, 1), (27, 28, 1), (2, 4, 1)])
def test_sides_that_cannot_be_halved_twice(image_shape):
    with pytest.raises(ValueError, match=r"make them multiples of 4, .* Received: image_shape=\("):
        dense_dcgan(image_shape=image_shape)


def test_bad_image_shape():
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\) .*Received: image_shape="):
        dense_dcgan(image_shape=(28, 28))


@pytest.mark.parametrize("name", ["latent_dim", "width", "units"])
def test_bad_sizes(name):
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}=0"):
        dense_dcgan(**{name: 0})


def test_an_unknown_normalization():
    with pytest.raises(ValueError, match=r"`discriminator_normalization` must be one of 'batch', None.* Received: "):
        dense_dcgan(discriminator_normalization="layer")
