"""The judge of the demo against closed forms."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def judge(load_script):
    """The module."""
    return load_script("benchmarks", "_judge.py")


def test_frechet_distance_of_two_gaussians(judge):
    # |m|^2 + d (1 - s)^2 for N(0, I) and N(m, s^2 I).
    rng = np.random.default_rng(0)
    shift = np.array([1.0, 0.0, -2.0, 0.5])
    distance = judge.frechet_distance(rng.normal(size=(50000, 4)), 1.5 * rng.normal(size=(50000, 4)) + shift)
    assert distance == pytest.approx(5.25 + 4 * 0.25, rel=0.02)


def test_frechet_distance_of_a_set_from_itself_and_with_fewer_samples_than_features(judge):
    samples = np.random.default_rng(0).normal(size=(5, 8))
    assert judge.frechet_distance(samples, samples) == pytest.approx(0.0, abs=1e-6)


def test_nearest_distance(judge):
    queries, references = np.array([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]]), np.array([[0.0, 1.0], [3.0, 0.0]])
    assert judge.nearest_distance(queries, references) == pytest.approx(4.0)


def test_gaussian_samples_have_the_moments_of_the_pixels(judge):
    rng = np.random.default_rng(1)
    images = (0.1 * rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4))).reshape(500, 2, 2, 1).astype("float32")
    samples = judge.gaussian_samples(images)
    assert samples.shape == (1797, 2, 2, 1)
    np.testing.assert_allclose(
        np.cov(samples.reshape(-1, 4), rowvar=False), np.cov(images.reshape(-1, 4), rowvar=False), atol=0.02
    )
