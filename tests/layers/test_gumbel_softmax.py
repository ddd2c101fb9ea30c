"""The Gumbel softmax: its values, its gradient, and the frequencies of its draws."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import GumbelSoftmax, gumbel_of

LOGITS = np.array([[0.3, -1.2, 2.0], [5.0, 5.0, -40.0]], "float32")
UNIFORM = np.array([[0.2, 0.9, 0.5], [0.999, 0.0, 0.4]], "float32")


def softmax(x):
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def relaxed(beta):
    """The formula in float64."""
    noise = -np.log(-np.log(np.maximum(UNIFORM.astype("float64"), 2.0**-25)))
    return softmax(beta * (LOGITS + noise))


@pytest.mark.parametrize("beta", [0.5, 1.0, 7.0])
def test_the_values_are_those_of_the_formula(beta):
    np.testing.assert_allclose(GumbelSoftmax(beta)(LOGITS, uniform=UNIFORM), relaxed(beta), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(
        GumbelSoftmax()(LOGITS, uniform=UNIFORM, inverse_temperature=beta), relaxed(beta), rtol=1e-4, atol=1e-7
    )


def gradients(layer, weights):
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = tf.reduce_sum(weights * layer(logits, UNIFORM))
    return tape.gradient(value, logits).numpy()


@pytest.mark.parametrize("straight_through", [False, True])
def test_the_gradient_is_that_of_the_softmax(straight_through):
    """d(w . y) / d o = beta y (w - w . y), of the hard output as of the soft one."""
    weights = np.array([[1.0, -2.0, 0.5]], "float32")
    y = relaxed(2.0)
    expected = 2.0 * y * (weights - (weights * y).sum(axis=-1, keepdims=True))
    found = gradients(GumbelSoftmax(2.0, straight_through=straight_through), weights)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_straight_through_is_exactly_a_one_and_zeros():
    rows = GumbelSoftmax(3.0, straight_through=True)(LOGITS, UNIFORM).numpy()
    np.testing.assert_array_equal(rows, np.eye(3)[np.argmax(relaxed(1.0), axis=-1)])


def test_the_largest_is_drawn_as_often_as_its_probability():
    probabilities = np.array([0.1, 0.6, 0.3])
    logits = tf.repeat(tf.math.log(tf.constant(probabilities, tf.float32))[None], 20_000, axis=0)
    shares = tf.reduce_mean(GumbelSoftmax(straight_through=True, seed=1)(logits, training=True), axis=0)
    # Three standard deviations of a share are 0.01.
    np.testing.assert_allclose(shares, probabilities, atol=0.0105)


def test_a_seed_draws_the_same_numbers_and_inference_draws_none():
    first, second = (GumbelSoftmax(seed=5) for _ in range(2))
    np.testing.assert_array_equal(first(LOGITS, training=True), second(LOGITS, training=True))
    assert not np.array_equal(first(LOGITS, training=True), second(LOGITS))
    np.testing.assert_allclose(second(LOGITS), softmax(LOGITS), rtol=1e-6)


def test_the_noise_is_finite_at_the_ends_of_the_interval():
    noise = gumbel_of(tf.constant([0.0, 1.0 - 2.0**-24, np.nextafter(np.float32(1.0), 0.0)])).numpy()
    np.testing.assert_allclose(noise[:2], [-np.log(25 * np.log(2.0)), 24 * np.log(2.0)], rtol=1e-5)
    assert np.isfinite(noise).all()


def test_float16_computes_in_float32():
    layer = GumbelSoftmax(1000.0, dtype="mixed_float16")
    rows = layer(tf.constant([[3.0, 2.0, 1.0]], tf.float16), UNIFORM[:1])
    assert rows.dtype == tf.float16
    np.testing.assert_allclose(tf.reduce_sum(tf.cast(rows, tf.float32)), 1.0)
    # Of float16, 1000 (o + g) would lie beyond 65,504 for these.
    assert np.isfinite(layer(tf.constant([[100.0, 0.0, 0.0]], tf.float16), UNIFORM[:1])).all()


def test_a_copy_from_its_configuration_is_the_same():
    layer = GumbelSoftmax(4.0, straight_through=True, seed=3)
    again = GumbelSoftmax.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    np.testing.assert_array_equal(again(LOGITS, training=True), layer(LOGITS, training=True))


@pytest.mark.parametrize("bad", [{"inverse_temperature": 0.0}, {"straight_through": None}, {"seed": -1}])
def test_bad_arguments(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        GumbelSoftmax(**bad)
