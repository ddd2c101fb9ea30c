"""The fused kernel against Keras's operations in float64, to second order, and where it steps aside."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import BatchNormalization

GAINS, BIASES = np.array([0.5, 1.0, 2.0]), np.array([0.1, -0.3, 0.0])


def reference(dtype="float64", **settings):
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, synchronized=True, dtype=dtype, **settings)


def everything(layer, shape, dtype):
    """Outputs, the gradient of a penalty on the input gradient, and the moving averages after a training call."""
    rng = np.random.default_rng(0)
    x, kernel = (tf.constant(rng.normal(size=size), dtype) for size in ((*shape[:-1], 4), (4, shape[-1])))
    direction = tf.constant(rng.normal(size=shape), dtype)
    layer.build(shape)
    layer.set_weights([GAINS, BIASES, np.zeros(3), np.ones(3)])
    with tf.GradientTape() as outer:
        outer.watch(kernel)
        with tf.GradientTape() as inner:
            inner.watch(x)
            outputs = layer(tf.tanh(x @ kernel), training=True)
            value = tf.reduce_sum(tf.sin(outputs) * direction)
        penalty = tf.reduce_sum(inner.gradient(value, x) ** 2)
    found = outer.gradient(penalty, [kernel, layer.gamma.value, layer.beta.value])
    return [outputs, penalty, *found, layer.moving_mean.value, layer.moving_variance.value]


@pytest.mark.parametrize("shape", [(5, 4, 6, 3), (7, 3), (4, 5, 3)])
def test_equals_keras_in_float64_to_second_order(shape):
    ours, exact = everything(BatchNormalization(), shape, "float32"), everything(reference(), shape, "float64")
    for one, other in zip(ours, exact, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


def test_keras_without_synchronisation_is_wrong_to_second_order():
    stock = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, dtype="float64")
    wrong, exact = (everything(layer, (5, 4, 6, 3), "float64")[2] for layer in (stock, reference()))
    assert np.abs(wrong - exact).max() > 1e-4 * np.abs(exact).max()


@pytest.mark.parametrize("settings", [{"center": False}, {"scale": False}])
def test_gains_and_biases_can_be_left_out(settings):
    x = np.random.default_rng(0).normal(size=(6, 2, 2, 3)).astype("float32")
    ours, stock = BatchNormalization(**settings), reference("float32", **settings)
    np.testing.assert_allclose(ours(x, training=True), stock(x, training=True), atol=1e-5)
    assert [weight.name for weight in ours.weights] == [weight.name for weight in stock.weights]


@pytest.mark.parametrize(
    "dtype, tolerance", [("float32", 0.001), ("mixed_float16", 0.002), ("mixed_bfloat16", 0.01), ("float64", 1e-9)]
)
def test_a_large_mean_costs_no_digits(dtype, tolerance):
    x = np.random.default_rng(0).normal(300.0, 2.0, size=(64, 8, 8, 3))
    x = tf.cast(x, dtype.removeprefix("mixed_"))
    exact = np.asarray(tf.cast(x, "float64"))
    mean, variance = exact.mean((0, 1, 2)), exact.var((0, 1, 2))
    layer = BatchNormalization(momentum=0.0, dtype=dtype)
    outputs = layer(x, training=True)
    assert outputs.dtype == x.dtype
    expected = (exact - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(tf.cast(outputs, "float64"), expected, atol=tolerance)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-3)


def test_keras_loses_them_if_it_is_synchronised():
    x = np.random.default_rng(0).normal(300.0, 2.0, size=(64, 8, 8, 3)).astype("float32")
    outputs = np.asarray(reference("float32")(x, training=True))
    assert np.abs(outputs - (x - x.mean((0, 1, 2))) / x.std((0, 1, 2))).max() > 0.02


def operations(layer, training):
    layer.build((4, 8, 8, 3))
    graph = tf.function(lambda x: layer(x, training=training)).get_concrete_function(tf.TensorSpec((4, 8, 8, 3))).graph
    return [operation.type for operation in graph.get_operations()]


def test_training_is_one_kernel():
    ours, stock = operations(BatchNormalization(), True), operations(reference("float32"), True)
    assert ours.count("FusedBatchNormV3") == 1
    assert len(ours) < len(stock)


def test_inference_and_frozen_layers_use_the_moving_averages():
    frozen = BatchNormalization(trainable=False)
    assert "FusedBatchNormV3" not in operations(BatchNormalization(), False) + operations(frozen, True)
    np.testing.assert_allclose(frozen(np.full((4, 8, 8, 3), 5.0, "float32"), training=True), 5.0, rtol=1e-4)


@pytest.mark.parametrize(
    "settings, shape",
    [({"axis": 1}, (4, 3, 5)), ({"dtype": "float64"}, (4, 5, 3)), ({"renorm": True}, (4, 5, 3))],
)
def test_what_the_kernel_lacks_is_left_to_keras(settings, shape):
    x = np.random.default_rng(0).normal(size=shape).astype(settings.get("dtype", "float32"))
    ours, stock = BatchNormalization(**settings), reference(**{"dtype": "float32"} | settings)
    np.testing.assert_allclose(ours(x, training=True), stock(x, training=True), atol=1e-6)


def test_a_mask_leaves_positions_out():
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    mask = np.arange(5) < np.array([[5], [3], [1], [2]])
    np.testing.assert_allclose(
        BatchNormalization()(x, training=True, mask=mask),
        reference("float32")(x, training=True, mask=mask),
        atol=1e-5,
    )


def test_replicas_share_their_statistics(two_replicas):
    x = np.random.default_rng(0).normal(300.0, size=(8, 2, 2, 3)).astype("float32")
    expected = BatchNormalization()(x, training=True)
    with two_replicas.scope():
        layer = BatchNormalization()
        layer.build(x.shape)
    halves = iter(two_replicas.experimental_distribute_dataset(tf.data.Dataset.from_tensors(x).unbatch().batch(8)))
    parts = tf.function(lambda half: two_replicas.run(lambda h: layer(h, training=True), (half,)))(next(halves))
    outputs = tf.concat(two_replicas.experimental_local_results(parts), 0)
    np.testing.assert_allclose(outputs, expected, atol=1e-3)


def test_it_is_remade_from_its_config():
    layer = BatchNormalization(momentum=0.8, epsilon=0.01, name="norm", center=False)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is BatchNormalization
    assert again.get_config() == layer.get_config()
