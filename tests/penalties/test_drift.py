"""The drift penalty."""

import pytest
import tensorflow as tf

from keras_gan.penalties import Drift


def test_it_is_the_mean_square_of_the_real_logits():
    real = tf.constant([[1.0], [-2.0], [3.0]])
    assert float(Drift(0.5)(lambda x: x, real, None)) == pytest.approx(0.5 * 14 / 3)
    # In float16, the square of 300 overflows.
    assert float(Drift(0.5)(lambda x: x, tf.constant([[300.0]], tf.float16), None)) == 0.5 * 300.0**2


def test_a_patch_map_counts_each_of_its_logits():
    assert float(Drift(1.0)(lambda x: x, tf.constant([1.0, 3.0], shape=(1, 2, 1, 1)), None)) == 5.0
