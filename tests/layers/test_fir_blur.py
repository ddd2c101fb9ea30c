"""The filter next to a convolution that resamples: NumPy's numbers, and the other order of the two."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import FIRBlur2D, FIRDownsampling2D, FIRUpsampling2D


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")


@pytest.mark.parametrize(("taps", "growth"), [((1, 2, 1), 0), ((1, 3, 3, 1), 1), ((1, 3, 3, 1), -1), ((1, 5), 1)])
def test_equals_numpys_convolution_of_rows_and_columns(x, taps, growth):
    def filtered(column):
        start = (len(taps) - 1 - growth) // 2
        return np.convolve(column, np.array(taps) / sum(taps))[start : start + len(column) + growth]

    layer = FIRBlur2D(taps, growth)
    outputs = layer(x)
    np.testing.assert_allclose(
        outputs, np.apply_along_axis(filtered, 2, np.apply_along_axis(filtered, 1, x)), atol=1e-6
    )
    assert layer.compute_output_shape(x.shape) == outputs.shape == (2, 8 + growth, 6 + growth, 3)


def test_smoothing_and_a_convolution_of_stride_two_equal_downsampling_after_a_convolution(x):
    kernel = np.random.default_rng(1).normal(size=(3, 3, 3, 4)).astype("float32")
    fused = tf.nn.conv2d(FIRBlur2D(growth=1)(x), kernel, 2, "VALID")
    plain = FIRDownsampling2D()(tf.nn.conv2d(x, kernel, 1, "SAME"))
    assert fused.shape == plain.shape
    np.testing.assert_allclose(fused[:, 1:-1, 1:-1], plain[:, 1:-1, 1:-1], atol=1e-5)


def test_a_transposed_convolution_and_smoothing_equal_a_convolution_after_upsampling(x):
    kernel = np.random.default_rng(1).normal(size=(3, 3, 4, 3)).astype("float32")
    fused = 4.0 * FIRBlur2D(growth=-1)(tf.nn.conv2d_transpose(x, kernel, (2, 17, 13, 4), 2, "VALID"))
    turned = tf.transpose(kernel[::-1, ::-1], (0, 1, 3, 2))
    plain = tf.nn.conv2d(FIRUpsampling2D()(x), turned, 1, "SAME")
    assert fused.shape == plain.shape
    np.testing.assert_allclose(fused[:, 1:-1, 1:-1], plain[:, 1:-1, 1:-1], atol=1e-5)


def test_a_map_of_which_nothing_is_left_is_refused():
    with pytest.raises(ValueError, match=r"no pixels left.* Received: growth=-2, input_shape=\(1, 4, 2, 3\)"):
        FIRBlur2D(growth=-2)(np.zeros((1, 4, 2, 3)))
