"""The errors of alphas against direct formulas in float64."""

import math

import numpy as np
import pytest

from keras_gan.metrics import matting_errors

RNG = np.random.default_rng(0)


def scene(count=2):
    trimaps = RNG.integers(-1, 2, (count, 14, 11, 1)).astype("float64")
    targets, alphas = RNG.uniform(0, 1, (2, count, 14, 11, 1))
    return alphas, targets, trimaps


def slow_gradient(alpha):
    """Pixel by pixel: correlation with derivatives of a Gaussian, whose squares sum to 1; the edge repeated."""
    kernel = np.zeros((9, 9))
    for i in range(9):
        for j in range(9):
            u, v = i - 4, j - 4
            bells = [math.exp(-(w**2) / (2 * 1.4**2)) / (1.4 * math.sqrt(2 * math.pi)) for w in (u, v)]
            kernel[i, j] = bells[0] * (-v * bells[1] / 1.4**2)
    kernel /= math.sqrt((kernel**2).sum())
    height, width = alpha.shape
    length = np.zeros(alpha.shape)
    for y in range(height):
        for x in range(width):
            rows, columns = (np.clip(np.arange(c - 4, c + 5), 0, end - 1) for c, end in ((y, height), (x, width)))
            patch = alpha[np.ix_(rows, columns)]
            length[y, x] = math.hypot((kernel * patch).sum(), (kernel.T * patch).sum())
    return length


def test_each_error_is_its_formula():
    alphas, targets, trimaps = scene()
    errors = matting_errors(alphas, targets, trimaps)
    for row in range(2):
        made, true, unknown = alphas[row, ..., 0], targets[row, ..., 0], trimaps[row, ..., 0] == 0
        assert errors.sad[row] == pytest.approx(np.abs(made - true)[unknown].sum() / 1000)
        assert errors.mse[row] == pytest.approx(((made - true)[unknown] ** 2).mean())
        slopes = (slow_gradient(made) - slow_gradient(true))[unknown]
        assert errors.gradient[row] == pytest.approx((slopes**2).sum() / 1000)


def test_what_is_known_does_not_count_unless_it_is_next_to_what_is_not():
    alphas, targets, trimaps = scene()
    trimaps[...] = np.where(np.arange(11)[:, None] > 9, 0.0, 1.0)
    other = np.where(np.arange(11)[:, None] < 5, 1.0 - alphas, alphas)
    for one, another in zip(*(matting_errors(each, targets, trimaps) for each in (alphas, other)), strict=True):
        np.testing.assert_allclose(one, another)


def test_bytes_and_floats_agree_and_truth_has_no_error():
    alphas, targets, trimaps = (np.rint(255 * np.abs(each)).astype("uint8") for each in scene())
    trimaps = np.where(trimaps == 0, 128, trimaps).astype("uint8")
    floats = alphas / 255, targets / 255, trimaps / 127.5 - 1
    for one, another in zip(matting_errors(alphas, targets, trimaps), matting_errors(*floats), strict=True):
        np.testing.assert_allclose(one, another)
    assert not np.any(matting_errors(targets, targets, trimaps))


def test_trimaps_of_zero_to_one_are_warned_of():
    alphas, targets, trimaps = scene()
    with pytest.warns(UserWarning, match=r"`trimaps \* 2 - 1`") as caught:
        matting_errors(alphas, targets, (trimaps + 1) / 2)
    assert caught[0].filename == __file__
    matting_errors(alphas, targets, np.abs(trimaps))


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda a, t, m: (2 * a - 1, t, m),
            r"`alphas` must be uint8, or floats in \[0, 1\]. Map those .*`\(alphas",
        ),
        (lambda a, t, m: (a, t * np.nan, m), "`targets` must be uint8, or floats"),
        (lambda a, t, m: (a, t, 128 + m), r"`trimaps` must be uint8, or floats in \[-1, 1\]. Received"),
        (lambda a, t, m: (a, t[:1], m), r"must have the same shape.* targets.shape=\(1, 14, 11, 1\)"),
        (lambda a, t, m: (a, t, np.stack([m[0], 0 * m[1] + 1])), r"must leave something open.* at \[1\]"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        matting_errors(*change(*scene()))
