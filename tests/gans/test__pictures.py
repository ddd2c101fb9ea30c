"""Pictures as files hold them: no level is lost, the alpha stays, and no colour of what nobody sees comes back."""

import numpy as np
import pytest

from keras_gan.gans._pictures import Picture, PictureWithHoles


def levels(dtype, *shape):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1), (4, 3, 3)])
def test_what_the_network_leaves_alone_comes_back_to_the_level(dtype, shape):
    picture = levels(dtype, *shape)
    given = Picture(picture, 3 if shape[-1] == 3 and len(shape) == 3 else 1)
    np.testing.assert_array_equal(given.enlarged(given.colours), picture)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_all_levels_come_back(dtype):
    picture = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(256, -1)
    given = Picture(picture, 1)
    np.testing.assert_array_equal(given.enlarged(given.colours), picture)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1)])
def test_grey_goes_through_a_network_for_colours(shape):
    picture = levels("uint8", *shape)
    given = Picture(picture, 3)
    assert given.colours.shape == (4, 3, 3)
    np.testing.assert_array_equal(given.enlarged(given.colours), picture)


@pytest.mark.parametrize("channels, taken", [(4, 3), (2, 1), (2, 3), (3, 2), (5, 4)])
def test_the_alpha_is_kept(channels, taken):
    picture = levels("uint8", 6, 5, channels)
    given = Picture(picture, taken)
    assert given.colours.shape == (6, 5, taken)
    made = given.enlarged(given.colours)
    assert made.shape == picture.shape
    np.testing.assert_array_equal(made[..., -1], picture[..., -1])


def test_the_alpha_is_enlarged_with_the_colours():
    picture = np.zeros((4, 4, 4), "uint8")
    picture[:, 2:] = 255
    made = Picture(picture, 3).enlarged(np.ones((8, 8, 3), "float32"))
    assert made.shape == (8, 8, 4)
    np.testing.assert_array_equal(made[:, [0, 1, 6, 7], 3], [[0, 0, 255, 255]] * 8)


def test_the_colours_of_what_is_transparent_do_not_reach_the_network():
    """Opaque green on transparent black: the network sees green alone."""
    picture = np.zeros((6, 6, 4), "uint8")
    picture[2:4, 2:4] = [0, 255, 0, 255]
    np.testing.assert_array_equal(Picture(picture, 3).colours, np.full((6, 6, 3), [-1.0, 1.0, -1.0]))


def test_a_network_with_alpha_takes_it_as_it_is():
    picture = levels("uint8", 3, 3, 4)
    given = Picture(picture, 4)
    np.testing.assert_array_equal(given.enlarged(given.colours), picture)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels, taken", [(4, 3), (2, 1), (2, 3)])
def test_holes_are_filled_and_known_pixels_keep_every_level(dtype, channels, taken):
    white = np.iinfo(dtype).max
    picture = np.maximum(levels(dtype, 6, 5, channels), 1)
    picture[1:3, 2:, -1] = 0
    filled = PictureWithHoles(picture, taken).filled(lambda images, masks: np.where(masks > 0.5, 1.0, 0.1 * images))
    assert filled.shape == (6, 5, taken + 1)
    assert (filled[1:3, 2:] == white).all()
    np.testing.assert_array_equal(filled[0, :, -1], picture[0, :, -1])
    np.testing.assert_array_equal(filled[3:, :, :taken], np.broadcast_to(picture[3:, :, :-1], (3, 5, taken)))
    # Without half transparent pixels there is no alpha.
    picture[..., -1] = np.where(picture[..., -1], white, 0)
    assert PictureWithHoles(picture, taken).filled(lambda images, masks: images).shape == (6, 5, taken)


@pytest.mark.parametrize("shape, taken, words", [((4, 3, 3), 3, "must have an alpha"), ((4, 3, 4), 1, "of 1 channels")])
def test_a_picture_without_a_hole_or_with_other_channels_is_refused(shape, taken, words):
    with pytest.raises(ValueError, match=rf"{words}.*Received: picture"):
        PictureWithHoles(np.zeros(shape, "uint8"), taken)


def test_another_alpha_takes_the_place_of_the_first():
    picture = levels("uint16", 3, 4, 3)
    alpha = np.random.default_rng(1).random((3, 4, 1)).astype("float32")
    made = Picture(picture, 3).with_alpha(alpha)
    np.testing.assert_array_equal(made[..., :3], picture)
    np.testing.assert_allclose(made[..., 3:] / 65535, alpha, atol=1e-5)
    np.testing.assert_array_equal(Picture(made, 3).with_alpha(np.ones_like(alpha))[..., 3], 65535)
