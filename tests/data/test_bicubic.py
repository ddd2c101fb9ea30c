"""Bicubic sources: the filter by hand, whole levels, and what files of the literature hold."""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.data import Bicubic

SEEDS = tf.zeros((1, 2), tf.int64)
FILE = Path(os.environ.get("KERAS_GAN_TEST_DATA") or "nowhere", "super_resolution.tar")


def keys(x):
    """The cubic filter of Keys 1981 with a = -1/2."""
    x = np.abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1.0, -0.5 * x**3 + 2.5 * x**2 - 4.0 * x + 2.0
    return np.where(x <= 1.0, near, np.where(x < 2.0, far, 0.0))


def by_hand(side, scale):
    """The matrix of the filter along an axis, `scale` times as wide, normalised over the pixels that exist."""
    centres = (np.arange(side // scale) + 0.5) * scale - 0.5
    weights = keys((np.arange(side) - centres[:, None]) / scale)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_the_filter_by_hand(scale):
    image = np.random.default_rng(0).uniform(-0.5, 0.5, (16, 12, 3)).astype("float32")
    expected = np.einsum("ih,jw,hwc->ijc", by_hand(16, scale), by_hand(12, scale), image)
    made = Bicubic(scale, levels=2**16)(image[np.newaxis], SEEDS)[0]
    np.testing.assert_allclose(made, expected, atol=3e-5)


def test_sources_have_the_levels_of_a_file():
    image = np.random.default_rng(0).uniform(-1.0, 1.0, (1, 16, 16, 1)).astype("float32")
    levels = (np.asarray(Bicubic(4)(image, SEEDS)) + 1.0) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    assert levels.min() >= 0
    assert levels.max() <= 255


@pytest.mark.skipif(not FILE.exists(), reason="the pictures of the literature are not here")
def test_it_makes_the_small_pictures_of_the_literature():
    """Away from the border, which MATLAB mirrors, to a level."""
    with tarfile.open(FILE) as files:
        names = sorted(name for name in files.getnames() if "Set5" in name and name.endswith(".png"))
        large, small = (
            np.asarray(Image.open(io.BytesIO(files.extractfile(name).read())).convert("RGB"), "float32") / 127.5 - 1.0
            for name in (next(n for n in names if kind in n) for kind in ("HR", "LR"))
        )
    made = np.asarray(Bicubic(4)(large[np.newaxis], SEEDS)[0])
    assert np.abs(made - small)[3:-3, 3:-3].max() <= 1.01 / 127.5


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"`scale` must be .* Received: scale=0"):
        Bicubic(0)
    with pytest.raises(ValueError, match="`levels` must be"):
        Bicubic(2, levels=1)
