"""Decoding one file, and fitting one image to a size."""

import numpy as np
import pytest
from PIL import Image

from keras_gan.data._images import decode, fit


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


def saved(tmp_path, image, name="a.png", **options):
    image.save(tmp_path / name, **options)
    return decode(tmp_path / name)


def test_grey_files_have_one_channel_and_the_others_three(tmp_path):
    grey = ramp(3, 5)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(grey[..., 0])), grey)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(grey[..., 0]), "a.pgm"), grey)
    colours = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(colours)), colours)
    assert saved(tmp_path, Image.new("1", (2, 2), 1)).tolist() == [[[255]] * 2] * 2


def test_sixteen_bits_are_rounded_to_eight(tmp_path):
    deep = Image.fromarray(np.uint16([[0, 257, 32768, 65535]]))
    np.testing.assert_array_equal(saved(tmp_path, deep)[0, :, 0], [0, 1, 128, 255])


def test_a_palette_gives_its_colours(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([250, 10, 20, 30, 240, 50])
    palette.putpixel((1, 0), 1)
    np.testing.assert_array_equal(saved(tmp_path, palette), [[[250, 10, 20], [30, 240, 50]]])


def test_transparent_parts_lie_on_white(tmp_path):
    glass = Image.fromarray(np.uint8([[[255, 0, 0, 255], [9, 9, 9, 0], [0, 0, 0, 51]]]))
    np.testing.assert_array_equal(saved(tmp_path, glass), [[[255, 0, 0], [255, 255, 255], [204, 204, 204]]])
    grey_glass = Image.fromarray(np.uint8([[[40, 255], [9, 0]]]), "LA")
    np.testing.assert_array_equal(saved(tmp_path, grey_glass), [[[40], [255]]])


def test_cmyk_becomes_rgb(tmp_path):
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    pixel = saved(tmp_path, cyan, "a.jpg", quality=95)[4, 4].astype(int)
    np.testing.assert_allclose(pixel, [0, 255, 255], atol=8)


def test_exif_turns_the_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright: turn by 90 degrees clockwise.
    image = ramp(2, 3)[..., 0]
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(image), exif=exif)[..., 0], np.rot90(image, -1))


def test_numbers_of_no_known_range_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"32-bit numbers whose range is unknown \(mode F\)"):
        saved(tmp_path, Image.fromarray(np.zeros((2, 2), np.float32)), "a.tif")
