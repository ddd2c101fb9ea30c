"""The penalties against closed forms and against finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import GroupNormalization, SpectralNormalization
from keras_gan.penalties import R1, R2, GradientPenalty, squared_gradient_norms
from keras_gan.schedules import Cosine, Linear

SLOPE = tf.constant([[3.0], [0.0], [-4.0], [12.0]])  # of norm 13


def linear(images):
    return tf.reshape(images, (len(images), -1)) @ SLOPE


def quadratic(points):
    return 0.5 * tf.reduce_sum(points**2, axis=1, keepdims=True)


def images(seed, shape=(5, 2, 2, 1)):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def test_a_linear_critic_has_its_slope_as_gradient_everywhere():
    real, fake = images(0), images(1)
    np.testing.assert_allclose(squared_gradient_norms(linear, real), np.full(5, 169.0), rtol=1e-6)
    assert float(GradientPenalty(10.0)(linear, real, fake)) == pytest.approx(10 * (13 - 1) ** 2)
    assert float(GradientPenalty(10.0, target=13.0)(linear, real, fake)) == pytest.approx(0.0, abs=1e-9)
    assert float(R1(10.0)(linear, real, fake)) == pytest.approx(10 / 2 * 169)


def test_r1_looks_at_real_images_alone():
    points = images(0, (6, 4))
    expected = 0.5 * 3.0 * np.mean(np.sum(np.asarray(points) ** 2, axis=1))
    assert float(R1(3.0)(quadratic, points, None)) == pytest.approx(expected, rel=1e-6)


def test_r2_looks_at_fake_images_alone():
    points = images(0, (6, 4))
    expected = 0.5 * 3.0 * np.mean(np.sum(np.asarray(points) ** 2, axis=1))
    assert float(R2(3.0)(quadratic, None, points)) == pytest.approx(expected, rel=1e-6)


def test_gradient_penalty_lies_between_pairs_with_one_epsilon_a_sample():
    # The gradient of the quadratic critic is the point itself, so its norm reveals epsilon: with real = 1 and
    # fake = 0 in both of two dimensions it is epsilon * sqrt(2).
    norms = []

    def recording(points):
        norms.append(np.asarray(tf.norm(points, axis=1)))
        np.testing.assert_allclose(points[:, 0], points[:, 1])
        return quadratic(points)

    GradientPenalty(1.0)(recording, tf.ones((256, 2)), tf.zeros((256, 2)), seed=tf.constant([1, 2], tf.int64))
    epsilons = np.sort(norms[0] / np.sqrt(2))
    assert epsilons[0] >= 0.0
    assert epsilons[-1] <= 1.0
    # Kolmogorov-Smirnov distance to U[0, 1): the 1 % bound for 256 samples is .102.
    assert np.abs(epsilons - np.arange(256) / 256).max() < 0.102


def test_the_same_seed_draws_the_same_points():
    real, fake, seed = images(0, (5, 4)), images(1, (5, 4)), tf.constant([7, 8], tf.int64)
    values = [float(GradientPenalty()(quadratic, real, fake, seed=s)) for s in (seed, seed, seed + 1)]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize("penalty", [R1(2.0), R2(2.0), GradientPenalty(2.0)], ids=repr)
def test_a_patch_map_of_equal_logits_is_penalised_like_the_single_logit(penalty):
    def patches(batch):
        return tf.tile(linear(batch)[:, None, None, :], (1, 3, 5, 1))

    real, fake, seed = images(0), images(1), tf.constant([0, 0], tf.int64)
    single = penalty(linear, real, fake, seed=seed)
    np.testing.assert_allclose(penalty(patches, real, fake, seed=seed), single, rtol=1e-6)


def test_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable(tf.zeros((4, 1)))
    with tf.GradientTape() as tape:
        value = GradientPenalty(10.0)(lambda x: tf.reshape(x, (5, 4)) @ weight, images(0), images(1))
    assert float(value) == 10.0
    assert np.all(np.asarray(tape.gradient(value, weight)) == 0.0)


def test_a_critic_that_ignores_its_input_is_penalised_like_a_flat_one():
    assert float(R1(10.0)(lambda x: tf.ones((5, 1)), images(0), None)) == 0.0


@pytest.mark.parametrize("penalty", [R1(2.0), R2(2.0), GradientPenalty(2.0)], ids=repr)
def test_the_gradient_in_the_weights_matches_finite_differences(penalty):
    keras.utils.set_random_seed(3)
    critic = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(3, 3, strides=2, activation="tanh"),
            GroupNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    real, fake, seed = images(0, (4, 6, 6, 1)), images(1, (4, 6, 6, 1)), tf.constant([5, 6], tf.int64)
    kernel = critic.layers[0].kernel
    direction = images(2, kernel.shape)
    with tf.GradientTape() as tape:
        value = penalty(critic, real, fake, seed=seed)
    slope = float(tf.reduce_sum(tape.gradient(value, kernel.value) * direction))
    step = 2e-3
    sides = []
    for sign in (1.0, -1.0):
        kernel.assign_add(sign * step * direction)
        sides.append(float(penalty(critic, real, fake, seed=seed)))
        kernel.assign_sub(sign * step * direction)
    assert slope == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=2e-2)


def test_the_norm_of_float16_gradients_is_taken_in_float32():
    # Squared, 300 overflows float16.
    value = R1(2.0)(lambda x: tf.reduce_sum(300 * x, axis=1, keepdims=True), tf.ones((3, 2), tf.float16), None)
    assert value.dtype == tf.float32
    assert float(value) == pytest.approx(2 * 300.0**2)


def critic_with(layer):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), layer, keras.layers.Dense(1)], name="critic")


def test_batch_normalization_is_refused_by_name_wherever_it_is():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(name="hidden_norm")])
    for layer in (keras.layers.BatchNormalization(name="hidden_norm"), inner):
        with pytest.raises(ValueError, match=r"layer 'hidden_norm' is a BatchNormalization.*Received: .*'critic'"):
            GradientPenalty().validate(critic_with(layer))


def test_other_layers_of_ours_are_fine():
    for layer in (GroupNormalization(), SpectralNormalization(keras.layers.Dense(3))):
        for penalty in (GradientPenalty(), R1()):
            penalty.validate(critic_with(layer))
    R1().validate(critic_with(keras.layers.BatchNormalization(synchronized=True)))


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.LayerNormalization(name="hidden_norm"),
        keras.layers.GroupNormalization(groups=1, name="hidden_norm"),
        keras.layers.BatchNormalization(name="hidden_norm"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_whose_second_gradient_keras_gets_wrong_are_warned_of(layer):
    with pytest.warns(UserWarning, match=r"'hidden_norm'.*keras_gan.layers.GroupNormalization"):
        R1().validate(critic_with(layer))


@pytest.mark.parametrize("penalty", [R1, R2, GradientPenalty])
@pytest.mark.parametrize("weight", [-1.0, float("inf"), "10", None, Linear(-1.0, 0.0, 9), lambda step: 10.0])
def test_bad_weight(penalty, weight):
    with pytest.raises(ValueError, match=r"`weight` must be .*in \[0.0, inf\).* Received: weight="):
        penalty(weight)


@pytest.mark.parametrize("penalty", [R1, R2, GradientPenalty])
def test_a_scheduled_weight_is_the_number_of_its_step(penalty):
    real, fake, seed = images(0), images(1), tf.constant([5, 6], tf.int64)
    scheduled = penalty(Linear(2.0, 4.0, 8))
    for step, weight in ((0, 2.0), (2, 2.5), (8, 4.0)):
        value = scheduled(linear, real, fake, seed=seed, step=tf.constant(step, tf.int64))
        assert value.dtype == tf.float32
        assert float(value) == float(penalty(weight)(linear, real, fake, seed=seed, step=step))


def test_the_step_of_a_compiled_function_is_read_when_it_runs():
    falling = R1(Cosine(10.0, 2.0, 4))
    compiled = tf.function(lambda step: falling(linear, images(0), None, step=step), jit_compile=True)
    values = [float(compiled(tf.constant(step, tf.int64))) for step in (0, 2, 4)]
    assert values == pytest.approx([5.0 * 169, 3.0 * 169, 1.0 * 169], rel=1e-6)


def test_a_penalty_tells_its_schedules():
    schedule = Linear(2.0, 4.0, 8)
    assert R1(schedule).scheduled() == GradientPenalty(schedule).scheduled() == {"weight": schedule}
    assert R1(2.0).scheduled() == {}


@pytest.mark.parametrize(
    "penalty", [R1(0.5), R2(0.5), GradientPenalty(3.0, target=0.0), R1(Cosine(2.0, 1.0, 9))], ids=repr
)
def test_config_remakes_the_penalty(penalty):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert type(again) is type(penalty)
    assert again.get_config() == penalty.get_config()
    assert repr(again) == repr(penalty)


def test_bilinear_resizing_below_a_penalty_is_warned_of():
    layers = [keras.Input((4, 4, 1)), keras.layers.UpSampling2D(interpolation="bilinear"), keras.layers.Flatten()]
    with pytest.warns(UserWarning, match=r"bilinear interpolation.*`interpolation=\"nearest\"`"):
        R1().validate(keras.Sequential([*layers, keras.layers.Dense(1)]))
