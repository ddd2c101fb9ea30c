"""Tiles: where they lie, and that nobody sees it."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.gans._tiles import Tiles
from keras_gan.networks._sides import SupportedSides


def sampler_of(taken, **rule):
    """What `Tiles.chosen` asks of a sampler: images of some sides, and a network that says what it takes."""
    layers = [SupportedSides(**rule)] if rule else []
    network = keras.Sequential([keras.Input((*taken, 1)), *layers, keras.layers.ReLU()])
    return types.SimpleNamespace(inputs={"images": tf.TensorSpec((None, *taken, 1))}, network=network)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def blurred(images, radius):
    """The mean over a square around each pixel, with zeros outside: what a local network makes."""
    padded = np.pad(images, ((0, 0), (radius, radius), (radius, radius), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * radius + 1,) * 2, axis=(1, 2))
    return windows.mean(axis=(-2, -1), dtype=np.float64).astype("float32")


CUTS = [
    ((64, 64), (16, 16), (8, 8)),
    ((37, 50), (16, 16), (5, 4)),
    ((17, 16), (16, 16), (0, 0)),
    ((40, 9), (16, 12), (15, 3)),
    ((3, 1), (16, 12), (4, 3)),
]


@pytest.mark.parametrize("sides, tile, overlap", CUTS)
def test_the_identity_gives_each_image_back_to_the_bit(sides, tile, overlap):
    images = pictures(2, *sides, 3)
    shapes = set()
    found = Tiles(sides, tile, overlap).blended(lambda tiles: shapes.add(tiles.shape) or tiles, images)
    np.testing.assert_array_equal(found, images)
    assert shapes == {(2, *tile, 3)}


@pytest.mark.parametrize("sides, tile, overlap", CUTS)
def test_what_is_made_may_be_larger_than_the_tiles(sides, tile, overlap):
    def squares(images):
        return images.repeat(3, axis=1).repeat(3, axis=2)

    images = pictures(2, *sides, 1)
    found = Tiles(sides, tile, overlap, scale=3).blended(squares, images)
    np.testing.assert_array_equal(found, squares(images))


def test_what_is_made_in_another_size_cannot_be_blended():
    with pytest.raises(ValueError, match=r"that it is given times 3 .* Received: tiles of 8x8, which become 8x8"):
        Tiles((9, 8), (8, 8), (2, 0), scale=3).blended(lambda tiles: tiles, pictures(1, 9, 8, 1))


def test_a_network_that_looks_as_far_as_a_margin_makes_the_same_as_of_the_whole():
    images = pictures(1, 75, 64, 1)
    whole = blurred(images, 2)

    def error(overlap):
        tiles = Tiles((75, 64), (24, 20), (overlap, overlap))
        return np.abs(tiles.blended(lambda pieces: blurred(pieces, 2), images) - whole).max()

    assert error(8) < 1e-6
    # With a margin that is smaller by one pixel the edges of the tiles show.
    assert error(4) > 0.01


def test_tiles_that_differ_pass_into_each_other_without_a_step():
    brightness = iter([0.0, 1.0])
    found = Tiles((4, 28), (4, 16), (0, 4)).blended(
        lambda tiles: np.full_like(tiles, next(brightness)), np.zeros((1, 4, 28, 1), "float32")
    )
    # m = 1: one pixel of the overlap at each side belongs to one tile alone, and sin^2 of 1/4 and 3/4 of pi/2 between.
    expected = [*[0.0] * 13, np.sin(np.pi / 8) ** 2, np.cos(np.pi / 8) ** 2, *[1.0] * 13]
    np.testing.assert_allclose(found[0, 0, :, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    "sides, taken, tile, overlap, expected",
    [
        ((50, 40), (None, None), None, None, ((50, 40), (0, 0))),
        ((50, 40), (16, 16), None, None, ((16, 16), (4, 4))),
        ((50, 40), (None, None), 16, 6, ((16, 16), (6, 6))),
        # Tiles begin at multiples of 16, and of 32 here: most networks have such strides.
        ((200, 40), (None, None), 50, None, ((50, 40), (18, 0))),
        ((50, 40), (None, 12), (32, 12), 0, ((32, 12), (0, 0))),
        # A tile of more than the image is the image, where the network takes that.
        ((50, 40), (None, None), (64, 8), 2, ((50, 8), (0, 2))),
        # Nothing is cut along an axis where the image is smaller, so it needs no overlap.
        ((5, 40), (16, 16), None, 8, ((16, 16), (0, 8))),
    ],
)
def test_the_tiles_of_a_choice(sides, taken, tile, overlap, expected):
    tiles = Tiles.chosen(sides, sampler_of(taken), tile, overlap)
    assert (tiles.tile, tiles.overlap) == expected


@pytest.mark.parametrize(
    "sides, tile, expected",
    [
        # Whole images: continued to multiples of 8, and at least 16.
        ((50, 40), None, ((56, 40), (0, 0))),
        ((5, 41), None, ((16, 48), (0, 0))),
        # A tile of 20 is none that the network takes, and one of 24 is. Of 20 rows there are no more than 24.
        ((20, 90), 50, ((24, 56), (0, 24))),
        ((90, 90), 5, ((16, 16), (4, 4))),
    ],
)
def test_the_tiles_of_a_network_that_folds_pixels(sides, tile, expected):
    images = pictures(2, *sides, 1)
    tiles = Tiles.chosen(sides, sampler_of((None, None), multiple=8, smallest=16), tile)
    assert (tiles.tile, tiles.overlap) == expected
    starts = set()

    def made(pieces):
        starts.add(pieces.shape[1:3])
        return pieces.repeat(2, axis=1).repeat(2, axis=2)

    tiles = Tiles.chosen(sides, sampler_of((None, None), multiple=8, smallest=16), tile, scale=2)
    np.testing.assert_array_equal(tiles.blended(made, images), images.repeat(2, axis=1).repeat(2, axis=2))
    assert starts == {expected[0]}


def test_tiles_in_a_network_that_folds_pixels_begin_where_those_of_the_whole_image_do():
    """A network with a stride makes the same of a tile only where the tile begins at a multiple of it."""
    images = pictures(1, 45, 43, 1)
    sampler = sampler_of((None, None), multiple=4)

    def folded(pieces):
        rows = pieces[:, ::4, ::4]
        return rows.repeat(4, axis=1).repeat(4, axis=2)

    whole = Tiles.chosen((45, 43), sampler).blended(folded, images)
    np.testing.assert_array_equal(Tiles.chosen((45, 43), sampler, 20, 8).blended(folded, images), whole)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"tile": 8}, r"takes images of 16x16, so tiles can have no other size.*Received: tile=8"),
        ({"tile": (16, 16, 3)}, r"tuple \(height, width\) of two. Received: tile=\(16, 16, 3\)"),
        ({"tile": (16, None)}, r"tuple \(height, width\) of two. Received: tile=\(16, None\)"),
        ({"tile": 0}, r"`tile` must be an integer of at least 1.* Received: tile=0"),
        ({"overlap": 16}, r"`overlap` must be smaller than a tile, and a tile here has 16x16.*Received: overlap=16"),
        ({"overlap": -1}, r"`overlap` must be an integer of at least 0. Received: overlap=-1"),
    ],
)
def test_bad_choices(arguments, message):
    with pytest.raises(ValueError, match=message):
        Tiles.chosen((50, 40), sampler_of((16, 16)), **arguments)


def test_what_is_made_must_have_the_sides_of_the_tile():
    tiles = Tiles((8, 8), (4, 4), (1, 1))
    with pytest.raises(ValueError, match="tiles of 4x4, which become 2x2"):
        tiles.blended(lambda pieces: pieces[:, ::2, ::2], pictures(1, 8, 8, 1))
