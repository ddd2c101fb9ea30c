"""The union of families of masks."""

import numpy as np
import pytest

from keras_gan.masks import Boxes, Masks, Union


def test_a_pixel_is_hole_if_it_is_in_one_of_them_and_each_draws_for_itself():
    family = Boxes(0.25, place="random")
    masks = Union([family, Union([family, family])])(50, (16, 16), seed=[0, 5]).numpy()
    # Three boxes of 16 pixels that do not often meet.
    assert 33 < masks.sum(axis=(1, 2, 3)).mean() < 48
    np.testing.assert_array_equal(
        Union([Boxes(0.25), Boxes(0.5)])(2, (8, 8), seed=[0, 5]), Boxes(0.5)(2, (8, 8), seed=[1, 5])
    )


@pytest.mark.parametrize("families", [[], Boxes(), [Boxes], None])
def test_bad_families(families):
    with pytest.raises(ValueError, match="`families` must be a list"):
        Union(families)


def test_a_family_of_ones_own_is_a_member():
    class All(Masks):
        def holes(self, count, sides, seed):
            return np.ones((count, *sides), bool)

    assert Union([Boxes(), All()])(1, (4, 4), seed=[0, 0]).numpy().min() == 1.0
