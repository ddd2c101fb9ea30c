"""Truncation: the running average, what psi does, and replicas."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import Truncation

STYLES = np.random.default_rng(0).normal(size=(6, 3)).astype("float32") + 2.0


def test_the_average_follows_the_styles_of_training_alone():
    layer = Truncation(momentum=0.9)
    np.testing.assert_array_equal(layer(STYLES, training=True), STYLES)
    layer(100.0 * STYLES)
    np.testing.assert_allclose(layer.average, 0.1 * STYLES.mean(axis=0), rtol=1e-5)
    layer(STYLES, training=True)
    np.testing.assert_allclose(layer.average, 0.19 * STYLES.mean(axis=0), rtol=1e-5)


def test_a_frozen_layer_keeps_its_average():
    layer = Truncation(trainable=False)
    layer(STYLES, training=True)
    np.testing.assert_array_equal(layer.average, 0.0)


@pytest.mark.parametrize("psi", [0.0, 0.7, 1.0, 1.3])
def test_psi_moves_the_styles_along_the_line_through_the_average(psi):
    layer = Truncation(psi, momentum=0.0)
    layer(STYLES, training=True)
    mean = STYLES.mean(axis=0)
    np.testing.assert_allclose(layer(STYLES), mean + psi * (STYLES - mean), atol=1e-5)


def test_replicas_share_one_average(two_replicas):
    with two_replicas.scope():
        layer = Truncation(momentum=0.5)
        layer.build((None, 3))

    def step():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        layer(tf.constant(STYLES)[3 * replica : 3 * replica + 3], training=True)

    tf.function(lambda: two_replicas.run(step))()
    np.testing.assert_allclose(layer.average, 0.5 * STYLES.mean(axis=0), rtol=1e-5)


def test_the_styles_keep_their_type():
    layer = Truncation(0.5, dtype="mixed_float16")
    assert layer(STYLES.astype("float16")).dtype == "float16"
    assert layer.average.dtype == "float32"
