"""Regions of any shape: their share, their smoothness, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from keras_gan.masks import Regions
from keras_gan.masks.regions import _interpolation


def test_each_picture_has_the_share_and_no_two_are_alike():
    masks = Regions(0.3)(6, (20, 30), seed=[0, 1]).numpy()
    np.testing.assert_array_equal(masks.sum(axis=(1, 2, 3)), 180)
    assert len(np.unique(masks.reshape(6, -1), axis=0)) == 6


def test_more_cells_make_smaller_regions():
    def edges(cells):
        masks = Regions(cells=cells)(8, (64, 64), seed=[0, 1]).numpy()
        return np.abs(np.diff(masks, axis=1)).mean()

    assert edges(4) < 0.7 * edges(8) < 0.7 * edges(16)


def test_the_enlargement_is_cubic_convolution():
    """Away from the border, Pillow's bicubic filter is the same kernel."""
    row = np.random.default_rng(0).uniform(size=(1, 8)).astype("float32")
    enlarged = np.asarray(Image.fromarray(row).resize((40, 1), Image.Resampling.BICUBIC))[0]
    np.testing.assert_allclose((_interpolation(40, 8).numpy() @ row[0])[10:30], enlarged[10:30], atol=1e-5)


def test_of_few_pixels_one_is_known():
    masks = Regions(0.9)(3, (2, 2), seed=[0, 1]).numpy()
    np.testing.assert_array_equal(masks.sum(axis=(1, 2, 3)), 3)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, "some"])
def test_a_bad_share(share):
    with pytest.raises(ValueError, match=r"`share` must be .* Received: share="):
        Regions(share)
