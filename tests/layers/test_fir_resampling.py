"""Resampling by a fixed filter: NumPy's numbers, constants, gradients of both orders, and messages for bad taps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import FIRDownsampling2D, FIRUpsampling2D

BOTH = pytest.mark.parametrize("make", [FIRUpsampling2D, FIRDownsampling2D])


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 6, 8, 3)).astype("float32")


def _upsampled(column, taps):
    """Zeros between the pixels, then NumPy's convolution with twice the normalised taps."""
    spread = np.zeros(2 * len(column))
    spread[::2] = column
    start = (len(taps) - 1) // 2
    return np.convolve(spread, 2 * np.array(taps) / sum(taps))[start : start + 2 * len(column)]


def _downsampled(column, taps):
    """NumPy's convolution with the normalised taps, and every second pixel of it."""
    start = len(taps) // 2
    return np.convolve(column, np.array(taps) / sum(taps))[start : start + len(column) : 2]


@pytest.mark.parametrize("taps", [(1, 3, 3, 1), (1, 2, 1), (1, 1), (1, 4, 6, 4, 1), (0, 1, 2, 4, 4, 2)])
@pytest.mark.parametrize(("make", "reference"), [(FIRUpsampling2D, _upsampled), (FIRDownsampling2D, _downsampled)])
def test_equals_numpys_convolution_of_rows_and_columns(x, make, reference, taps):
    if make is FIRUpsampling2D and len(taps) == 6:
        taps = (0, 1, 2, 4, 4, 1)  # the same sum at even and odd places
    expected = np.apply_along_axis(reference, 2, np.apply_along_axis(reference, 1, x, taps), taps)
    outputs = make(taps)(x)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    assert make(taps).compute_output_shape(x.shape) == outputs.shape
    assert make(taps).weights == []


def test_golden_values_of_the_filter_of_stylegan2():
    column = np.array([4.0, 8.0, 16.0, 32.0]).reshape(1, 4, 1, 1)
    image = np.tile(column, (1, 1, 4, 1))
    assert FIRUpsampling2D()(image)[0, :, 3, 0].numpy().tolist() == [3, 5, 7, 10, 14, 20, 28, 24]
    assert FIRDownsampling2D()(image)[0, :, 0, 0].numpy().tolist() == [
        (3 * 4 + 3 * 8 + 16) * 7 / 64,
        (8 + 144) * 7 / 64,
    ]


@BOTH
def test_a_constant_stays_constant_away_from_borders(make):
    outputs = make()(np.full((1, 12, 10, 2), 0.7, "float32"))
    np.testing.assert_allclose(outputs[:, 1:-1, 1:-1], 0.7, rtol=1e-6)
    assert float(outputs[0, 0, 0, 0]) < 0.6


def test_each_is_the_others_transpose_but_for_the_scale(x):
    small = tf.constant(np.random.default_rng(1).normal(size=(2, 3, 4, 3)), "float32")
    up, down = FIRUpsampling2D((1, 2, 1)), FIRDownsampling2D((1, 2, 1))
    assert float(tf.reduce_sum(up(small) * x)) == pytest.approx(4 * float(tf.reduce_sum(small * down(x))), rel=1e-5)


def test_odd_sides_are_halved_rounding_up(x):
    layer = FIRDownsampling2D()
    assert layer.compute_output_shape((None, 5, 7, 3)) == (None, 3, 4, 3)
    padded = np.pad(x[:, :5, :7], ((0, 0), (0, 1), (0, 1), (0, 0)))
    np.testing.assert_allclose(layer(x[:, :5, :7]), layer(padded), atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_for_any_batch_give_the_same_numbers(x, jit_compile):
    for layer in (FIRUpsampling2D(), FIRDownsampling2D()):
        signature = [tf.TensorSpec((None, 6, 8, 3))]
        graph = tf.function(layer, jit_compile=jit_compile, input_signature=signature)
        np.testing.assert_allclose(graph(x), layer(x), atol=1e-6)


@BOTH
def test_second_order_gradient_equals_finite_differences(make):
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=(2, 4, 5, 2))) for _ in range(3))
    layer = make(dtype="float64")

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


@BOTH
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_every_policy(x, make, policy):
    outputs = make(dtype=policy)(x)
    assert outputs.dtype == keras.dtype_policies.get(policy).compute_dtype
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), make()(x), atol=3e-2)


@BOTH
def test_config_round_trip(x, make):
    layer = make((1, 2, 1), name="resample")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert (type(copy), copy.taps, copy.name) == (make, (1.0, 2.0, 1.0), "resample")
    np.testing.assert_array_equal(copy(x), layer(x))


@BOTH
@pytest.mark.parametrize("taps", [3, None, "13", (), (1,), (1, "3"), (1, float("nan")), (-1, 1), (True, 1)])
def test_bad_taps(make, taps):
    with pytest.raises(ValueError, match=r"`taps` (must be|are divided by their sum).* Received: taps="):
        make(taps)


def test_taps_that_would_draw_stripes():
    with pytest.raises(ValueError, match=r"a constant map gets stripes. Received: taps=\(1.0, 1.0, 1.0\), .* 2.0 and"):
        FIRUpsampling2D((1, 1, 1))


@BOTH
def test_an_input_of_unknown_size(make):
    with pytest.raises(ValueError, match=rf"{make.__name__} needs .* Received: input_shape=\(None, None, 8, 3\)"):
        make()(keras.Input((None, 8, 3)))
