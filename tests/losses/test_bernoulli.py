"""The likelihood of black and white: SciPy's, also where a probability rounds to 0 or 1."""

import numpy as np
from scipy import stats
from scipy.special import expit

from keras_gan.losses import Bernoulli

RNG = np.random.default_rng(0)


def test_it_is_the_probability_of_white_and_black():
    images = np.where(RNG.uniform(size=(3, 4, 5, 2)) < 0.5, 1.0, -1.0).astype("float32")
    logits = RNG.normal(0, 3, images.shape).astype("float32")
    expected = stats.bernoulli.logpmf(images > 0, expit(logits.astype("float64"))).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(Bernoulli().log_likelihood(images, {"logits": logits}), expected, rtol=1e-5)


def test_grey_is_the_expectation_of_its_binarisation():
    grey, logits = np.full((1, 1, 1, 1), -0.5, "float32"), np.full((1, 1, 1, 1), 0.7, "float32")
    white, black = (float(Bernoulli().log_likelihood(0 * grey + x, {"logits": logits})[0]) for x in (1, -1))
    found = float(Bernoulli().log_likelihood(grey, {"logits": logits})[0])
    np.testing.assert_allclose(found, 0.25 * white + 0.75 * black, rtol=1e-6)


def test_certain_and_wrong_is_finite():
    white = np.ones((1, 1, 1, 1), "float32")
    assert float(Bernoulli().log_likelihood(white, {"logits": -200 * white})[0]) == -200.0
