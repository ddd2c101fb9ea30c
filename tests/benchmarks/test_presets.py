"""The benchmark of the presets: the baseline that it compares with."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "presets.py")
    module.FLAGS(["presets.py"])
    return module


def test_the_gaussian_has_the_mean_and_the_covariance_of_the_pixels(script):
    rng = np.random.default_rng(0)
    images = (0.2 * rng.normal(size=(40, 2, 3, 1)) + rng.uniform(-0.3, 0.3, (2, 3, 1))).clip(-1, 1)
    drawn = script._protocol.gaussian_like(images, 20_000)
    assert drawn.shape == (20_000, 2, 3, 1)
    np.testing.assert_allclose(drawn.mean(axis=0), images.mean(axis=0), atol=0.01)
    covariances = [np.cov(each.reshape(len(each), -1), rowvar=False) for each in (drawn, images)]
    np.testing.assert_allclose(*covariances, atol=0.003)
