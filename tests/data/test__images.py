"""Fitting one image to a size."""

import numpy as np
import pytest

from keras_gan import data
from keras_gan.data._images import _center_box, fit


def fitted(image, size, *, channels=None, crop="center"):
    return fit(image, size=size, channels=channels, crop=crop)


def ramp(height, width):
    return np.arange(height * width, dtype=np.uint8).reshape(height, width, 1)


def test_an_image_that_fits_is_returned_itself():
    image = ramp(4, 6)
    assert fitted(image, (4, 6)) is image
    assert fitted(image, None, channels=1) is image


def test_the_centre_crop_keeps_the_middle_at_the_aspect_ratio_of_the_target():
    image = ramp(4, 10)
    np.testing.assert_array_equal(fitted(image, (4, 4)), image[:, 3:7])
    np.testing.assert_array_equal(fitted(image.transpose(1, 0, 2), (4, 4)), image.transpose(1, 0, 2)[3:7])


def test_without_a_crop_the_whole_image_is_squeezed():
    image = np.zeros((8, 16, 1), np.uint8)
    image[:, :4], image[:, 12:] = 255, 255
    assert fitted(image, (8, 8)).max() == 0
    assert fitted(image, (8, 8), crop=None)[0, [0, -1], 0].tolist() == [255, 255]


def test_a_reduction_is_antialiased():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    small = fitted(board, (8, 8)).astype(float)
    # A checkerboard finer than the target's pixels is grey there; without a filter it is black or white.
    np.testing.assert_allclose(small, 127.5, atol=3)


def test_an_enlargement_is_smooth():
    step = np.zeros((8, 8, 1), np.uint8)
    step[:, 4:] = 255
    row = fitted(step, (32, 32))[16, :, 0].astype(int)
    assert np.all(np.diff(row[8:24]) >= 0)
    assert np.diff(row).max() < 80


def test_floats_are_resized_as_floats_and_stay_in_range():
    step = np.full((8, 8, 2), -1, np.float32)
    step[:, 4:] = 1
    large = fitted(step, (16, 16))
    assert large.dtype == np.float32
    assert large.shape == (16, 16, 2)
    assert (large.min(), large.max()) == (-1, 1)
    as_bytes = fitted(np.uint8((step + 1) * 127.5), (16, 16))
    np.testing.assert_allclose((large + 1) * 127.5, as_bytes, atol=1)


def test_colours_become_grey_by_their_luma_and_grey_becomes_colours():
    red_green_blue = np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]])
    np.testing.assert_array_equal(fitted(red_green_blue, None, channels=1)[0, :, 0], [76, 150, 29])
    white = np.ones((1, 1, 3), np.float32)
    assert fitted(white, None, channels=1) == pytest.approx(1)
    np.testing.assert_array_equal(fitted(np.uint8([[[7]]]), None, channels=3), [[[7, 7, 7]]])


def test_only_grey_and_rgb_change_their_channels():
    with pytest.raises(ValueError, match=r"these have 5. Received: channels=3"):
        fitted(np.zeros((2, 2, 5), np.uint8), None, channels=3)


