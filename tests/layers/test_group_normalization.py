"""Group normalisation: the numbers of the Keras layer, and the second-order gradient that the Keras layer lacks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import GroupNormalization


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(2.0, 3.0, size=(3, 5, 4, 6)).astype("float32")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 6, -1])
def test_equals_the_definition(x, groups, training):
    layer = GroupNormalization(groups, epsilon=0.1)
    layer.build(x.shape)
    gain, bias = np.random.default_rng(1).normal(size=(2, 6))
    layer.set_weights([gain, bias])
    expected = np.empty_like(x)
    block = 6 // (6 if groups == -1 else groups)
    for first in range(0, 6, block):
        part = x[..., first : first + block].astype("float64")
        mean, variance = part.mean((1, 2, 3), keepdims=True), part.var((1, 2, 3), keepdims=True)
        expected[..., first : first + block] = (part - mean) / np.sqrt(variance + 0.1)
    np.testing.assert_allclose(layer(x, training=training), expected * gain + bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("center, scale", [(True, False), (False, True)])
def test_gains_and_biases_can_be_had_alone(x, center, scale):
    layer = GroupNormalization(-1, center=center, scale=scale)
    plain = np.asarray(GroupNormalization(-1, center=False, scale=False)(x))
    layer.build(x.shape)
    values = np.random.default_rng(1).normal(size=6)
    layer.set_weights([values])
    assert [variable.name for variable in layer.weights] == ["beta" if center else "gamma"]
    np.testing.assert_allclose(layer(x), plain + values if center else plain * values, rtol=1e-4, atol=1e-5)


def test_without_gains_and_biases_it_has_no_weights(x):
    layer = GroupNormalization(center=False, scale=False)
    outputs = np.asarray(layer(x))
    assert layer.weights == []
    np.testing.assert_allclose(outputs.mean((1, 2, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((1, 2, 3)), 1.0, rtol=1e-4)


def penalty_error(norm):
    """How far the gradient of a gradient penalty is from finite differences, for a weight below the layer."""
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=size)) for size in ((4, 5), (5, 6), (5, 6)))

    def penalty(w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.sin(norm(x @ w)))
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalty(w)
    slope = tf.reduce_sum(tape.gradient(value, w) * direction)
    numeric = (penalty(w + 1e-6 * direction) - penalty(w - 1e-6 * direction)) / 2e-6
    return abs(float(slope / numeric) - 1)


def test_second_order_gradient_is_right_where_that_of_keras_is_not():
    assert penalty_error(GroupNormalization(dtype="float64")) < 1e-6
    assert penalty_error(GroupNormalization(2, center=False, scale=False, dtype="float64")) < 1e-6
    assert penalty_error(keras.layers.GroupNormalization(groups=1, dtype="float64")) > 0.01
    assert penalty_error(keras.layers.LayerNormalization(dtype="float64")) > 0.01


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_kernel_of_instance_normalisation_is_right_to_second_order(x, dtype):
    def everything(training):
        layer = GroupNormalization(-1, dtype=dtype)
        inputs, kernel = (tf.constant(values, dtype) for values in (x, np.linspace(-1.0, 1.0, 36).reshape(6, 6)))
        layer.build(x.shape)
        with tf.GradientTape() as outer:
            outer.watch(kernel)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                value = tf.reduce_sum(tf.sin(layer(tf.tanh(inputs @ kernel), training=training)))
            penalty = tf.reduce_sum(inner.gradient(value, inputs) ** 2)
        return [value, penalty, *outer.gradient(penalty, [kernel, layer.gamma.value, layer.beta.value])]

    for kernel, operations in zip(everything(True), everything(False), strict=True):
        np.testing.assert_allclose(kernel, operations, rtol=1e-3, atol=1e-3 * np.abs(operations).max())


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_give_the_eager_numbers(x, jit_compile):
    layer = GroupNormalization(2)
    graph = tf.function(layer, jit_compile=jit_compile, input_signature=[tf.TensorSpec((None, None, None, 6))])
    np.testing.assert_allclose(graph(x), layer(x), rtol=1e-4, atol=1e-5)


def test_float16_does_not_overflow():
    x = np.random.default_rng(0).choice([-3000.0, 3000.0], size=(2, 8, 8, 2)).astype("float16")
    outputs = GroupNormalization(dtype="mixed_float16")(x)
    assert outputs.dtype == tf.float16
    np.testing.assert_allclose(np.std(np.asarray(outputs, "float32"), axis=(1, 2, 3)), 1.0, rtol=1e-2)


def test_config_round_trip():
    layer = GroupNormalization(-1, epsilon=1e-3, center=False, scale=False, gamma_initializer="zeros")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(copy, GroupNormalization)
    assert (copy.groups, copy.epsilon, copy.center, copy.scale) == (-1, 1e-3, False, False)
    assert isinstance(copy.gamma_initializer, keras.initializers.Zeros)


def test_groups_that_do_not_divide_the_channels(x):
    with pytest.raises(ValueError, match=r"divide the 6 channels of the input\. Received: groups=4"):
        GroupNormalization(4)(x)


@pytest.mark.parametrize("arguments", [{"groups": 0}, {"groups": -2}, {"epsilon": 0.0}])
def test_bad_arguments(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=rf"`{name}` must be .*Received: {name}={value}"):
        GroupNormalization(**arguments)
