"""The U-shaped generator: its paths, sizes, gradients and policies."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import noise_unet


def test_parameter_counts():
    # From the noise, down, up with the skips, and to the image; a gain and a bias for each channel of a norm.
    generator, discriminator = noise_unet(image_shape=(8, 8, 3), width=4, stages=1)
    kernels = 9 * 3 * 4 + 16 * 4 * 8 + 16 * 8 * 4 + 9 * 8 * 4 + 9 * 4 * 3
    assert generator.count_params() == kernels + 3 + 2 * (4 + 8 + 4 + 4)
    assert discriminator.count_params() == 16 * 3 * 8 + 8 + 4 * 4 * 8 + 1


@pytest.mark.parametrize("image_shape, stages", [((16, 16, 1), 2), ((13, 6, 2), 2), ((8, 8, 3), 3)])
def test_any_size(image_shape, stages):
    generator, discriminator = noise_unet(image_shape=image_shape, width=2, stages=stages)
    noise = 3 * np.random.default_rng(0).normal(size=(2, *image_shape))
    images = generator(noise)
    assert images.shape == (2, *image_shape)
    np.testing.assert_array_equal(images, np.clip(generator(noise, training=True), -1, 1))
    assert discriminator(images).shape == (2, 1)


def test_the_skips_carry_the_noise_across():
    generator, _ = noise_unet(image_shape=(8, 8, 1), width=2, stages=1)
    noise = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    generator.get_layer("up_0").kernel.assign(np.zeros((4, 4, 2, 4)))
    first, second = generator(noise, training=True)
    assert not np.allclose(first, second)


def test_every_variable_gets_a_gradient():
    generator, discriminator = noise_unet(width=2)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(discriminator(generator(tf.random.normal((4, 16, 16, 1)), training=True)) ** 2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = noise_unet(width=2)
    images = generator(np.ones((2, 16, 16, 1), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


@pytest.mark.parametrize("arguments", [{"width": 0}, {"stages": 0}, {"image_shape": (16, 16)}, {"stages": 6}])
def test_bad_sizes(arguments):
    with pytest.raises(ValueError, match=r"(must be|is too small) .*Received: "):
        noise_unet(**arguments)
