"""The fully connected networks: published sizes, ranges, gradients, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization
from keras_gan.networks import mlp


def test_default_sizes_are_those_of_the_first_gan():
    generator, discriminator = mlp()
    kernels = [layer.kernel.shape for layer in generator.layers if isinstance(layer, keras.layers.Dense)]
    assert kernels == [(100, 1200), (1200, 1200), (1200, 784)]
    assert (
        sum(int(np.prod(weight.shape)) for weight in discriminator.trainable_weights)
        == 784 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 + 1
    )


def test_a_hidden_layer_of_the_default_width_starts_as_in_the_paper():
    generator, _ = mlp()
    kernel = np.asarray(generator.get_layer("hidden_1").kernel)
    # U(-0.05, 0.05): the extremes of 1.4 million draws come within a hair of the limits.
    assert np.abs(kernel).max() == pytest.approx(0.05, rel=1e-4)
    assert kernel.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.01)


@pytest.mark.parametrize("image_shape", [(2,), (5, 3, 2), (8, 8, 1), (16, 4)])
def test_any_shape(image_shape):
    generator, discriminator = mlp(image_shape=image_shape, latent_dim=3, width=8, depth=1)
    images = generator(30 * np.random.default_rng(0).normal(size=(64, 3)))
    assert images.shape == (64, *image_shape)
    assert 0.9 < np.abs(images).max() <= 1.0
    assert discriminator(images).shape == (64, 1)


def test_the_discriminator_in_numpy():
    _, discriminator = mlp(image_shape=(3, 2, 1), width=4, depth=2, spectral_normalization=False)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=variable.shape) for variable in discriminator.weights]
    discriminator.set_weights(weights)
    x = rng.normal(size=(5, 3, 2, 1))
    hidden = x.reshape(5, 6)
    for kernel, bias in (weights[:2], weights[2:4]):
        hidden = hidden @ kernel + bias
        hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    np.testing.assert_allclose(discriminator(x), hidden @ weights[4] + weights[5], rtol=1e-4, atol=1e-5)


def test_spectral_normalization_reaches_every_layer_with_weights():
    _, discriminator = mlp(image_shape=(2,), width=8, depth=3)
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    assert [type(layer) for layer in with_weights] == [SpectralNormalization] * 4
    assert [layer.name for layer in with_weights] == ["hidden_0", "hidden_1", "hidden_2", "logits"]


def test_every_variable_gets_a_gradient():
    generator, discriminator = mlp(image_shape=(4, 4, 1), latent_dim=8, width=16)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(discriminator(generator(tf.random.normal((16, 8)))))
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


def test_mixed_precision_returns_float32():
    keras.config.set_dtype_policy("mixed_float16")
    generator, discriminator = mlp(image_shape=(4, 4, 1), latent_dim=8, width=16, spectral_normalization=True)
    images = generator(np.ones((2, 8), "float32"))
    assert generator.get_layer("hidden_0").compute_dtype == "float16"
    assert images.dtype == discriminator(images).dtype == tf.float32


@pytest.mark.parametrize("image_shape", [(), 28, (28, 0, 1), (28.0, 28, 1), (28, -1), (None, 28, 1), "28", (True, 2)])
def test_bad_image_shapes(image_shape):
    with pytest.raises(
        ValueError, match=r"`image_shape` must be a tuple .* positive integers.* Received: image_shape="
    ):
        mlp(image_shape=image_shape)


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": -1}, {"depth": 0}, {"latent_dim": 1.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}={value}"):
        mlp(**arguments)
