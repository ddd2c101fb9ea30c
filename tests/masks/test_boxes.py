"""Rectangles: where they are, how large they are, and what is refused."""

import numpy as np
import pytest

from keras_gan.masks import Boxes


def drawn(masks, count=400, sides=(16, 24)):
    return masks(count, sides, seed=[0, 7]).numpy()[..., 0]


def extents(masks):
    """The first row and column of each rectangle, and its height and width."""
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    return np.stack([rows.argmax(axis=1), columns.argmax(axis=1), rows.sum(axis=1), columns.sum(axis=1)], axis=1)


def test_a_box_in_the_centre_is_the_same_in_all_pictures():
    masks = drawn(Boxes(0.5), count=3)
    expected = np.pad(np.ones((8, 12)), ((4, 4), (6, 6)))
    np.testing.assert_array_equal(masks, np.broadcast_to(expected, masks.shape))


def test_boxes_at_random_places_reach_every_place_and_every_size():
    masks = drawn(Boxes((0.25, 0.5), place="random"))
    top, left, height, width = extents(masks).T
    # Each is a full rectangle.
    np.testing.assert_array_equal(masks.sum(axis=(1, 2)), height * width)
    assert (set(height), set(width)) == ({4, 5, 6, 7, 8}, {6, 7, 8, 9, 10, 11, 12})
    assert (top.min(), (top + height).max(), left.min(), (left + width).max()) == (0, 16, 0, 24)
    # The height says nothing about the width.
    assert abs(np.corrcoef(height, width)[0, 1]) < 4 / np.sqrt(len(masks))


def test_a_box_has_at_least_one_pixel_and_at_most_the_picture():
    assert drawn(Boxes(0.001), count=1).sum() == 1
    assert drawn(Boxes(1.0, place="random"), count=2).min() == 1.0


@pytest.mark.parametrize("size", [0.0, 1.5, (0.5, 0.25), (0.1, 0.2, 0.3), "half", float("nan")])
def test_a_bad_size(size):
    with pytest.raises(ValueError, match=r"`size` must be .* Received: size="):
        Boxes(size)


def test_a_bad_place():
    with pytest.raises(ValueError, match="Did you mean 'centre'"):
        Boxes(place="center")
