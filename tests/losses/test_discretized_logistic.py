"""The likelihood of levels: SciPy's, a distribution, and exact where its two sigmoids are equal."""

import numpy as np
import pytest
from scipy import stats

from keras_gan.losses import DiscretizedLogistic

RNG = np.random.default_rng(0)
LEVELS = np.linspace(-1, 1, 256)


def log_likelihoods(images, location, log_scale, levels=256):
    rows = np.reshape(images, (-1, 1, 1, 1)).astype("float32")
    made = {"images": np.full_like(rows, location), "log_scale": np.full_like(rows, log_scale)}
    return np.asarray(DiscretizedLogistic(levels).log_likelihood(rows, made), "float64")


@pytest.mark.parametrize("location, log_scale", [(0.0, 0.0), (-0.9, -3.0), (0.99, -1.0), (1.3, -2.0)])
def test_it_is_the_probability_of_each_level(location, log_scale):
    found = log_likelihoods(LEVELS, location, log_scale)
    cumulative = stats.logistic.cdf(LEVELS[:-1] + 1 / 255, location, np.exp(log_scale))
    expected = np.diff(np.concatenate([[0.0], cumulative, [1.0]]))
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-3, atol=1e-7)
    assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-4)


def test_far_from_the_location_it_is_exact_where_the_sigmoids_are_equal():
    found = log_likelihoods([1 / 255], -0.9, -5.0)
    # Far out, S(a) is 1 - exp(-a).
    scale = np.exp(-5.0)
    expected = np.log(2 * np.sinh(1 / 255 / scale)) - (0.9 + 1 / 255) / scale
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.isfinite(log_likelihoods([-1.0, 0.0, 1.0], 0.5, -12.0)).all()


def test_a_number_counts_as_the_level_nearest_to_it():
    np.testing.assert_array_equal(log_likelihoods([0.3], 0.0, -1.0, 3), log_likelihoods([0.0], 0.0, -1.0, 3))
    with pytest.raises(ValueError, match=r"`levels` must be an integer of at least 2. Received: levels=1"):
        DiscretizedLogistic(1)
