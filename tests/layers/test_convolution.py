"""Convolutions whose gradient of the kernel is a product: equal to TensorFlow's own to second order."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import _convolutions
from keras_gan.layers import Conv1D, Conv2D, Conv2DTranspose, SpectralNormalization


def derivatives(halve, double, large, small, kernel):
    """Values, gradients, and the gradients of a function of the gradients."""
    tensors = [large, small, kernel]
    with tf.GradientTape() as outer:
        outer.watch(tensors)
        with tf.GradientTape() as inner:
            inner.watch(tensors)
            outputs = halve(large, kernel), double(small, kernel)
            value = sum(tf.reduce_sum(tf.sin(output)) for output in outputs)
        first = inner.gradient(value, tensors)
        second = sum(tf.reduce_sum(tf.cos(gradient)) for gradient in first)
    return [*outputs, *first, *outer.gradient(second, tensors)]


@pytest.mark.parametrize("height, width, sides", [(8, 8, (4, 4)), (6, 10, (2, 2)), (8, 4, (6, 2)), (2, 2, (4, 4))])
def test_all_derivatives_are_those_of_tensorflow(height, width, sides, monkeypatch):
    rng = np.random.default_rng(0)
    shapes = (3, height, width, 5), (3, height // 2, width // 2, 7), (*sides, 5, 7)
    tensors = [tf.constant(rng.normal(size=shape)) for shape in shapes]
    stock = derivatives(
        lambda x, k: tf.nn.conv2d(x, k, 2, "SAME"),
        lambda x, k: tf.nn.conv2d_transpose(x, k, shapes[0], 2, "SAME"),
        *tensors,
    )
    products, product = [], _convolutions._product
    monkeypatch.setattr(_convolutions, "_pays", lambda *_: True)
    monkeypatch.setattr(_convolutions, "_product", lambda *a, **k: products.append(1) or product(*a, **k))
    ours = derivatives(_convolutions.halving, _convolutions.doubling, *tensors)
    # Both kernels' gradients, and those that come back through the gradients of the maps.
    assert len(products) >= 4
    for one, other in zip(ours, stock, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def kernel_gradient(kind, channels, filters, side, dtype):
    """The gradient of a layer's kernel, float32, and the types of the operations that compute it."""
    keras.utils.set_random_seed(0)
    layer = kind(filters, 4, strides=2, padding="same", dtype=dtype)
    x = tf.constant(np.random.default_rng(0).normal(size=(4, side, side, channels)).astype("float32"))
    layer.build(x.shape)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.cast(layer(x), tf.float32) ** 2)
        return tape.gradient(value, layer.kernel.value)

    types = {operation.type for operation in gradient.get_concrete_function().graph.get_operations()}
    return gradient(), types


@pytest.mark.parametrize("ours, stock, side", [(Conv2D, keras.layers.Conv2D, 16), (Conv2DTranspose, None, 8)])
def test_bfloat16_takes_the_product_and_stays_as_near_to_float32(ours, stock, side):
    stock = stock or keras.layers.Conv2DTranspose
    exact, _ = kernel_gradient(stock, 64, 64, side, "float32")
    plain, plain_types = kernel_gradient(stock, 64, 64, side, "mixed_bfloat16")
    fast, fast_types = kernel_gradient(ours, 64, 64, side, "mixed_bfloat16")
    assert "Conv2DBackpropFilter" in plain_types - fast_types
    error = tf.norm(fast - exact) / tf.norm(exact)
    assert error < 1.2 * tf.norm(plain - exact) / tf.norm(exact) < 0.02


@pytest.mark.parametrize(
    "channels, side, dtype", [(64, 16, "float32"), (3, 16, "mixed_bfloat16"), (64, 32, "bfloat16")]
)
def test_elsewhere_it_is_keras(channels, side, dtype):
    (ours, types), (stock, _) = (
        kernel_gradient(kind, channels, 64, side, dtype) for kind in (Conv2D, keras.layers.Conv2D)
    )
    assert "Conv2DBackpropFilter" in types
    np.testing.assert_array_equal(tf.cast(ours, "float32"), tf.cast(stock, "float32"))


@pytest.mark.parametrize(
    "settings",
    [
        {"strides": 1},
        {"padding": "valid"},
        {"dilation_rate": 2, "strides": 1},
        {"use_bias": False},
        {"strides": (2, 1)},
    ],
)
@pytest.mark.parametrize(
    "ours, stock", [(Conv2D, keras.layers.Conv2D), (Conv2DTranspose, keras.layers.Conv2DTranspose)]
)
def test_every_setting_gives_the_outputs_of_keras(ours, stock, settings):
    settings = {"strides": 2, "padding": "same", "activation": "relu", "bias_initializer": "ones"} | settings
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    outputs = []
    for kind in (ours, stock):
        keras.utils.set_random_seed(0)
        outputs.append(kind(5, 4, **settings)(x))
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_sides_may_be_unknown():
    images = keras.Input((None, None, 64))
    maps = Conv2DTranspose(64, 4, strides=2, padding="same", dtype="bfloat16")(images)
    network = keras.Model(images, Conv2D(64, 4, strides=2, padding="same", dtype="bfloat16")(maps))
    assert tf.function(network)(tf.zeros((2, 3, 5, 64))).shape == (2, 3, 5, 64)


