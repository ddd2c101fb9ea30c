"""What the pure functions take."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics._features import require_features, require_two_sets


@pytest.mark.parametrize(
    "features",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], "uint8"),
        tf.constant([[1, 2], [3, 4]], tf.float32),
        tf.constant([[1, 2], [3, 4]], tf.bfloat16),
        np.array([[1, 3], [2, 4]], "float32").T,
    ],
    ids=["list", "uint8", "tensor", "bfloat16", "transposed"],
)
def test_features_become_float64_rows(features):
    array = require_features("features", features)
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, [[1.0, 2.0], [3.0, 4.0]])


def test_what_is_right_already_is_not_copied():
    features = np.zeros((3, 2))
    assert require_features("features", features) is features


@pytest.mark.parametrize(
    "features, message",
    [
        (np.zeros(3), r"must have the shape \(num_samples, num_features\).*Received: features of shape \(3,\)"),
        (np.zeros((2, 4, 4, 1)), r"one row for each sample. Received: features of shape \(2, 4, 4, 1\)"),
        (np.zeros((2, 0)), r"Received: features of shape \(2, 0\)"),
        (np.zeros((1, 3)), r"must hold at least 2 samples: .*Received: features of shape \(1, 3\)"),
        ([["a"], ["b"]], r"must be an array of numbers.*Received: features of type list"),
        (np.zeros((2, 2), complex), r"must hold real numbers. Received: features of dtype complex128"),
        (
            [[1.0, np.nan], [np.inf, 1.0], [1.0, 1.0]],
            r"must hold finite numbers.*Received: features with 2 such samples of 3",
        ),
    ],
)
def test_anything_else_is_refused(features, message):
    with pytest.raises(ValueError, match=message):
        require_features("features", features, least=2)


def test_both_sides_are_as_wide():
    with pytest.raises(ValueError, match=r"the same extractor. Received: arrays of shape \(2, 3\) and \(2, 2\)"):
        require_two_sets(np.zeros((2, 3)), np.zeros((2, 2)), least=1)
