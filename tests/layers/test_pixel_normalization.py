"""Pixel normalisation against the norm of NumPy."""

import keras
import numpy as np
import pytest

from keras_gan.layers import PixelNormalization


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 5, 6)])
def test_every_pixel_gets_the_mean_square_one_and_keeps_its_direction(shape):
    x = 5.0 * np.random.default_rng(0).normal(size=shape).astype("float32")
    outputs = PixelNormalization()(x)
    np.testing.assert_allclose(outputs, x * np.sqrt(6) / np.linalg.norm(x, axis=-1, keepdims=True), rtol=1e-6)


def test_zeros_stay_zeros_and_have_a_finite_slope():
    outputs = np.asarray(PixelNormalization()(np.array([[0.0, 0.0], [1e-4, -1e-4]], "float32")))
    np.testing.assert_allclose(outputs, [[0.0, 0.0], [0.5**0.5, -(0.5**0.5)]], rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_large_activations_do_not_overflow(policy):
    layer = PixelNormalization(dtype=policy)
    outputs = layer(np.full((1, 2, 2, 3), 3e4, "float32"))
    assert outputs.dtype == keras.DTypePolicy(policy).compute_dtype
    np.testing.assert_allclose(np.asarray(outputs, "float32"), 1.0, atol=5e-3)


def test_epsilon_must_be_positive():
    with pytest.raises(ValueError, match=r"`epsilon` must be a number in \(0.0, inf\). Received: epsilon=0"):
        PixelNormalization(0)
