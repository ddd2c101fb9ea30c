"""L1 in the range of the images."""

import numpy as np
import pytest

from keras_gan.metrics import l1


def test_it_is_the_mean_absolute_difference_of_each_pair():
    rng = np.random.default_rng(0)
    images, targets = rng.uniform(-1, 1, (2, 4, 5, 6, 3))
    scores = l1(images, targets)
    np.testing.assert_allclose(scores.values, np.abs(images - targets).mean(axis=(1, 2, 3)), rtol=1e-12)
    assert scores.mean == pytest.approx(np.abs(images - targets).mean())


def test_bytes_are_mapped_to_the_range_of_the_images():
    black, grey = np.zeros((1, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 51, np.uint8)
    assert l1(grey, black).mean == pytest.approx(0.4)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="two batches of the same shape"):
        l1(np.zeros((1, 2, 2, 1)), np.zeros((1, 2, 2, 3)))
