"""Padding by reflection: the numbers of NumPy, gradients of both orders, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import ReflectionPadding1D, ReflectionPadding2D

PADDINGS = {
    0: ((0, 0), (0, 0)),
    3: ((3, 3), (3, 3)),
    (1, 2): ((1, 1), (2, 2)),
    ((2, 0), (1, 3)): ((2, 0), (1, 3)),
    (4, (0, 5)): ((4, 4), (0, 5)),
}


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")


@pytest.mark.parametrize("padding", PADDINGS)
def test_equals_numpy(x, padding):
    layer = ReflectionPadding2D(padding)
    expected = np.pad(x, ((0, 0), *PADDINGS[padding], (0, 0)), mode="reflect")
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert layer.compute_output_shape((None, None, 6, 3))[:2] == (None, None)
    assert layer.weights == []


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_of_any_size_give_numpys_numbers(x, jit_compile):
    signature = [tf.TensorSpec((None, None, None, 3))]
    graph = tf.function(ReflectionPadding2D(2), jit_compile=jit_compile, input_signature=signature)
    np.testing.assert_array_equal(graph(x), np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect"))


def test_the_gradient_counts_how_often_a_pixel_is_seen():
    x = tf.zeros((1, 3, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(ReflectionPadding2D((1, (2, 0)))(x))
    # Of three rows the middle one is reflected at both ends; of four columns the second and third on the left.
    counts = np.outer([1, 3, 1], [1, 2, 2, 1])
    np.testing.assert_array_equal(tape.gradient(total, x)[0, :, :, 0], counts)


def test_second_order_gradient_equals_finite_differences():
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=(2, 4, 5, 2))) for _ in range(3))
    layer = ReflectionPadding2D(((2, 1), 3), dtype="float64")

    def penalty(w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.sin(layer(x * w)))
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalty(w)
    slope = float(tf.reduce_sum(tape.gradient(value, w) * direction))
    numeric = float(penalty(w + 1e-6 * direction) - penalty(w - 1e-6 * direction)) / 2e-6
    assert slope == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_every_policy(x, policy):
    outputs = ReflectionPadding2D(2, dtype=policy)(x)
    assert outputs.dtype == keras.dtype_policies.get(policy).compute_dtype
    expected = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, rtol=1e-2)


def test_config_round_trip(x):
    layer = ReflectionPadding2D(((2, 0), (1, 3)), name="pad")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(copy, ReflectionPadding2D)
    assert (copy.padding, copy.name) == (((2, 0), (1, 3)), "pad")
    np.testing.assert_array_equal(copy(x), layer(x))


@pytest.mark.parametrize("padding", [-1, 1.5, "1", None, True, (1,), (1, 2, 3), ((1, 2), (1, 2, 3)), (1, (0, -1)), ()])
def test_bad_padding(padding):
    with pytest.raises(ValueError, match=r"`padding` must be an integer of at least 0, .* Received: padding="):
        ReflectionPadding2D(padding)


@pytest.mark.parametrize("padding", [5, (0, 6), ((0, 5), 0)])
def test_a_picture_without_enough_to_reflect(x, padding):
    with pytest.raises(ValueError, match=r"fewer pixels than the picture has .* Received: padding=.*\(2, 5, 6, 3\)"):
        ReflectionPadding2D(padding)(x)


def test_an_input_that_is_no_batch_of_pictures(x):
    with pytest.raises(ValueError, match=r"\(batch, height, width, channels\). Received: input_shape=\(5, 6, 3\)"):
        ReflectionPadding2D(1)(x[0])


class TestSequences:
    @pytest.mark.parametrize("padding", [0, 1, 4])
    def test_equal_numpy(self, x, padding):
        layer, sequences = ReflectionPadding1D(padding), x[..., 0]
        expected = np.pad(sequences, ((0, 0), (padding, padding), (0, 0)), mode="reflect")
        np.testing.assert_array_equal(layer(sequences), expected)
        assert layer.compute_output_shape(sequences.shape) == expected.shape
        assert layer.compute_output_shape((None, None, 6)) == (None, None, 6)

    def test_config_round_trip(self):
        layer = ReflectionPadding1D(3, name="pad")
        copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        assert isinstance(copy, ReflectionPadding1D)
        assert (copy.padding, copy.name) == (3, "pad")

    @pytest.mark.parametrize("padding", [-1, 1.5, "1", None, True, (1, 2)])
    def test_bad_padding(self, padding):
        with pytest.raises(ValueError, match=r"`padding` must be an integer of at least 0\. Received: padding="):
            ReflectionPadding1D(padding)

    def test_without_enough_to_reflect(self, x):
        with pytest.raises(ValueError, match=r"smaller than the number of steps.* Received: padding=5, .*\(2, 5, 6\)"):
            ReflectionPadding1D(5)(x[..., 0])

    def test_an_input_that_is_no_batch_of_sequences(self, x):
        with pytest.raises(ValueError, match=r"\(batch, steps, channels\). Received: input_shape=\(2, 5, 6, 3\)"):
            ReflectionPadding1D(1)(x)
