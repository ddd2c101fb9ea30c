"""The Frechet distance: closed forms, another algorithm, and the sets that break other implementations."""

import numpy as np
import pytest
import scipy.linalg

from keras_gan.metrics import Moments, frechet_distance, frechet_distance_from_moments, moments

RNG = np.random.default_rng(0)


def slow_distance(real, fake):
    """The definition, with the root of the unsymmetric product by eigenvalues of a general matrix."""
    shift = np.sum((real.mean(0) - fake.mean(0)) ** 2)
    first, second = (np.cov(side, rowvar=False) for side in (real, fake))
    roots = np.sqrt(np.linalg.eigvals(first @ second).astype(complex))
    return shift + np.trace(first) + np.trace(second) - 2 * roots.real.sum()


def exact_moments(mean, covariance):
    return Moments(10**6, np.asarray(mean, float), np.asarray(covariance, float))


@pytest.mark.parametrize("dimensions", [1, 3, 40])
def test_two_round_gaussians(dimensions):
    mean, scale = np.linspace(-1, 2, dimensions), 3.0
    standard = exact_moments(np.zeros(dimensions), np.eye(dimensions))
    other = exact_moments(mean, scale**2 * np.eye(dimensions))
    expected = mean @ mean + dimensions * (1 - scale) ** 2
    assert frechet_distance_from_moments(standard, other) == pytest.approx(expected, rel=1e-12)


def test_gaussians_with_the_same_axes():
    axes = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    first, second = np.array([1, 2, 3, 4, 5.0]), np.array([5, 0.5, 3, 0, 2.0])
    distance = frechet_distance_from_moments(
        exact_moments(np.zeros(5), axes * first**2 @ axes.T), exact_moments(np.zeros(5), axes * second**2 @ axes.T)
    )
    assert distance == pytest.approx(np.sum((first - second) ** 2), rel=1e-10)


@pytest.mark.parametrize("dimensions, count, expected", [(32, 1000, 0.592), (64, 5000, 0.4416)])
def test_the_bias_of_equal_distributions_is_as_large_as_the_theory_says(dimensions, count, expected):
    values = [frechet_distance(*RNG.normal(size=(2, count, dimensions))) for _ in range(4)]
    assert np.mean(values) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("counts", [(200, 300), (30, 40), (200, 12), (12, 200), (21, 20), (2, 2)])
def test_it_is_the_definition_whatever_the_rank(counts):
    real, fake = RNG.normal(size=(counts[0], 20)) @ RNG.normal(size=(20, 20)), RNG.uniform(size=(counts[1], 20)) ** 2
    assert frechet_distance(real, fake) == pytest.approx(slow_distance(real, fake), rel=1e-6)
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-10)


def test_both_ways_agree_where_both_apply():
    real, fake = RNG.normal(size=(2, 60, 20)) * np.linspace(0.1, 3, 20)
    factors = [(side - side.mean(0)).T / np.sqrt(59) for side in (real, fake)]
    root = scipy.linalg.svdvals(factors[0].T @ factors[1]).sum()
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2) + sum(np.sum(f**2) for f in factors) - 2 * root
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("count", [10, 100])
def test_equal_sets_have_no_distance_and_never_a_negative_one(count):
    features = RNG.normal(size=(count, 30)) + 50
    assert 0 <= frechet_distance(features, features[::-1]) < 1e-6


def test_constant_features_are_no_special_case():
    real, fake = np.zeros((2, 50, 4))
    real[:, 0], fake[:, 0], fake[:, 3] = np.linspace(0, 1, 50), np.linspace(0, 2, 50), 5.0
    expected = slow_distance(real[:, :1].repeat(2, 1), fake[:, :1].repeat(2, 1)) / 2
    assert frechet_distance(real, fake) == pytest.approx(25.0 + expected, rel=1e-9)
    assert frechet_distance(np.zeros((50, 4)), np.ones((50, 4))) == 4.0


def test_a_large_mean_beside_a_small_deviation_is_no_rounding_error():
    real, fake = 50 + 0.1 * RNG.normal(size=(2, 5000, 3)).astype("float32")
    expected = slow_distance(real.astype("float64") - 50, fake.astype("float64") - 50)
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)


def test_the_order_of_the_samples_does_not_matter():
    real, fake = RNG.normal(size=(2, 100, 8))
    shuffled = fake[RNG.permutation(100)]
    assert frechet_distance(real, shuffled) == pytest.approx(frechet_distance(real, fake), rel=1e-12)


def test_moments_are_those_of_numpy():
    features = RNG.normal(size=(50, 3))
    count, mean, covariance = moments(features)
    assert count == 50
    np.testing.assert_allclose(mean, features.mean(0))
    np.testing.assert_allclose(covariance, np.cov(features, rowvar=False))


@pytest.mark.parametrize(
    "real, fake, message",
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), r"`real_features` must hold at least 2 samples"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), r"`fake_features` must hold finite numbers.*5 such samples of 5"),
        (
            np.zeros((5, 3)),
            np.zeros((5, 4)),
            r"the same number of features.*Received: arrays of shape \(5, 3\) and \(5, 4\)",
        ),
    ],
)
def test_bad_features_are_refused(real, fake, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(real, fake)