@pytest.mark.parametrize("target", [1, 28, 100, 112, 224, 299, 600])
def test_the_crop_of_every_size_lies_within_the_image_and_keeps_one_side(target):
    """Pillow refuses a box that leaves the image by a rounding error."""
    for side in range(1, 4001):
        for height, width in ((side, side), (side, 1 + side * 7 // 5), (1 + side // 3, side)):
            left, top, right, bottom = _center_box(height, width, (target, target))
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            assert (left, right) == (0, width) or (top, bottom) == (0, height)
            assert right - left == pytest.approx(bottom - top, rel=1e-9)


def test_images_of_a_size_that_once_rounded_wrongly_are_cropped():
    assert fitted(np.zeros((900, 900, 1), np.uint8), (28, 28)).shape == (28, 28, 1)
    assert fitted(np.zeros((1, 4000, 1), np.uint8), (224, 7)).shape == (224, 7, 1)


def test_a_depth_of_16_makes_the_floats_of_the_batches_of_bytes():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    deep = fit(levels, size=None, channels=None, crop=None, depth=16)
    (batch,) = data.load(levels[None], batch_size=1).take(1).as_numpy_iterator()
    np.testing.assert_array_equal(deep, batch[0])
    floats = deep * np.float32(0.3)
    assert fit(floats, size=None, channels=None, crop=None, depth=16) is floats


# --- Alpha ------------------------------------------------------------------------------------------------------------


def as_floats(image):
    return image.astype(np.float32) / 127.5 - 1


@pytest.mark.parametrize("image", [np.uint8([[[7]]]), np.uint8([[[7, 7, 7]]])])
def test_images_without_alpha_become_opaque(image):
    np.testing.assert_array_equal(fitted(image, None, channels=4), [[[7, 7, 7, 255]]])
    np.testing.assert_allclose(fitted(as_floats(image), None, channels=4), as_floats(np.uint8([[[7, 7, 7, 255]]])))


def test_the_colour_of_a_pixel_that_is_transparent_becomes_white():
    image = np.uint8([[[9, 8, 7, 0], [9, 8, 7, 1]]])
    expected = np.uint8([[[255, 255, 255, 0], [9, 8, 7, 1]]])
    np.testing.assert_array_equal(fitted(image, None, channels=4), expected)
    np.testing.assert_array_equal(fitted(as_floats(image), None, channels=4), as_floats(expected))
    # Nobody said that the four channels of an array are colours and alpha.
    assert fitted(image, None) is image


def half_transparent():
    """Red on the left, and a transparent green that nobody sees on the right."""
    image = np.zeros((16, 16, 4), np.uint8)
    image[:, :8] = [255, 0, 0, 255]
    image[:, 8:] = [0, 255, 0, 0]
    return image


@pytest.mark.parametrize("size", [(5, 5), (40, 40)])
@pytest.mark.parametrize("convert", [lambda image: image, as_floats])
def test_colours_that_nobody_sees_do_not_spread_when_the_size_changes(size, convert):
    resized = fitted(convert(half_transparent()), size, channels=4)
    resized = resized if resized.dtype == np.uint8 else np.rint((resized + 1) * 127.5)
    seen = resized[resized[..., 3] > 0]
    assert len(seen) < resized[..., 3].size
    np.testing.assert_array_equal(seen[:, :3], np.broadcast_to([255, 0, 0], (len(seen), 3)))
    np.testing.assert_array_equal(resized[resized[..., 3] == 0][:, :3], 255)


def test_a_resize_by_alpha_is_that_of_the_picture_on_any_ground():
    """Composed on grey after the resize, it is what the composed picture becomes."""
    rng = np.random.default_rng(0)
    # Smooth, so that the filter does not leave the range, where it is clipped.
    image = np.stack([np.outer(np.linspace(*rng.uniform(60, 200, 2), 24), np.linspace(0.7, 1.2, 24)) for _ in range(4)])
    image = (image / 127.5 - 1).astype(np.float32).transpose(1, 2, 0)

    def on_grey(picture):
        alpha = (picture[..., 3:] + 1) / 2
        return picture[..., :3] * alpha + 0.1 * (1 - alpha)

    np.testing.assert_allclose(
        on_grey(fitted(image, (9, 9), channels=4)), fitted(on_grey(image).astype(np.float32), (9, 9)), atol=1e-5
    )


def test_an_opaque_picture_is_resized_as_one_without_alpha():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    resized = fitted(image, (7, 7), channels=4)
    np.testing.assert_array_equal(resized[..., 3], 255)
    # Pillow rounds bytes between its two passes.
    np.testing.assert_allclose(resized[..., :3].astype(int), fitted(image, (7, 7)).astype(int), atol=1)


@pytest.mark.parametrize("image", [np.zeros((2, 2, 1), np.int64), np.zeros((2, 2, 1)), np.zeros((2, 2), np.uint8)])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(ValueError, match=rf"`prepare` one image.*dtype {image.dtype} and shape \(2, 2"):
        fitted(image, (4, 4))
