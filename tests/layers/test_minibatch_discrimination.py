"""Minibatch discrimination: the formula as a loop, its gradients, precision, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import MinibatchDiscrimination


def looped(x, kernel, num_kernels):
    """The definition, sample by sample and kernel by kernel."""
    x, rows = x.astype("float64"), (x.astype("float64") @ kernel).reshape(len(x), num_kernels, -1)
    nearness = np.zeros((len(x), num_kernels))
    for i in range(len(x)):
        for j in range(len(x)):
            for b in range(num_kernels):
                nearness[i, b] += np.exp(-np.abs(rows[i, b] - rows[j, b]).sum())
    return np.concatenate([x, nearness], axis=1)


def inputs(shape=(5, 6)):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def layer_of(x, dtype="float32", scale=1.0, **options):
    """The layer with kernels of a size that makes the distances neither 0 nor large."""
    layer = MinibatchDiscrimination(dtype=dtype, **{"num_kernels": 3, "kernel_dim": 2} | options)
    layer.build(x.shape)
    layer.kernel.assign(scale * np.random.default_rng(1).normal(size=layer.kernel.shape) / np.sqrt(x.shape[-1]))
    return layer


@pytest.mark.parametrize("jit_compile", [False, True])
def test_equals_the_definition(jit_compile):
    x = inputs()
    layer = layer_of(x)
    graph = tf.function(layer, jit_compile=jit_compile, input_signature=[tf.TensorSpec((None, 6))])
    np.testing.assert_allclose(graph(x), looped(x, np.asarray(layer.kernel), 3), rtol=1e-5)
    assert layer.compute_output_shape((None, 6)) == (None, 9)


def test_equal_samples_count_each_other_and_far_ones_themselves():
    x = np.repeat(inputs((1, 6)), 4, axis=0)
    np.testing.assert_allclose(layer_of(x)(x)[:, 6:], 4.0, rtol=1e-6)
    x = inputs((4, 6))
    np.testing.assert_allclose(layer_of(x, scale=1e4)(x)[:, 6:], 1.0, rtol=1e-6)


def test_the_number_of_weights_is_that_of_the_tensor():
    layer = MinibatchDiscrimination()
    layer.build((None, 192))
    # The layer of the authors' CIFAR-10 discriminator, without its biases.
    assert layer.count_params() == 192 * 100 * 5
    assert layer.compute_output_shape((8, 192)) == (8, 292)


def test_second_order_gradient_equals_finite_differences():
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=size)) for size in ((4, 5), (5, 6), (5, 6)))
    layer = layer_of(np.zeros((4, 6)), dtype="float64")

    def penalty(w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(tf.sin(x @ w))[:, 6:] ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalty(w)
    slope = tf.reduce_sum(tape.gradient(value, w) * direction)
    numeric = (penalty(w + 1e-6 * direction) - penalty(w - 1e-6 * direction)) / 2e-6
    assert float(slope) == pytest.approx(float(numeric), rel=1e-5)


@pytest.mark.long
def test_half_precision_sums_in_float32():
    # The nearness of 3000 equal samples: float16 holds no odd number above 2048.
    x = np.ones((2999, 1), "float16")
    outputs = MinibatchDiscrimination(num_kernels=1, dtype="mixed_float16")(x)
    assert outputs.dtype == tf.float16
    np.testing.assert_allclose(outputs[:, 1], np.float16(2999))


@pytest.mark.parametrize("shape", [(4, 2, 2, 3), (4,), (4, None)])
def test_inputs_that_are_no_features(shape):
    with pytest.raises(ValueError, match=r"add a `keras.layers.Flatten` before it\. Received: input_shape=\(4"):
        MinibatchDiscrimination().build(shape)


@pytest.mark.parametrize("arguments", [{"num_kernels": 0}, {"kernel_dim": 1.5}])
def test_arguments_that_are_not_positive_integers(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least 1\. Received: {name}="):
        MinibatchDiscrimination(**arguments)


def test_config_round_trip():
    layer = MinibatchDiscrimination(num_kernels=7, kernel_dim=3)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(copy, MinibatchDiscrimination)
    assert (copy.num_kernels, copy.kernel_dim) == (7, 3)
