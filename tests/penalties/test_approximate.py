"""R1 and R2 by finite differences: their expectation, and what both of their passes share."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.augmentation import InstanceNoise
from keras_gan.penalties import R1, ApproximateR1, ApproximateR2
from keras_gan.training import Critic
from keras_gan.training.passes import drawing_from, passes
from keras_gan.training.training_state import StepNoise

SLOPE = tf.constant([[3.0], [4.0]])
SEED = tf.constant([0, 1], tf.int64)


def quadratic(points):
    return 0.5 * tf.reduce_sum(points**2, axis=1, keepdims=True)


def test_they_look_at_their_own_images():
    here, there = tf.zeros((20_000, 2)), tf.fill((20_000, 2), 3.0)
    assert float(ApproximateR1(2.0)(quadratic, here, there, seed=SEED)) < 1e-3
    # |x|^2 = 18 at the fakes; the standard error is 1 % of it.
    assert float(ApproximateR2(2.0)(quadratic, here, there, seed=SEED)) == pytest.approx(18.0, rel=0.03)


@pytest.mark.parametrize("sigma", [0.01, 1.0])
def test_the_expectation_is_r1_and_a_part_of_the_order_of_sigma_squared(sigma):
    """For D = |x|^2 / 2 in d dimensions it is |x|^2 + sigma^2 (d^2 + 2 d) / 4, and the variance is about 2 |x|^4."""
    points = tf.tile([[1.0, 2.0, 2.0]], (40_000, 1))
    value = float(ApproximateR1(2.0, sigma=sigma)(quadratic, points, None, seed=SEED))
    assert value == pytest.approx(9.0 + sigma**2 * (9 + 6) / 4, rel=0.03)


def test_a_patch_map_counts_by_its_mean():
    def patches(points):
        return tf.tile((points @ SLOPE)[:, None, None], (1, 3, 2, 1))

    points = tf.zeros((6, 2))
    values = [float(ApproximateR1()(critic, points, None, seed=SEED)) for critic in (patches, lambda x: x @ SLOPE)]
    assert values[0] == pytest.approx(values[1])


def test_augmentations_change_both_passes_in_the_same_way():
    """A linear critic does not notice noise that both images have; other noise would count (1 / sigma)^2 times."""
    judge = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    judge.set_weights([SLOPE])
    zero, points = tf.zeros((), tf.int64), tf.zeros((6, 2))
    values = []
    for augmentations in ([], [InstanceNoise(0.5)]):
        critic = Critic(judge, augmentations=augmentations)
        with drawing_from(StepNoise(zero, zero)), passes():
            values.append(float(ApproximateR1()(critic.given({}), points, None, seed=SEED)))
    assert values[1] == pytest.approx(values[0], rel=1e-3)


def test_a_step_takes_one_more_pass_for_each():
    dense = keras.layers.Dense
    generator = keras.Sequential([keras.Input((2,)), dense(3)])
    judge, calls = keras.Sequential([keras.Input((3,)), dense(4, "relu"), dense(1)]), []
    call = judge.call
    judge.call = lambda *args, **options: calls.append(1) or call(*args, **options)
    gan = keras_gan.RelativisticGAN(generator, judge, penalties=[ApproximateR1(), ApproximateR2()], seed=1)
    gan.compile(run_eagerly=True)
    gan.train_on_batch(np.zeros((4, 3), "float32"))
    # Real and fake images in either player's update, and the moved ones in the discriminator's.
    assert len(calls) == 4 + 2


def test_it_works_where_there_is_no_second_gradient():
    critic = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.UpSampling2D(interpolation="bilinear"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    ApproximateR1().validate(critic)
    with tf.GradientTape() as tape:
        value = ApproximateR1()(critic, tf.zeros((2, 4, 4, 1)), None, seed=SEED)
    assert np.abs(tape.gradient(value, critic.trainable_variables[0].value)).max() > 0.0


def test_layers_that_draw_random_numbers_are_refused():
    def critic(rate):
        dense = keras.layers.Dense(1)
        return keras.Sequential([keras.Input((2,)), keras.layers.Dropout(rate, name="forget"), dense], name="judge")

    for penalty in (ApproximateR1(), ApproximateR2()):
        with pytest.raises(ValueError, match=r"'forget', a Dropout, draws other.*Received: discriminator='judge'"):
            penalty.validate(critic(0.5))
        penalty.validate(critic(0.0))
    R1().validate(critic(0.5))


def test_bad_sigma():
    with pytest.raises(ValueError, match=r"`sigma` must be a number in \(0.0, inf\). Received: sigma=0.0"):
        ApproximateR2(sigma=0.0)
