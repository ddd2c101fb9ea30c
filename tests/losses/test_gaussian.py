"""The normal likelihood: SciPy's, with one scale or many, and the constant of the levels."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from keras_gan.losses import Gaussian

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (3, 4, 5, 2)).astype("float32")
MADE = RNG.uniform(-1, 1, IMAGES.shape).astype("float32")


@pytest.mark.parametrize("shape", [(3, 1, 1, 1), (3, 4, 1, 2), (3, 4, 5, 2)])
def test_it_is_the_normal_density_of_a_learnt_scale(shape):
    log_scale = RNG.normal(size=shape).astype("float32")
    found = Gaussian(levels=None).log_likelihood(IMAGES, {"images": MADE, "log_scale": log_scale})
    expected = stats.norm.logpdf(IMAGES, MADE, np.exp(log_scale)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_is_the_normal_density_of_a_fixed_scale():
    found = Gaussian(scale=0.3, levels=None).log_likelihood(IMAGES, {"images": MADE})
    np.testing.assert_allclose(found, stats.norm.logpdf(IMAGES, MADE, 0.3).sum(axis=(1, 2, 3)), rtol=1e-5)


def test_levels_add_the_log_of_their_width():
    density = Gaussian(scale=0.3, levels=None).log_likelihood(IMAGES, {"images": MADE})
    of_levels = Gaussian(scale=0.3, levels=256).log_likelihood(IMAGES, {"images": MADE})
    np.testing.assert_allclose(of_levels - density, 40 * math.log(2 / 255), rtol=1e-5)
    # The numbers of the docstring.
    assert round(784 * math.log(255 / 2), 1) == 3800.9
    assert round(math.log2(255 / 2), 2) == 6.99


def test_the_probabilities_of_all_levels_add_up_to_one():
    """With the noise, the mean over it, exp(E log p), is at most each level's probability."""
    likelihood, levels = Gaussian(scale=0.1, levels=17), np.linspace(-1, 1, 17, dtype="float32")
    pictures = np.tile(levels[:, None, None, None], (400, 1, 1, 1))
    uniform = np.repeat(np.linspace(0, 1, 400, endpoint=False) + 1 / 800, 17)[:, None, None, None]
    moved = likelihood.dequantised(tf.constant(pictures), tf.constant(uniform, tf.float32))
    logs = np.reshape(likelihood.log_likelihood(moved, {"images": 0.0 * moved}), (400, 17))
    # Farther away, the probability rounds to 0.
    is_near = np.abs(levels) < 0.5
    true = stats.norm.cdf(levels + 1 / 16, scale=0.1) - stats.norm.cdf(levels - 1 / 16, scale=0.1)
    np.testing.assert_allclose(np.exp(logs).mean(axis=0), true, rtol=1e-3, atol=1e-7)
    assert (logs.mean(axis=0)[is_near] <= np.log(true[is_near]) + 1e-3).all()


def test_images_are_moved_from_their_nearest_level_by_no_more_than_its_width():
    likelihood = Gaussian()
    images = tf.constant([-1.0, -0.001, 0.5, 1.0])[:, None, None, None]
    moved = [likelihood.dequantised(images, tf.fill(images.shape, u)) for u in (0.0, 0.5, 1.0)]
    levels = np.round((np.ravel(images) + 1) * 127.5) / 127.5 - 1
    np.testing.assert_allclose(np.ravel(moved[1]), levels, atol=1e-6)
    np.testing.assert_allclose(np.ravel(moved[2] - moved[0]), 2 / 255, atol=1e-6)
    assert Gaussian(levels=None).dequantised(images, None) is images


@pytest.mark.parametrize("options", [{"scale": 0.0}, {"scale": "1"}, {"levels": 1}, {"levels": 2.5}])
def test_bad_options(options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=rf"`{name}` must be .*Received: {name}={value!r}"):
        Gaussian(**options)
