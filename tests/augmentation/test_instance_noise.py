"""Instance noise: its moments, its level, its errors."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.augmentation import InstanceNoise
from keras_gan.schedules import Linear

SEED = tf.constant([5, 6], tf.int64)


def images(shape=(8, 16, 16, 3)):
    return tf.constant(np.random.default_rng(0).uniform(-1.0, 1.0, shape), tf.float32)


def test_the_noise_is_normal_of_the_level_whatever_the_image():
    noise = np.asarray(InstanceNoise(0.3)(images(), seed=SEED) - images()).astype("float64")
    # Bounds of 4 standard deviations: of the mean, of the variance (2 / n), and of the fourth moment (96 / n).
    z, n = noise / 0.3, noise.size
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / n)
    np.testing.assert_allclose(InstanceNoise(0.3)(tf.zeros(images().shape), seed=SEED), noise, atol=2e-7)


def test_the_level_is_read_at_the_step():
    schedule = Linear(0.4, 0.0, 8)
    noise = InstanceNoise(schedule)
    for step, level in ((0, 0.4), (4, 0.2)):
        at_step = noise(images(), seed=SEED, step=tf.constant(step, tf.int64))
        assert np.array_equal(at_step, InstanceNoise(level)(images(), seed=SEED))
    assert np.array_equal(noise(images(), seed=SEED, step=8), images())
    assert noise.scheduled() == {"level": schedule}
    assert InstanceNoise(0.1).scheduled() == {}


def test_vectors_are_taken_as_well():
    points = images((5, 2))
    assert InstanceNoise(0.1)(points, seed=SEED).shape == (5, 2)


@pytest.mark.parametrize("level", [-0.1, "loud", None, float("nan"), lambda step: 0.1, Linear(0.1, -0.1, 9)])
def test_bad_level(level):
    with pytest.raises(ValueError, match=r"`level` must be .*in \[0.0, inf\).* Received: level="):
        InstanceNoise(level)
