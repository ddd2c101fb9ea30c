"""Fused updates against Keras's operations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.training._fused_updates import fused, move_towards

SIZE = 1003


def moments_and_weights(optimizer, *, is_fused, steps=100):
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.normal(size=SIZE).astype("float32")) for _ in range(2)]
    optimizer.build(weights)

    @tf.function
    def step(gradients):
        if is_fused:
            with fused(optimizer):
                optimizer.apply(gradients, weights)
        else:
            optimizer.apply(gradients, weights)

    for _ in range(steps):
        step([tf.constant(rng.normal(size=SIZE).astype("float32")) for _ in weights])
    graph = step.get_concrete_function([tf.TensorSpec(SIZE)] * 2).graph
    kernels = [operation.type for operation in graph.get_operations()]
    values = [np.asarray(variable) for variable in (*weights, *optimizer._momentums, *optimizer._velocities)]
    return values, kernels.count("ResourceApplyAdam")


@pytest.mark.parametrize("kind", [keras.optimizers.Adam, keras.optimizers.AdamW])
@pytest.mark.parametrize("settings", [{"beta_1": 0.5}, {"beta_1": 0.0, "beta_2": 0.99}, {"clipnorm": 0.1}])
def test_the_kernel_takes_the_steps_of_keras(kind, settings):
    (ours, kernels), (stock, none) = (
        moments_and_weights(kind(1e-3, **settings), is_fused=choice) for choice in (True, False)
    )
    assert (kernels, none) == (2, 0)
    for one, other in zip(ours[:2], stock[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)
    for one, other in zip(ours[2:4], stock[2:4], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    for one, other in zip(ours[4:], stock[4:], strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5)


class OwnAdam(keras.optimizers.Adam):
    """An update of one's own."""

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, keras.ops.sign(gradient) * learning_rate)


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam(amsgrad=True), OwnAdam()])
def test_other_updates_are_left_alone(optimizer):
    before = optimizer.update_step
    with fused(optimizer):
        assert optimizer.update_step == before


@pytest.mark.parametrize("inner_error", [True, False])
def test_the_optimizer_is_itself_again_afterwards(inner_error):
    optimizer = keras.optimizers.Adam()
    try:
        with fused(optimizer):
            assert "update_step" in vars(optimizer)
            if inner_error:
                raise KeyError
    except KeyError:
        pass
    assert "update_step" not in vars(optimizer)


def test_copies_on_replicas_take_the_operations_of_keras(two_replicas):
    values = np.random.default_rng(0).normal(size=(2, SIZE)).astype("float32")
    with two_replicas.scope():
        weight, average = keras.Variable(values[0]), keras.Variable(values[1])
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build([weight])

    @tf.function
    def step():
        move_towards(average, weight, tf.constant(0.25))
        with fused(optimizer):
            optimizer.apply([tf.ones(SIZE)], [weight])

    two_replicas.run(step)
    np.testing.assert_allclose(weight, values[0] - 0.1, atol=1e-5)
    np.testing.assert_allclose(average, 0.75 * values[1] + 0.25 * values[0], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_an_average_moves_as_by_the_formula(dtype):
    values = tf.cast(np.random.default_rng(0).normal(size=(2, SIZE)), dtype)
    average, current = (keras.Variable(value, dtype=dtype) for value in values)
    tf.function(lambda: move_towards(average, current, tf.constant(0.3)))()
    expected = values[0] + tf.cast(0.3, dtype) * (values[1] - values[0])
    np.testing.assert_array_equal(tf.cast(average.value, "float64"), tf.cast(expected, "float64"))
