"""The gradient of each gradient penalty in the weights, against finite differences of its formula in float64."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import _random
from keras_gan.penalties import DRAGAN, R1, R2, ApproximateR1, ApproximateR2, GradientPenalty, PathLength

SEED = tf.constant([3, 4], tf.int64)
REAL, FAKE = (np.random.default_rng(seed).normal(size=(6, 3)) for seed in (0, 1))
FIRST, SECOND, DIRECTION = (
    np.random.default_rng(seed).normal(size=shape) for seed, shape in enumerate([(3, 4), (4, 1), (3, 4)], 2)
)


def critic(weights, points):
    """A smooth network of two layers; its hidden weights are those that are moved."""
    return tf.tanh(points @ weights) @ tf.cast(SECOND, points.dtype)


def norms(weights, points):
    """|grad D| in float64."""
    points = tf.constant(points)
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = critic(weights, points)
    return tf.norm(tape.gradient(outputs, points), axis=1)


def drawn(shape, *, normal=True):
    """What a penalty draws from the seed, in float64."""
    return np.asarray((_random.normal if normal else _random.uniform)(shape, SEED), "float64")


def gradient_penalty(weights, *, one_sided=False):
    found = norms(weights, FAKE + drawn((6, 1), normal=False) * (REAL - FAKE)) - 1.0
    return 2.0 * tf.reduce_mean((tf.nn.relu(found) if one_sided else found) ** 2)


def dragan(weights):
    return 2.0 * tf.reduce_mean((norms(weights, REAL + 0.5 * np.std(REAL) * drawn((6, 3))) - 1.0) ** 2)


def approximate(weights, points):
    difference = critic(weights, tf.constant(points + 0.1 * drawn((6, 3)))) - critic(weights, tf.constant(points))
    return tf.reduce_mean((difference / 0.1) ** 2)


def path_length(weights):
    """The images are the three tanh units that the latents, the real points here, give with the transposed weights."""
    latents = tf.constant(REAL)
    with tf.GradientTape() as tape:
        tape.watch(latents)
        inner = tf.reduce_sum(tf.tanh(latents @ weights) * drawn((6, 4)))
    return 2.0 * tf.reduce_mean((tf.norm(tape.gradient(inner, latents), axis=1) - 0.5) ** 2)


def settled():
    """A path length penalty whose mean stays at 1/2."""
    penalty = PathLength(2.0, decay=1.0, shrink=1)
    penalty.build()
    penalty.state.means["length"].assign(0.5)
    return penalty


CASES = {
    "r1": (R1(2.0), lambda weights: tf.reduce_mean(norms(weights, REAL) ** 2)),
    "r2": (R2(2.0), lambda weights: tf.reduce_mean(norms(weights, FAKE) ** 2)),
    "gradient_penalty": (GradientPenalty(2.0), gradient_penalty),
    "one_sided": (GradientPenalty(2.0, one_sided=True), lambda weights: gradient_penalty(weights, one_sided=True)),
    "dragan": (DRAGAN(2.0), dragan),
    "approximate_r1": (ApproximateR1(2.0, sigma=0.1), lambda weights: approximate(weights, REAL)),
    "approximate_r2": (ApproximateR2(2.0, sigma=0.1), lambda weights: approximate(weights, FAKE)),
}


def float32_value(penalty, weights):
    points = [tf.constant(each, tf.float32) for each in (REAL, FAKE)]
    if isinstance(penalty, PathLength):
        return penalty(lambda latents: tf.tanh(latents @ weights), points[0], seed=SEED)
    return penalty(lambda images: critic(weights, images), *points, seed=SEED)


@pytest.mark.parametrize("name", [*CASES, "path_length"])
def test_the_gradient_of_the_gradient_is_right(name):
    penalty, formula = CASES[name] if name in CASES else (settled(), path_length)
    weights = tf.constant(FIRST, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = float32_value(penalty, weights)
    slope = np.sum(np.asarray(tape.gradient(value, weights), "float64") * DIRECTION)
    assert float(value) == pytest.approx(float(formula(tf.constant(FIRST))), rel=1e-5)
    step = 1e-5
    above, below = (float(formula(tf.constant(FIRST + sign * step * DIRECTION))) for sign in (1.0, -1.0))
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-4)
    assert abs(slope) > 1e-2
