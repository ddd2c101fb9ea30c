"""The contract of every augmentation: seed, rows on replicas, two derivatives, and configuration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.augmentation import AdaptiveAugment, Augmentation, DiffAugment, InstanceNoise, uniform_per_image
from keras_gan.penalties import R1
from keras_gan.schedules import Cosine, Linear

CHANGES = ["brightness", "saturation", "contrast", "translation", "cutout"]
ADAPTIVE = AdaptiveAugment(probability=0.9, target=None)
SEED = tf.constant([3, 4], tf.int64)
EVERY = pytest.mark.parametrize("augmentation", [DiffAugment(), InstanceNoise(0.3), ADAPTIVE], ids=lambda a: a.name)


def images(seed=0, shape=(6, 8, 10, 3)):
    return tf.constant(np.random.default_rng(seed).uniform(-1.0, 1.0, shape), tf.float32)


class Shift(Augmentation):
    """An augmentation as a user would write it: with an argument, and only what is required."""

    def __init__(self, size):
        self.size = size

    def __call__(self, images, *, seed, step=0):
        return images + self.size * uniform_per_image(images, seed, (1, 1, 1))

    def get_config(self):
        return {"size": self.size}


@EVERY
def test_the_seed_decides(augmentation):
    same, again, other = (augmentation(images(), seed=seed) for seed in (SEED, SEED, SEED + 1))
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)
    assert same.shape == images().shape
    assert same.dtype == tf.float32


@EVERY
def test_each_image_has_a_draw_of_its_own(augmentation):
    copies = tf.tile(images(shape=(1, 8, 10, 3)), (6, 1, 1, 1))
    changed = np.asarray(augmentation(copies, seed=SEED)).reshape(6, -1)
    assert len(np.unique(changed, axis=0)) == 6


@EVERY
@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_graph_that_does_not_know_the_batch_changes_the_same(augmentation, jit_compile):
    signature = [tf.TensorSpec((None, 8, 10, 3)), tf.TensorSpec((2,), tf.int64)]
    compiled = tf.function(
        lambda images, seed: augmentation(images, seed=seed), input_signature=signature, jit_compile=jit_compile
    )
    np.testing.assert_allclose(compiled(images(), SEED), augmentation(images(), seed=SEED), atol=1e-5)


@pytest.mark.long
@EVERY
@pytest.mark.parametrize(
    "known", [True, pytest.param(False, marks=pytest.mark.long)], ids=["known batch", "unknown batch"]
)
def test_two_replicas_change_what_one_device_does(augmentation, known, two_replicas):
    rows = 3 if known else None

    @tf.function(input_signature=[tf.TensorSpec((2, rows, 8, 10, 3))])
    def step(halves):
        def on_replica(index):
            return augmentation(halves[index], seed=SEED)

        indices = two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.constant(context.replica_id_in_sync_group)
        )
        return two_replicas.experimental_local_results(two_replicas.run(on_replica, args=(indices,)))

    halves = tf.reshape(images(), (2, 3, 8, 10, 3))
    np.testing.assert_allclose(np.concatenate(step(halves)), augmentation(images(), seed=SEED), atol=1e-5)


@EVERY
def test_half_precision_is_changed_in_float32(augmentation):
    half = tf.cast(images(), tf.float16)
    expected = augmentation(tf.cast(half, tf.float32), seed=SEED)
    assert np.array_equal(augmentation(half, seed=SEED), expected)


@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("augmentation", [*(DiffAugment([name]) for name in CHANGES), InstanceNoise()], ids=repr)
def test_r1_before_the_change_matches_finite_differences(augmentation, jit_compile):
    require_right_second_gradients(augmentation, jit_compile)


def require_right_second_gradients(augmentation, jit_compile):
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Conv2D(3, 3, activation="tanh"), keras.layers.Flatten(), keras.layers.Dense(1)]
    network = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    points, kernel = images(1, (4, 8, 8, 3)), network.layers[0].kernel
    direction = tf.constant(np.random.default_rng(2).normal(size=kernel.shape), tf.float32)

    @tf.function(jit_compile=jit_compile)
    def penalty():
        return R1(2.0)(lambda batch: network(augmentation(batch, seed=SEED)), points, None)

    with tf.GradientTape() as tape:
        value = penalty()
    slope = float(tf.reduce_sum(tape.gradient(value, kernel.value) * direction))
    step, sides = 2e-3, []
    for sign in (1.0, -1.0):
        kernel.assign_add(sign * step * direction)
        sides.append(float(penalty()))
        kernel.assign_sub(sign * step * direction)
    assert slope == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=2e-2)


@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.long)])
def test_r1_before_adaptive_changes_matches_finite_differences(jit_compile):
    # XLA takes seconds to compile two derivatives of all changes.
    require_right_second_gradients(ADAPTIVE, jit_compile)


@EVERY
def test_the_second_derivative_is_that_of_an_affine_map(augmentation):
    # With T(x) = A x + b the Hessian of |T(x)|^2 / 2 is A'A, and A v is T(v) - T(0).
    def change(batch):
        return augmentation(batch, seed=SEED)

    points, vector = images(1), images(2)
    with tf.GradientTape() as outer:
        outer.watch(points)
        with tf.GradientTape() as inner:
            inner.watch(points)
            half_square = 0.5 * tf.reduce_sum(change(points) ** 2)
        along = tf.reduce_sum(inner.gradient(half_square, points) * vector)
    with tf.GradientTape() as tape:
        tape.watch(points)
        changed = change(points)
    image_of_vector = change(vector) - change(tf.zeros_like(vector))
    expected = tape.gradient(changed, points, image_of_vector)
    np.testing.assert_allclose(outer.gradient(along, points), expected, atol=1e-5)


def test_the_numbers_for_each_image_are_uniform():
    numbers = np.sort(np.asarray(uniform_per_image(tf.zeros((100, 2)), SEED, (5, 2))).ravel())
    assert numbers[0] >= 0.0
    assert numbers[-1] < 1.0
    # Kolmogorov-Smirnov distance: the 1 % bound for 1000 numbers is .0515.
    assert np.abs(numbers - np.arange(1000) / 1000).max() < 0.0515


@pytest.mark.parametrize(
    "augmentation",
    [
        DiffAugment(["cutout", "color"], strength=0.5),
        DiffAugment(strength=Linear(0.0, 1.0, 9)),
        AdaptiveAugment(["scale", "color"], probability=0.5, target=0.5, rise_images=1000),
        AdaptiveAugment(probability=Linear(0.0, 1.0, 9), target=None),
        InstanceNoise(0.2),
        InstanceNoise(Cosine(0.2, 0.0, 9)),
        InstanceNoise(keras.optimizers.schedules.ExponentialDecay(0.2, 9, 0.5)),
    ],
)
def test_it_is_remade_from_its_config(augmentation):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(augmentation))
    assert type(again) is type(augmentation)
    assert again.get_config() == augmentation.get_config()
    assert np.array_equal(again(images(), seed=SEED, step=4), augmentation(images(), seed=SEED, step=4))


def test_one_of_a_users_own_is_remade_and_tells_its_schedules():
    custom_objects = {"Shift": Shift}
    augmentation = Shift(2.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(augmentation), custom_objects)
    assert repr(again) == repr(augmentation) == "Shift(size=2.0)"
    assert (again.name, again.scheduled()) == ("augmentation", {})
    schedule = Linear(0.0, 1.0, 9)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Shift(schedule)), custom_objects)
    assert repr(again) == "Shift(size=Linear(start=0.0, end=1.0, steps=9, begin=0))"
    assert Shift(schedule).scheduled() == {"size": schedule}
