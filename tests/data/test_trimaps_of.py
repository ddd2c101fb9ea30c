"""Trimaps against their definition, pixel by pixel."""

import numpy as np
import pytest

from keras_gan.data import trimaps_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("radius", [1, 2])
def test_a_pixel_is_known_if_all_around_it_is_alike(radius):
    # Large areas of both kinds, with some partial pixels.
    alphas = np.kron(RNG.integers(0, 2, (2, 3, 4)), np.ones((1, 6, 5))).astype("uint8")[..., None] * 255
    alphas[RNG.uniform(size=alphas.shape) < 0.01] = 99
    trimaps = trimaps_of(alphas, radius=radius)
    for number, i, j in np.ndindex(alphas.shape[:3]):
        top, left = max(0, i - radius), max(0, j - radius)
        around = alphas[number, top : i + radius + 1, left : j + radius + 1]
        expected = 255 if (around == 255).all() else 0 if (around == 0).all() else 128
        assert trimaps[number, i, j, 0] == expected
    assert set(np.unique(trimaps)) == {0, 128, 255}


def test_floats_and_bytes_agree():
    alphas = np.where(np.arange(20) < 9, 0, 255).astype("uint8").reshape(1, 1, 20, 1)
    floats = trimaps_of(alphas / 127.5 - 1.0, radius=3)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, np.rint(trimaps_of(alphas, radius=3) / 127.5 - 1))


@pytest.mark.parametrize(
    "alphas, options, message",
    [
        (np.zeros((1, 4, 4, 4), "uint8"), {}, r"`pictures\[..., 3:\]`. Received: alphas.shape=\(1, 4, 4, 4\)"),
        (np.full((1, 4, 4, 1), 255.0), {}, r"\[-1, 1\]"),
        (np.zeros((1, 4, 4, 1), "uint8"), {"radius": 0}, "`radius` must be an integer of at least 1"),
    ],
)
def test_bad_arguments(alphas, options, message):
    with pytest.raises(ValueError, match=message):
        trimaps_of(alphas, **options)


def test_alphas_of_zero_to_one_are_warned_of():
    with pytest.warns(UserWarning, match=r"`alphas \* 2 - 1`") as caught:
        trimaps_of(np.linspace(0.0, 1.0, 16).reshape(1, 4, 4, 1))
    assert caught[0].filename == __file__
