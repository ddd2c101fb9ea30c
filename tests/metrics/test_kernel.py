"""The kernel distance: its expectation, its definition, and small sets."""

import itertools
import warnings

import numpy as np
import pytest

from keras_gan.metrics import kernel_distance

RNG = np.random.default_rng(0)


def kernel(x, y):
    return (x @ y / len(x) + 1) ** 3


def slow_distance(x, y):
    """Lemma 6 of Gretton et al., pair by pair."""
    m = len(x)
    same = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in itertools.permutations(range(m), 2))
    between = sum(kernel(a, b) for a, b in itertools.product(x, y))
    return same / (m * (m - 1)) - 2 * between / m**2


def expectation(first, second, dimensions):
    """E k(x, y) of N(first, I) and N(second, I), all entries of either mean being equal; METRICS' closed form."""
    a2, b2, ab, d = dimensions * first**2, dimensions * second**2, dimensions * first * second, dimensions
    cubic = ab**3 + 3 * ab * (a2 + b2 + d + 2)
    return 1 + 3 * ab / d + 3 * (ab**2 + a2 + b2 + d) / d**2 + cubic / d**3


def test_two_gaussians():
    dimensions = 16
    expected = sum(sign * expectation(a, b, dimensions) for sign, a, b in [(1, 0, 0), (1, 0.5, 0.5), (-2, 0, 0.5)])
    assert expected == pytest.approx(1.0293, abs=5e-5)
    real, fake = RNG.normal(size=(2, 20_000, dimensions))
    mean, deviation = kernel_distance(real, fake + 0.5)
    # 20,000 samples make 20 subsets that have nothing in common.
    assert mean == pytest.approx(expected, abs=4 * deviation / np.sqrt(20))


def test_equal_distributions_have_the_mean_zero():
    real, fake = RNG.normal(size=(2, 20_000, 16))
    mean, deviation = kernel_distance(real, fake)
    assert abs(mean) < 4 * deviation / np.sqrt(20)


def test_one_subset_of_all_is_the_definition():
    real, fake = RNG.normal(size=(12, 5)), RNG.normal(0.7, size=(12, 5))
    value = kernel_distance(real, fake, subset_size=12, num_subsets=3)
    assert value.mean == pytest.approx(slow_distance(real, fake), rel=1e-12)
    assert value.standard_deviation == pytest.approx(0, abs=1e-12)


def test_mean_and_deviation_are_over_the_subsets():
    real, fake = RNG.normal(size=(2, 50, 3))
    # With the same seed the first subsets are the same ones.
    means = [kernel_distance(real, fake, subset_size=20, num_subsets=n).mean for n in (1, 2, 3)]
    values = [means[0], 2 * means[1] - means[0], 3 * means[2] - 2 * means[1]]
    assert kernel_distance(real, fake, subset_size=20, num_subsets=3).standard_deviation == pytest.approx(
        np.std(values)
    )


def test_small_sets_shrink_the_subsets_and_say_so():
    real, fake = RNG.normal(size=(30, 3)), RNG.normal(size=(20, 3))
    with pytest.warns(UserWarning, match="the subsets have 20 of either side instead of 1000"):
        shrunk = kernel_distance(real, fake)
    with warnings.catch_warnings(action="error"):
        assert shrunk == kernel_distance(real, fake, subset_size=20)


def test_permutations_change_nothing_and_the_seed_does():
    real, fake = RNG.normal(size=(2, 200, 3))
    value = kernel_distance(real, fake, subset_size=50)
    shuffled = kernel_distance(real[RNG.permutation(200)], fake[::-1], subset_size=50)
    assert shuffled == pytest.approx(value, rel=1e-9)
    assert kernel_distance(real, fake, subset_size=50, seed=1) != value


def test_constant_features_are_finite():
    assert kernel_distance(np.ones((20, 3)), np.ones((20, 3)), subset_size=10).mean == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "real, fake, options, message",
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), {}, r"`real_features` must hold at least 2 samples"),
        (np.zeros((5, 3)), np.full((5, 3), np.inf), {}, r"`fake_features` must hold finite numbers"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"subset_size": 1}, r"`subset_size` must be an integer of at least 2"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"num_subsets": 0}, r"`num_subsets` must be an integer of at least 1"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"subset_size": 2, "seed": -1}, r"`seed` must be"),
    ],
)
def test_bad_arguments_are_refused(real, fake, options, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(real, fake, **options)
