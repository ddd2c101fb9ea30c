"""The phase shuffle: a shift for each sample, reflected at the ends, drawn in training only."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import PhaseShuffle

ROWS, STEPS, SHIFT = 4000, 8, 2
X = np.random.default_rng(0).normal(size=(ROWS, STEPS, 3)).astype("float32")


def shifts(layer):
    """The shift of each sample, after a check that the whole sample is shifted so, as NumPy reflects it."""
    shuffled = np.asarray(layer(X, training=True))
    padded = np.pad(X, [(0, 0), (SHIFT, SHIFT), (0, 0)], "reflect")
    is_shift = [(shuffled == padded[:, k : k + STEPS]).all(axis=(1, 2)) for k in range(2 * SHIFT + 1)]
    np.testing.assert_array_equal(np.sum(is_shift, axis=0), 1)
    return np.argmax(is_shift, axis=0) - SHIFT


def test_each_sample_has_a_shift_of_its_own_and_all_are_as_likely():
    shares = np.bincount(shifts(PhaseShuffle(SHIFT, seed=0)) + SHIFT, minlength=5) / ROWS
    np.testing.assert_allclose(shares, 0.2, atol=0.02)


def test_every_call_draws_again_and_a_seed_repeats_it():
    layer = PhaseShuffle(SHIFT, seed=4)
    first, second = shifts(layer), shifts(layer)
    assert (first != second).mean() > 0.5
    np.testing.assert_array_equal(shifts(PhaseShuffle(SHIFT, seed=4)), first)


def test_inference_and_a_shift_of_zero_change_nothing():
    np.testing.assert_array_equal(PhaseShuffle(SHIFT)(X), X)
    np.testing.assert_array_equal(PhaseShuffle(0)(X, training=True), X)


def test_the_gradient_goes_back_to_the_steps_that_were_taken_and_has_a_gradient():
    x = tf.constant(X[:5])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            energy = tf.reduce_sum(PhaseShuffle(SHIFT, seed=7)(x, training=True) ** 3)
        gradient = tape.gradient(energy, x)
    # Each sample's gradient is 3 x^2 times how often a step was taken, which sums to the number of steps.
    taken = gradient / (3.0 * x**2)
    np.testing.assert_allclose(tf.reduce_sum(taken, axis=1), STEPS, rtol=1e-4)
    np.testing.assert_allclose(outer.gradient(gradient, x), 6.0 * x * tf.round(taken), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "shift, shape, message",
    [
        (-1, (1, 8, 1), "`shift` must be an integer of at least 0"),
        (2, (1, 8, 8, 1), r"an input \(batch, steps, channels\)"),
        (2, (1, 2, 1), "The shift must be smaller than the number of steps"),
    ],
)
def test_what_cannot_be_shifted_is_refused(shift, shape, message):
    with pytest.raises(ValueError, match=message):
        PhaseShuffle(shift)(np.zeros(shape, "float32"), training=True)
