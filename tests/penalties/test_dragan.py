"""DRAGAN: its closed form, and where it looks at the gradient."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.penalties import DRAGAN


def quadratic(points):
    return 0.5 * tf.reduce_sum(points**2, axis=1, keepdims=True)


def points_of(count, *, scale=2.0, mean=1.0):
    return tf.constant(np.random.default_rng(0).normal(mean, scale, (count, 3)), tf.float32)


def test_a_linear_critic_has_the_same_slope_everywhere():
    slope = tf.constant([[3.0], [4.0], [12.0]])
    assert float(DRAGAN(10.0)(lambda x: x @ slope, points_of(5), None)) == pytest.approx(10 * (13 - 1) ** 2)
    assert float(DRAGAN(2.0, target=13.0)(lambda x: x @ slope, points_of(5), None)) == pytest.approx(0.0, abs=1e-9)


def test_it_looks_around_the_real_images_at_a_distance_that_suits_them():
    """The gradient of the quadratic critic is the point itself: E|x + d|^2 = E|x|^2 + 3 (std / 2)^2."""
    points = points_of(40_000)
    around = float(DRAGAN(1.0, target=0.0)(quadratic, points, None, seed=tf.constant([0, 1], tf.int64)))
    squares = np.mean(np.sum(np.square(points), axis=1))
    assert around == pytest.approx(squares + 3 * (0.5 * np.std(points)) ** 2, rel=5e-3)
    assert float(DRAGAN(1.0, target=0.0, noise=0.0)(quadratic, points, None)) == pytest.approx(squares)


def test_the_noise_is_that_of_the_seed():
    seeds = [tf.constant([0, number], tf.int64) for number in (1, 1, 2)]
    values = [float(DRAGAN()(quadratic, points_of(4), None, seed=seed)) for seed in seeds]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize("name", ["weight", "target", "noise"])
def test_bad_arguments(name):
    with pytest.raises(ValueError, match=rf"`{name}` must be a number in \[0.0, inf\). Received: {name}=-1.0"):
        DRAGAN(**{name: -1.0})
