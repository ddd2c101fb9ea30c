"""The probe against GANs, losses and weights so simple that all signs are known in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses
from keras_gan.callbacks.health._probe import (
    HealthProbe,
    largest_spectral_norm,
    ranked_pairs,
    slope,
    undecided_logit,
    undecided_slope,
)
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.layers import SpectralNormalization
from keras_gan.training.training_state import StepNoise

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
    latents = StepNoise(tf.constant(-1, tf.int64), tf.constant(5, tf.int64)).normal((64, 3)).numpy()
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


@pytest.mark.parametrize(
    "loss, expected",
    [
        (losses.NonSaturating(), 0.0),
        (losses.Minimax(), 0.0),
        (losses.Hinge(), 0.0),
        (losses.LeastSquares(), 0.5),
        (losses.LeastSquares(a=-1.0, b=3.0, c=1.0), 1.0),
        # The optimal discriminator of equal densities: sigmoid(u) = 0.9 / 2.
        (losses.NonSaturating(real_label=0.9), np.log(0.45 / 0.55)),
        (losses.Wasserstein(), None),
        (losses.Relativistic(), None),
        (losses.RelativisticAverage(), None),
    ],
)
def test_the_boundary_follows_from_the_loss(loss, expected):
    assert undecided_logit(loss) == (None if expected is None else pytest.approx(expected, abs=0.0625))


def test_ranked_pairs_count_ties_half_and_patch_maps_by_their_mean():
    real = tf.reshape(tf.constant([1.0, 3.0, 0.0, 0.0]), (2, 2, 1))
    fake = tf.constant([[2.0], [1.0], [-1.0]])
    # Means 2 and 0 against 2, 1, -1: a tie, two wins and a win.
    assert float(ranked_pairs(real, fake)) == pytest.approx(3.5 / 6)


def slope_at(loss, real, fake):
    real, fake = tf.fill((4, 1), real), tf.fill((4, 1), fake)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = loss.discriminator_loss(real, fake)
    return float(slope(tape, value, real, fake)) / float(undecided_slope(loss, undecided_logit(loss) or 0.0, (4, 1)))


def test_the_slope_is_that_of_each_paper():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert slope_at(losses.NonSaturating(), 3.0, -1.0) == pytest.approx(sigmoid(-3.0) + sigmoid(-1.0), rel=1e-5)
    assert slope_at(losses.Relativistic(), 5.0, 2.0) == pytest.approx(2 * sigmoid(-3.0), rel=1e-5)
    assert slope_at(losses.Hinge(), 1.5, -1.5) == 0.0
    assert slope_at(losses.Hinge(), 1.5, -0.5) == 0.5
    assert slope_at(losses.LeastSquares(), 1.0, 0.25) == pytest.approx(0.25)
    assert slope_at(losses.Wasserstein(), 100.0, -100.0) == 1.0


def network(*layers, shape):
    return keras.Sequential([keras.Input(shape), *layers])


def test_it_is_the_largest_singular_value_of_all_weights():
    dense = network(keras.layers.Dense(3, use_bias=False), keras.layers.Dense(2), shape=(3,))
    dense.layers[0].set_weights([np.diag([3.0, -7.0, 1.0])])
    assert float(largest_spectral_norm(dense)) == pytest.approx(7.0, rel=1e-4)


def test_a_kernel_is_a_matrix_of_one_column_an_output_channel():
    convolutions = network(keras.layers.Conv2D(4, 3), keras.layers.Conv2DTranspose(5, 3), shape=(8, 8, 3))
    kernels = [layer.kernel.numpy() for layer in convolutions.layers]
    matrices = [kernels[0].reshape(-1, 4), np.swapaxes(kernels[1], -1, -2).reshape(-1, 5)]
    expected = max(np.linalg.norm(matrix, 2) for matrix in matrices)
    assert float(largest_spectral_norm(convolutions)) == pytest.approx(expected, rel=0.1)
    assert float(largest_spectral_norm(convolutions)) <= expected * 1.0001


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_normalised_weights_count_as_they_are_used(kind, dtype):
    layer = kind(4, 3, dtype=dtype)
    normalised = network(SpectralNormalization(layer, power_iterations=50), shape=(8, 8, 3))
    layer.kernel.assign(100.0 * layer.kernel)
    normalised.layers[0].advance()
    assert float(largest_spectral_norm(normalised)) == pytest.approx(1.0, abs=0.1)


def test_a_normalisation_that_lags_behind_shows():
    lagging = network(SpectralNormalization(keras.layers.Dense(2, use_bias=False)), shape=(2,))
    lagging.layers[0].u.assign([1.0, 0.0])
    lagging.layers[0].layer.set_weights([np.diag([1.0, 5.0])])
    assert float(largest_spectral_norm(lagging)) == pytest.approx(5.0, rel=1e-4)


def test_a_network_without_weights_has_none():
    assert float(largest_spectral_norm(network(keras.layers.Flatten(), shape=(2, 2)))) == 0.0
