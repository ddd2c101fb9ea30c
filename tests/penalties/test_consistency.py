"""Consistency regularisation: of images, and of latents."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.augmentation import Augmentation, DiffAugment, InstanceNoise
from keras_gan.penalties import ConsistencyRegularization, LatentConsistency, LatentDiversity
from keras_gan.schedules import Linear
from keras_gan.training import Critic, Interface

SLOPE = tf.constant([[1.0], [-2.0], [3.0]])


class Doubled(Augmentation):
    """A change whose distance is known."""

    def __call__(self, images, *, seed, step=0):
        return 2.0 * images


def linear(points):
    return points @ SLOPE


def points_of(seed, rows=5):
    return tf.constant(np.random.default_rng(seed).normal(size=(rows, 3)), tf.float32)


def test_the_logit_of_the_changed_image_is_compared():
    real, fake = points_of(0), points_of(1)
    of_real, of_fake = (float(tf.reduce_mean(linear(points) ** 2)) for points in (real, fake))
    assert float(ConsistencyRegularization(Doubled(), 10.0)(linear, real, fake)) == pytest.approx(10 * of_real)
    balanced = ConsistencyRegularization(Doubled(), 10.0, fake_weight=3.0)
    assert float(balanced(linear, real, fake)) == pytest.approx(10 * of_real + 3 * of_fake)
    falling = ConsistencyRegularization(Doubled(), 10.0, fake_weight=Linear(4.0, 2.0, 10))
    assert float(falling(linear, real, fake, step=5)) == pytest.approx(10 * of_real + 3 * of_fake)


def test_real_and_fake_images_are_changed_differently():
    points, seed = points_of(0), tf.constant([0, 1], tf.int64)
    noise = InstanceNoise(1.0)
    both = ConsistencyRegularization(noise, 1.0, fake_weight=1.0)(linear, points, points, seed=seed)
    one = ConsistencyRegularization(noise, 1.0)(linear, points, points, seed=seed)
    assert float(both) != pytest.approx(2 * float(one), rel=1e-3)


def test_a_patch_map_is_judged_by_its_mean():
    def patches(points):
        return tf.reshape(points, (-1, 3, 1, 1))

    points = points_of(0)
    expected = np.mean(np.mean(points, axis=1) ** 2)
    assert float(ConsistencyRegularization(Doubled(), 1.0)(patches, points, None)) == pytest.approx(expected)


def test_the_schedules_of_the_change_are_logged_too():
    weight, strength = Linear(1.0, 0.0, 9), Linear(0.0, 1.0, 9)
    penalty = ConsistencyRegularization(DiffAugment(strength=strength), weight)
    assert penalty.scheduled() == {"weight": weight, "diff_augment_strength": strength}
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert again.get_config() == penalty.get_config()


@pytest.mark.parametrize("augmentation", [None, "diff_augment", lambda images: images])
def test_what_is_no_augmentation(augmentation):
    with pytest.raises(ValueError, match=r"`augmentation` must be one of.*Received: augmentation="):
        ConsistencyRegularization(augmentation)


def networks():
    """G(z) = z A with A of 2 x 3, and D linear, both without bias."""
    dense = [keras.layers.Dense(units, use_bias=False) for units in (3, 1)]
    generator, judge = (
        keras.Sequential([keras.Input((size,)), each]) for size, each in zip((2, 3), dense, strict=True)
    )
    generator.set_weights([np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])])
    judge.set_weights([SLOPE.numpy()])
    return generator, judge


def test_near_latents_get_near_logits():
    """G and D are linear here, so the difference of the logits is N(0, (sigma |A w|)^2)."""
    generator, judge = networks()
    critic = Critic(judge, generator=Interface(generator, "generator", ("latents",), "images"))
    penalty = LatentConsistency(5.0, sigma=0.1)
    value = penalty(critic.given({}), None, tf.zeros((40_000, 3)), seed=tf.constant([0, 1], tf.int64))
    assert float(value) == pytest.approx(5.0 * 0.1**2 * np.sum(np.square(generator.weights[0] @ SLOPE)), rel=0.03)
    with pytest.raises(ValueError, match=r"the critic knows no generator.*Received: critic="):
        penalty(linear, None, points_of(0))


def test_near_latents_get_distant_images():
    generator, _ = networks()
    value = LatentDiversity(0.5, sigma=0.1)(generator, tf.zeros((40_000, 2)), seed=tf.constant([0, 1], tf.int64))
    assert float(value) == pytest.approx(-0.5 * 0.1**2 * np.sum(np.square(generator.weights[0])) / 3, rel=0.03)


def test_a_gan_has_both_halves():
    gan = keras_gan.LSGAN(*networks(), penalties=[LatentConsistency(0.5), LatentDiversity(0.5)], seed=1)
    gan.compile(run_eagerly=True)
    logs = gan.train_on_batch(np.full((8, 3), 0.5, "float32"), return_dict=True)
    assert logs["latent_consistency"] > 0.0 > logs["latent_diversity"]
