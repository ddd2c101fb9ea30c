import numpy as np
import pytest

from keras_gan.metrics import identity_constancy


def test_the_share_is_that_of_the_most_frequent_class():
    rng = np.random.default_rng(0)
    classes = rng.integers(6, size=(50, 12))
    expected = [np.bincount(clip).max() / 12 for clip in classes]
    np.testing.assert_allclose(identity_constancy(classes), expected)
    np.testing.assert_allclose(identity_constancy(rng.permuted(classes, axis=1)), expected)


@pytest.mark.parametrize("classes", [[1, 2, 3], [[0.5, 1.0]], [[-1, 2]], np.zeros((2, 0), int), np.zeros((2, 3, 10))])
def test_what_are_no_classes_is_refused(classes):
    with pytest.raises(ValueError, match=r"`classes` must be integers from 0 of shape \(num_clips, num_frames\)"):
        identity_constancy(classes)
