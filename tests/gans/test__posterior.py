"""The divergence of a code in closed form, against the integral."""

import numpy as np
import tensorflow as tf
from scipy import integrate, stats

from keras_gan.gans._posterior import Posterior

MEAN = tf.constant([[0.3, -2.0], [0.0, 1.0]])
LOG_VARIANCE = tf.constant([[0.0, -3.0], [0.0, 1.5]])


def test_the_divergence_is_the_integral_of_its_definition():
    found = Posterior.of({"mean": MEAN, "log_variance": LOG_VARIANCE}, tf.zeros_like(MEAN)).divergences
    for mean, log_variance, divergence in zip(*map(np.ravel, (MEAN, LOG_VARIANCE, found)), strict=True):
        q, p = stats.norm(mean, np.exp(0.5 * log_variance)), stats.norm()
        expected, _ = integrate.quad(lambda z, q=q, p=p: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), *q.interval(1 - 1e-12))
        np.testing.assert_allclose(divergence, expected, atol=1e-5)


def test_it_is_summed_over_the_code_and_averaged_over_the_batch():
    posterior = Posterior.of({"mean": MEAN, "log_variance": LOG_VARIANCE}, tf.ones_like(MEAN))
    np.testing.assert_allclose(posterior.divergence, np.sum(posterior.divergences) / 2, rtol=1e-6)
    np.testing.assert_allclose(posterior.sample, MEAN + tf.exp(LOG_VARIANCE / 2), rtol=1e-6)
