"""SSIM against a slow reference in float64, as scikit-image defines it."""

import numpy as np
import pytest

from keras_gan.metrics import ssim

RNG = np.random.default_rng(0)


def pair(height, width, channels):
    """Two smooth noisy images in [-1, 1] that have something in common."""
    rows, columns = np.linspace(0, 3, height)[:, None, None], np.linspace(0, 4, width)[:, None]
    wave = np.sin(3 * rows) * np.cos(2 * columns)
    return [np.clip(0.6 * wave + RNG.normal(0, 0.2, (height, width, channels)), -1, 1) for _ in range(2)]


def slow_ssim(first, second):
    """Pixel by pixel: the mean over windows of 11 x 11, sigma 1.5, on [0, 1], and then over the channels."""
    size = min(11, *first.shape[:2])
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * (1.5 * size / 11) ** 2))[..., None]
    window /= window.sum()
    values = []
    for row in range(first.shape[0] - size + 1):
        for column in range(first.shape[1] - size + 1):
            x, y = ((image[row : row + size, column : column + size] + 1) / 2 for image in (first, second))
            mean_x, mean_y = (window * x).sum((0, 1)), (window * y).sum((0, 1))
            spread_x, spread_y = (window * (x - mean_x) ** 2).sum((0, 1)), (window * (y - mean_y) ** 2).sum((0, 1))
            shared = (window * (x - mean_x) * (y - mean_y)).sum((0, 1))
            luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
            values.append(luminance * (2 * shared + 9e-4) / (spread_x + spread_y + 9e-4))
    return np.mean(values)


@pytest.mark.parametrize("shape", [(16, 14, 1), (12, 20, 3), (11, 11, 4), (7, 9, 3)])
def test_it_is_the_definition(shape):
    pairs = [pair(*shape) for _ in range(2)]
    images, targets = (np.stack(side) for side in zip(*pairs, strict=True))
    expected = [slow_ssim(*both) for both in pairs]
    scores = ssim(images, targets)
    np.testing.assert_allclose(scores.values, expected, rtol=1e-10)
    assert 0.1 < scores.mean < 0.95


def test_the_luma_inside_the_border_is_what_papers_on_super_resolution_give():
    images, targets = (RNG.integers(0, 256, (1, 22, 20, 3)).astype("uint8") for _ in range(2))
    # slow_ssim takes [-1, 1]: 0 and 255 of the luma are its ends.
    lumas = [16 + np.tensordot(side[0] / 255.0, [65.481, 128.553, 24.966], 1) for side in (images, targets)]
    expected = slow_ssim(*(luma[4:-4, 4:-4, None] / 127.5 - 1 for luma in lumas))
    assert ssim(images, targets, channel="y", border=4).mean == pytest.approx(expected, rel=1e-10)


def test_equal_is_one_and_flat_images_differ_in_their_luminance():
    images = RNG.uniform(-1, 1, (2, 12, 12, 3))
    np.testing.assert_allclose(ssim(images, images).values, 1.0)
    dark, light = np.full((1, 12, 12, 1), -0.5), np.full((1, 12, 12, 1), 0.5)
    expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ssim(dark, light).mean == pytest.approx(expected)


def test_it_may_be_negative():
    images = RNG.uniform(-1, 1, (1, 12, 12, 1))
    assert ssim(images, -images).mean < -0.5
