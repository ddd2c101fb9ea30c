"""Random numbers depend on the seed and the step alone, and differ where they should."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import _random
from keras_gan.training.training_state import TrainingState


def test_each_draw_of_each_step_is_different():
    state = TrainingState(seed=3)
    draws = set()
    for _ in range(3):
        noise = state.noise()
        draws.update(noise.normal((4, 2)).numpy().tobytes() for _ in range(3))
        state.step.assign_add(1)
    assert len(draws) == 9


def test_the_same_seed_and_step_draw_the_same_in_graphs_and_under_xla():
    def draw():
        return TrainingState(seed=3).noise().normal((4, 2))

    eager = draw()
    state = TrainingState(seed=3)
    for jit_compile in (False, True):
        compiled = tf.function(lambda: state.noise().normal((4, 2)), jit_compile=jit_compile)()
        np.testing.assert_allclose(compiled, eager, atol=1e-6)


def test_uniform_numbers_are_uniform_and_equal_under_xla():
    numbers = np.asarray(_random.uniform((20000,), (1, 2)))
    assert np.abs(np.sort(numbers) - np.arange(20000) / 20000).max() < 0.0115  # Kolmogorov-Smirnov, 1 %
    compiled = tf.function(lambda: _random.uniform((20000,), (1, 2)), jit_compile=True)()
    np.testing.assert_array_equal(compiled, numbers)


def test_stock_numbers_differ_under_xla():
    """The trap: the same seed and algorithm, but different numbers."""
    # A variable, as in training: constants are computed before XLA sees them.
    seed = tf.Variable([1, 2], dtype=tf.int64)

    def draw():
        return tf.random.stateless_normal((4, 2), seed=seed, alg="philox")

    assert np.abs(draw() - tf.function(draw, jit_compile=True)()).max() > 0.1


def test_normal_numbers_are_normal():
    numbers = np.asarray(_random.normal((20000, 2), (1, 2)))
    np.testing.assert_allclose(numbers.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose(np.cov(numbers, rowvar=False), np.eye(2), atol=0.04)
    # Kolmogorov-Smirnov against the normal distribution, 1 %.
    expected = [0.5 * (1 + math.erf(x / math.sqrt(2))) for x in np.sort(numbers[:, 0])]
    assert np.abs(np.asarray(expected) - np.arange(20000) / 20000).max() < 0.0115
    assert np.isfinite(numbers).all()


def test_without_a_seed_it_comes_from_python():
    def fresh():
        return int(TrainingState().seed.value)

    assert fresh() != fresh()
    keras.utils.set_random_seed(5)
    first = fresh()
    keras.utils.set_random_seed(5)
    assert fresh() == first


def test_replicas_draw_different_rows_of_what_one_device_draws(two_replicas):
    seed = tf.constant([1, 2], tf.int64)
    parts = two_replicas.experimental_local_results(two_replicas.run(lambda: _random.normal((3, 4), seed)))
    np.testing.assert_array_equal(tf.concat(parts, axis=0), _random.normal((6, 4), seed))


def test_stock_keras_draws_the_same_noise_on_every_replica(two_replicas):
    """The trap: a mirrored seed generator."""
    with two_replicas.scope():
        generator = keras.random.SeedGenerator(0)
    parts = two_replicas.experimental_local_results(
        two_replicas.run(tf.function(lambda: keras.random.normal((3, 4), seed=generator)))
    )
    np.testing.assert_array_equal(parts[0], parts[1])


def test_generate_repeats_with_a_seed_and_does_not_disturb_training(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks(dropout=0.5), seed=1)
    gan.compile()
    before = gan.fingerprint()
    first = gan.generate(7, seed=4)
    np.testing.assert_allclose(gan.generate(7, seed=4, batch_size=3), first, atol=1e-6)
    assert np.abs(gan.generate(7, seed=5) - first).max() > 1e-3
    assert np.abs(gan.generate(7) - gan.generate(7)).max() > 1e-3
    assert gan.fingerprint() == before
    latents = _random.normal((7, 4), (4, 0))
    np.testing.assert_allclose(gan.generator(latents), first, atol=1e-6)


def test_generate_within_the_scope_of_a_strategy(networks, two_replicas):
    with two_replicas.scope():
        gan = keras_gan.NonSaturatingGAN(*networks())
        inside = gan.generate(3, seed=1)
    np.testing.assert_array_equal(gan.generate(3, seed=1), inside)


def test_the_seed_decides_the_training(networks, images):
    def trained(seed):
        keras.utils.set_random_seed(0)
        gan = keras_gan.NonSaturatingGAN(*networks(), seed=seed)
        gan.compile()
        gan.fit(images, batch_size=8, verbose=0, shuffle=False)
        return gan.fingerprint()

    assert trained(1) == trained(1) != trained(2)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"batch_norm": True}, marks=pytest.mark.long),
        pytest.param({"spectral": True}, marks=pytest.mark.long),
        {"dropout": 0.5},
    ],
)
def test_the_fingerprint_covers_every_state(options, networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks(**options), ema_half_life=100)
    gan.compile()
    gan.fit(images[:8], batch_size=8, verbose=0)
    seen = {gan.fingerprint()}
    variables = list(gan.training_variables().values())
    for variable in variables:
        value = variable.numpy()
        variable.assign(value + np.ones_like(value))
        seen.add(gan.fingerprint())
        variable.assign(value)
    assert len(seen) == len(variables) + 1


def test_dropout_draws_other_masks_on_each_replica(networks, two_replicas):
    """Stock Keras mirrors the state of its random streams, so all replicas draw the same numbers."""

    def masks(layer):
        def draw():
            return tuple(layer(tf.ones((1, 64)), training=True) for _ in range(2))

        drawn = tf.function(lambda: two_replicas.run(draw))()
        return [two_replicas.experimental_local_results(mask) for mask in drawn]

    with two_replicas.scope():
        stock = networks(dropout=0.5)[1].layers[-2]
        gan = keras_gan.NonSaturatingGAN(*networks(dropout=0.5))
        gan.compile()
    for one, two in masks(stock):
        np.testing.assert_array_equal(one, two)
    drawn = masks(gan.discriminator.layers[-2])
    different = {mask.numpy().tobytes() for pair in drawn for mask in pair}
    assert len(different) == 4
    assert 0.3 < np.mean([mask.numpy() > 0 for pair in drawn for mask in pair]) < 0.7
