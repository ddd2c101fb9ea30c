"""The probe against a GAN so simple that all its signs are known in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import _random
from keras_gan.callbacks._health_probe import HealthProbe
from keras_gan.callbacks._real_images import RealImages

CRITIC = np.array([[2.0], [-1.0]], "float32")
OUTPUT = np.array([0.5, -0.25], "float32")
REAL = np.random.default_rng(0).uniform(-0.9, 0.9, (64, 2)).astype("float32")


@pytest.fixture
def linear_gan():
    """The function that makes a GAN of two linear maps: D(x) = w.x, and G(z) = b whatever the latent z is."""

    def make(gan_class):
        generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        generator.set_weights([np.zeros((3, 2)), OUTPUT])
        discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
        discriminator.set_weights([CRITIC])
        gan = gan_class(generator, discriminator, seed=0)
        gan.compile(run_eagerly=True)
        return gan

    return make


def test_the_signs_of_a_critic(linear_gan):
    signs, sick = HealthProbe(linear_gan(keras_gan.WGANGP), RealImages(REAL, 64), 64)(5, 0)
    latents = _random.normal((64, 3), tf.constant([-1, 5], tf.int64)).numpy()
    assert sick == []
    assert (signs.real_accuracy, signs.fake_accuracy) == (None, None)
    assert signs.ranked_pairs == pytest.approx(np.mean(REAL @ CRITIC > OUTPUT @ CRITIC))
    assert signs.d_signal == 1.0
    # The critic's loss is w.(b - E[x]); the generator's -w.(W z + b), W being its kernel.
    assert signs.d_gradient_norm == pytest.approx(np.linalg.norm(OUTPUT - REAL.mean(axis=0)), rel=1e-5)
    expected = np.linalg.norm(CRITIC) * np.sqrt(1 + np.sum(latents.mean(axis=0) ** 2))
    assert signs.g_gradient_norm == pytest.approx(expected, rel=1e-5)
    assert signs.d_spectral_norm == pytest.approx(np.sqrt(5))
    assert signs.g_spectral_norm == 0.0
    assert signs.diversity == 0.0
    assert signs.saturation == 0.0


def test_the_accuracies_of_a_discriminator(linear_gan):
    signs, _ = HealthProbe(linear_gan(keras_gan.NonSaturatingGAN), RealImages(REAL, 64), 64)(0, 0)
    logits = REAL @ CRITIC
    assert signs.real_accuracy == pytest.approx(np.mean(logits > 0))
    # The logit of all samples is 1.25.
    assert signs.fake_accuracy == 0.0
    expected = np.mean(1 / (1 + np.exp(logits))) + 1 / (1 + np.exp(-1.25))
    assert signs.d_signal == pytest.approx(expected, rel=1e-5)


def test_what_is_not_finite_is_named_and_counts_as_large(linear_gan):
    gan = linear_gan(keras_gan.NonSaturatingGAN)
    gan.discriminator.set_weights([np.array([[np.inf], [np.nan]])])
    signs, sick = HealthProbe(gan, RealImages(REAL, 64), 64)(0, 0)
    assert [name.split(" ")[0] for name in sick] == ["discriminator[0]"]
    assert signs.d_gradient_norm == pytest.approx(np.finfo(np.float32).max)
    assert all(np.isfinite(sign) for sign in signs)


def test_each_probe_has_noise_of_its_own_and_the_same_each_time(linear_gan):
    gan = linear_gan(keras_gan.WGANGP)
    probe = HealthProbe(gan, RealImages(REAL, 64), 64)
    assert probe(1, 0) == probe(1, 0)
    assert probe(1, 0)[0].g_gradient_norm != probe(2, 0)[0].g_gradient_norm
