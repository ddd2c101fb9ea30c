"""The pixel shuffle: its formula, TensorFlow's order, its gradients, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import PixelShuffle


def inputs(shape=(2, 3, 5, 18), dtype="float32"):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("factor", [2, 3])
def test_equals_the_formula_and_tensorflow(factor):
    x, r, channels = inputs((2, 3, 5, 36)), factor, 36 // factor**2
    expected = np.empty((2, 3 * r, 5 * r, channels), "float32")
    for a in range(r):
        for b in range(r):
            first = (r * a + b) * channels
            expected[:, a::r, b::r] = x[..., first : first + channels]
    layer = PixelShuffle(factor)
    np.testing.assert_array_equal(layer(x), expected)
    np.testing.assert_array_equal(tf.nn.depth_to_space(x, r), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert layer.compute_output_shape((None, None, 5, 36)) == (None, None, 5 * r, channels)


def test_its_gradient_is_the_inverse_at_every_order():
    x, upstream = tf.constant(inputs()), tf.constant(inputs((2, 9, 15, 2)))
    layer = PixelShuffle(3)
    with tf.GradientTape() as outer:
        outer.watch(upstream)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
        gradient = tape.gradient(outputs, x, upstream)
    np.testing.assert_array_equal(layer(gradient), upstream)
    np.testing.assert_array_equal(outer.gradient(gradient, upstream, x), layer(x))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_moved_unchanged(dtype):
    x = inputs(dtype="float16")
    outputs = PixelShuffle(3, dtype=dtype)(x)
    assert outputs.dtype == dtype.removeprefix("mixed_")
    expected = tf.cast(tf.nn.depth_to_space(tf.cast(tf.cast(x, outputs.dtype), "float32"), 3), outputs.dtype)
    assert bool(tf.reduce_all(outputs == expected))


@pytest.mark.parametrize("shape", [(2, 3, 5, 6), (3, 5, 4), (2, 3, 5, None)])
def test_an_input_whose_channels_do_not_fit(shape):
    with pytest.raises(ValueError, match=r"a multiple of 4 channels\. Received: input_shape=\(.*factor=2"):
        PixelShuffle(2).build(shape)


@pytest.mark.parametrize("factor", [1, 2.5, "2"])
def test_a_factor_that_enlarges_nothing(factor):
    with pytest.raises(ValueError, match=r"`factor` must be an integer of at least 2\. Received: factor="):
        PixelShuffle(factor)


def test_config_round_trip():
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(PixelShuffle(3)))
    assert isinstance(copy, PixelShuffle)
    assert copy.factor == 3
