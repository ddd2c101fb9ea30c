"""PSNR against its closed form, in every type of numbers, and what equal images do to its mean."""

import numpy as np
import pytest

from keras_gan.metrics import psnr

RNG = np.random.default_rng(0)
TARGETS = RNG.uniform(-0.9, 0.9, (3, 6, 8, 3))


def test_a_constant_error_has_a_closed_form():
    # 20 log10(peak / error), and the peak of [-1, 1] is 2.
    offsets = np.array([0.1, 0.02, -0.05])[:, None, None, None]
    scores = psnr(TARGETS + offsets, TARGETS)
    np.testing.assert_allclose(scores.values, 20 * np.log10(2 / np.abs(offsets.ravel())), rtol=1e-12)
    assert scores.mean == pytest.approx(scores.values.mean())


@pytest.mark.parametrize("dtype, peak", [("uint8", 255), ("uint16", 65535)])
def test_whole_numbers_are_in_the_range_of_their_type(dtype, peak):
    targets = RNG.integers(5, peak - 5, (2, 7, 7, 1)).astype(dtype)
    np.testing.assert_allclose(psnr(targets + 3, targets).values, 20 * np.log10(peak / 3))
    # The same numbers in another type, whose range is given.
    same = psnr(targets.astype("int32") + 3, targets.astype("int32"), value_range=(0, peak))
    np.testing.assert_allclose(same.values, psnr(targets + 3, targets).values)


def test_bytes_and_their_floats_have_one_value():
    pictures, others = (RNG.integers(0, 256, (2, 5, 5, 3)).astype("uint8") for _ in range(2))
    floats = pictures / 127.5 - 1
    np.testing.assert_allclose(psnr(floats, others).values, psnr(pictures, others).values, rtol=1e-9)


def test_equal_images_are_left_out_of_the_mean_and_counted():
    images = TARGETS.copy()
    images[1] += 0.1
    with pytest.warns(UserWarning, match="2 of 3 images equal their targets.* the mean is over the others") as caught:
        scores = psnr(images, TARGETS)
    assert caught[0].filename == __file__
    assert np.isinf(scores.values).tolist() == [True, False, True]
    assert scores.mean == scores.values[1]
    assert psnr(TARGETS, TARGETS).mean == np.inf


def test_the_luma_is_that_of_bt_601():
    # White against black differs by 219 of 255, and pure red, green and blue by the weights of the standard.
    black = np.zeros((4, 5, 5, 3), np.uint8)
    colours = np.array([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    errors = np.array([219.0, 65.481, 128.553, 24.966])
    scores = psnr(black + colours[:, None, None], black, channel="y")
    np.testing.assert_allclose(scores.values, 20 * np.log10(255 / errors), rtol=1e-9)


def test_it_is_what_papers_on_super_resolution_give():
    # In bytes, as their programs compute it: rgb2ycbcr in floats, as many pixels shaved as the factor, a peak of 255.
    pictures, others = (RNG.integers(0, 256, (3, 16, 20, 3)).astype("uint8") for _ in range(2))
    expected = []
    for picture, other in zip(pictures.astype(np.float64), others.astype(np.float64), strict=True):
        planes = [
            16 + (65.481 * image[..., 0] + 128.553 * image[..., 1] + 24.966 * image[..., 2]) / 255
            for image in (picture, other)
        ]
        difference = (planes[0] - planes[1])[4:12, 4:16]
        expected.append(10 * np.log10(255**2 / np.mean(difference**2)))
    np.testing.assert_allclose(psnr(pictures, others, channel="y", border=4).values, expected, rtol=1e-12)


def test_the_border_is_left_out():
    images = TARGETS.copy()
    images[:, :2], images[:, -2:], images[:, :, :2], images[:, :, -2:] = 1, 1, 1, 1
    images[:, 2:-2, 2:-2] += 0.1
    np.testing.assert_allclose(psnr(images, TARGETS, border=2).values, 20 * np.log10(2 / 0.1))


def test_many_images_are_compared_a_few_at_a_time(monkeypatch):
    images = np.clip(TARGETS + RNG.normal(0, 0.1, TARGETS.shape), -1, 1)
    whole = psnr(images, TARGETS).values
    monkeypatch.setattr("keras_gan.metrics._pairs._BYTES_AT_ONCE", 1)
    np.testing.assert_array_equal(psnr(images, TARGETS).values, whole)


@pytest.mark.parametrize(
    "images, options, message",
    [
        (TARGETS[:2], {}, r"two batches of the same shape.*images.shape=\(2, 6, 8, 3\), targets.shape=\(3, 6, 8, 3\)"),
        (TARGETS[0], {}, r"two batches of the same shape"),
        (127.5 * TARGETS + 127.5, {}, r"`images` must be finite numbers in \[-1, 1\]. They look like \[0, 255\]"),
        (TARGETS * np.nan, {}, r"must be finite numbers.* Received: lowest=nan"),
        (TARGETS.astype("int32"), {}, r"as in `value_range=\(0, 1023\)`. Received: images.dtype=int32"),
        (TARGETS, {"value_range": (1, 0)}, r"low < high. Received: value_range=\(1, 0\)"),
        (TARGETS, {"value_range": (0, 1)}, r"must be finite numbers in \[0, 1\]. Received: lowest=-0"),
        (TARGETS, {"channel": "Y"}, r"`channel` must be one of None, 'y'"),
        (TARGETS, {"border": 3}, r"`border` leaves nothing of images of 6 x 8 pixels.* Received: border=3"),
        ([["a"]], {}, r"`images` must be an array of numbers"),
    ],
)
def test_what_is_wrong_is_named(images, options, message):
    with pytest.raises(ValueError, match=message):
        psnr(images, TARGETS, **options)


def test_grey_images_have_no_other_luma():
    with pytest.raises(ValueError, match=r"leave out `channel`. Received: channel='y', images.shape=\(3, 6, 8, 1\)"):
        psnr(TARGETS[..., :1], TARGETS[..., :1], channel="y")


def test_images_of_zero_to_one_are_warned_of():
    images = (TARGETS > 0).astype(float)
    with pytest.warns(UserWarning, match=r"The images fill \[0, 1\]") as caught:
        psnr(images, TARGETS)
    assert caught[0].filename == __file__


def test_masks_leave_the_holes_alone_also_next_to_a_border_and_in_luma():
    rng = np.random.default_rng(0)
    images, targets = rng.integers(0, 256, (2, 2, 8, 8, 3), np.uint8)
    masks = np.zeros((2, 8, 8, 1))
    masks[:, 0:5, 2:4] = 1.0
    found = psnr(images, targets, masks=masks, border=1, channel="y").values
    luma = [(pair[:, 1:5, 2:4].astype("float64") / 255.0) @ [65.481, 128.553, 24.966] for pair in (images, targets)]
    expected = 10 * np.log10(255.0**2 / np.square(luma[0] - luma[1]).mean(axis=(1, 2)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("options", [{}, {"channel": "y"}])
def test_with_masks_too_bytes_and_their_floats_have_one_value(options):
    images, targets = np.random.default_rng(0).integers(0, 256, (2, 2, 6, 6, 3), np.uint8)
    masks = np.zeros((2, 6, 6, 1))
    masks[:, 1:4, 2:5] = 1.0
    expected = psnr(images, targets, masks=masks, **options).values
    for pair in ((images / 127.5 - 1.0, targets), (images, targets / 127.5 - 1.0)):
        np.testing.assert_allclose(psnr(*pair, masks=masks, **options).values, expected, rtol=1e-6)
