"""Clipping and the warm-up of the critic."""

import numpy as np
import pytest
import tensorflow as tf

import keras_gan


def tiny(networks, **options):
    gan = keras_gan.WGAN(*networks(), **options)
    gan.compile()
    return gan


def test_every_critic_weight_is_clipped_after_every_step(networks, images):
    gan = tiny(networks, clip=0.02, warm_up_steps=0)
    for start in (0, 8):
        gan.train_on_batch(images[start : start + 40])
        weights = gan.discriminator.get_weights()
        assert max(np.abs(weight).max() for weight in weights) == pytest.approx(0.02)
        assert np.abs(gan.generator.get_weights()[0]).max() > 0.1, "the generator is not clipped"


def updates_of(step, *, steps, warm_up):
    """Generator updates after a number of training steps, as in the loop of the authors' code."""
    updates = critic = 0
    for _ in range(step):
        critic += steps
        if critic >= (warm_up if updates < 25 or updates % 500 == 0 else steps):
            updates, critic = updates + 1, 0
    return updates


@pytest.mark.long
def test_the_warm_up_follows_the_authors_schedule(networks, images):
    gan = tiny(networks, discriminator_steps=1, warm_up_steps=4)
    images = tf.constant(images[:2])

    @tf.function
    def train(steps):
        for _ in tf.range(steps):
            gan.train_step(images)
        return gan.generator_optimizer.iterations.value

    # The 25 updates of the warm-up, then one per step up to the 500th, which has a warm-up again.
    for step, more in (
        (3, 3),
        (4, 1),
        (99, 95),
        (100, 1),
        (101, 1),
        (574, 473),
        (575, 1),
        (578, 3),
        (579, 1),
        (580, 1),
    ):
        assert int(train(tf.constant(more))) == updates_of(step, steps=1, warm_up=4)
    assert updates_of(575, steps=1, warm_up=4) == 500


@pytest.mark.long
def test_the_warm_up_runs_on_two_replicas(networks, images, two_replicas):
    with two_replicas.scope():
        gan = tiny(networks, discriminator_steps=1, warm_up_steps=3)
    before = gan.generator.get_weights()[0]
    gan.fit(images[:16], batch_size=8, verbose=0)
    np.testing.assert_array_equal(gan.generator.get_weights()[0], before)
    gan.fit(images[:8], batch_size=8, verbose=0)
    assert int(gan.generator_optimizer.iterations.numpy()) == 1
    assert (gan.generator.get_weights()[0] != before).any()