def test_spectral_normalisation_wraps_it():
    layer = SpectralNormalization(Conv2D(64, 4, strides=2, padding="same", dtype="bfloat16"))
    x = tf.random.normal((2, 8, 8, 64))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(layer(x))
    assert tf.reduce_any(tape.gradient(value, layer.layer.kernel.value) != 0.0)


@pytest.mark.parametrize("kind", [Conv2D, Conv2DTranspose])
def test_they_are_remade_from_their_config(kind):
    layer = kind(3, 4, strides=2, padding="same", name="layer")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is kind
    assert again.get_config() == layer.get_config()


def group_by_group(x, kernel, groups):
    """What a convolution in groups computes, one convolution for each group."""
    pairs = zip(tf.split(x, groups, axis=-1), tf.split(kernel, groups, axis=-1), strict=True)
    return tf.concat([tf.nn.conv2d(part, weights, 1, "SAME") for part, weights in pairs], axis=-1)


@pytest.mark.parametrize("has_gradients", [True, False])
def test_groups_give_all_derivatives_of_one_convolution_for_each(has_gradients, monkeypatch):
    if has_gradients and not _convolutions.differentiates_groups(tf.float32):
        pytest.skip("TensorFlow has no gradient of convolutions in groups on this machine")
    monkeypatch.setattr("keras_gan.layers.convolution.differentiates_groups", lambda dtype: has_gradients)
    layer = Conv2D(12, 3, padding="same", groups=3, use_bias=False)
    rng = np.random.default_rng(0)
    x, kernel = (rng.normal(size=shape).astype("float32") for shape in ((2, 5, 4, 6), (3, 3, 2, 12)))
    layer.build(x.shape)

    def both(convolve, x, kernel):
        with tf.GradientTape() as outer:
            outer.watch([x, kernel])
            with tf.GradientTape() as inner:
                inner.watch([x, kernel])
                outputs = convolve(x, kernel)
                value = tf.reduce_sum(tf.sin(outputs))
            first = inner.gradient(value, [x, kernel])
            second = sum(tf.reduce_sum(tf.cos(gradient)) for gradient in first)
        return [outputs, *first, *outer.gradient(second, [x, kernel])]

    ours = both(layer.convolution_op, tf.constant(x), tf.constant(kernel))
    expected = both(lambda x, k: group_by_group(x, k, 3), tf.constant(x, tf.float64), tf.constant(kernel, tf.float64))
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_groups_are_compiled_by_xla_only_where_tensorflow_lacks_the_gradient():
    def operations(dtype):
        layer = Conv2D(4, 3, padding="same", groups=2, dtype=dtype)
        graph = tf.function(layer).get_concrete_function(tf.TensorSpec((1, 4, 4, 4), dtype)).graph
        return {operation.type for operation in graph.get_operations()}

    for dtype in ("float32", "float64"):
        assert ("Conv2D" in operations(dtype)) == _convolutions.differentiates_groups(tf.as_dtype(dtype))


@pytest.mark.parametrize("has_gradients", [False, True])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_groups_of_sequences_are_one_convolution_for_each(padding, has_gradients, monkeypatch):
    if has_gradients and not _convolutions.differentiates_groups(tf.float32):
        pytest.skip("TensorFlow has no gradient of convolutions in groups on this machine")
    monkeypatch.setattr("keras_gan.layers.convolution.differentiates_groups", lambda dtype: has_gradients)
    keras_call = keras.layers.Conv1D.call
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 30, 6)), tf.float32)
    layer = Conv1D(12, 5, strides=2, padding=padding, groups=3, activation="tanh", bias_initializer="ones")
    layer.build(x.shape)
    kernel = layer.kernel.value
    compiled = []
    monkeypatch.setattr(keras.layers.Conv1D, "call", lambda self, x: compiled.append(1) or keras_call(self, x))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, kernel])
        outputs = layer(x)
        pairs = zip(tf.split(x, 3, axis=-1), tf.split(kernel, 3, axis=-1), strict=True)
        parts = [tf.nn.conv1d(part, weights, 2, padding.upper()) for part, weights in pairs]
        expected = tf.tanh(tf.concat(parts, axis=-1) + 1.0)
    assert bool(compiled) != has_gradients
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for ours, theirs in zip(tape.gradient(outputs, [x, kernel]), tape.gradient(expected, [x, kernel]), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
