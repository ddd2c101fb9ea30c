"""float16: small gradients survive, and an overflow anywhere skips the step everywhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import squared_gradient_norms
from keras_gan.training import Critic


@pytest.fixture
def float16_policy():
    """The policy for the duration of a test."""
    keras.config.set_dtype_policy("mixed_float16")


def small_discriminator():
    """A discriminator whose gradient in the image is about 4e-8, where float16 has steps of 6e-8."""
    small = keras.initializers.RandomNormal(0.0, 1e-4, seed=1)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, kernel_initializer=small),
            keras.layers.Dense(1, kernel_initializer=small),
        ]
    )


def test_the_inner_gradient_of_a_penalty_does_not_underflow(float16_policy, images):
    discriminator = small_discriminator()
    first, second = (np.asarray(kernel, "float64") for kernel in discriminator.get_weights()[::2])
    true = np.sum((first @ second) ** 2)
    points = tf.constant(images[:4])
    scaled = squared_gradient_norms(Critic(discriminator).given({}), points)
    np.testing.assert_allclose(scaled, np.full(4, true), rtol=0.01)
    # The trap: without a scale, most of it is lost.
    bare = squared_gradient_norms(discriminator, points)
    assert np.abs(bare / true - 1).min() > 0.02


class ExplodingOnOneReplica(keras.layers.Layer):
    """The identity, with a gradient that overflows on the second replica."""

    def call(self, inputs):
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        factor = tf.where(tf.equal(replica, 1), tf.constant(float("inf"), inputs.dtype), 1)

        @tf.custom_gradient
        def identity(x):
            return tf.identity(x), lambda upstream: upstream * factor

        return identity(inputs)


@pytest.mark.long
def test_an_overflow_on_one_replica_skips_the_step_on_all(float16_policy, networks, images, two_replicas):
    with two_replicas.scope():
        generator, discriminator = networks()
        exploding = keras.Sequential([discriminator, ExplodingOnOneReplica(dtype="float32")])
        gan = keras_gan.NonSaturatingGAN(generator, exploding)
        gan.compile()
    before = gan.generator.get_weights() + gan.discriminator.get_weights()
    gan.fit(images[:8], batch_size=8, verbose=0)
    for now, then in zip(gan.generator.get_weights() + gan.discriminator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert float(optimizer.dynamic_scale.numpy()) == optimizer.initial_scale / 2
