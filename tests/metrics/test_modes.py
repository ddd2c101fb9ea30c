"""Mode coverage against closed forms and a slow reference."""

import math

import numpy as np
import pytest

from keras_gan.metrics import class_coverage, mode_coverage

CORNERS = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]


def reference(samples, centres, deviation, radius):
    """The definition, sample by sample."""
    counts = [0] * len(centres)
    for sample in samples:
        distances = [math.dist(sample, centre) for centre in centres]
        k = distances.index(min(distances))
        counts[k] += distances[k] <= radius * deviation
    good = sum(counts)
    kl = sum(n / good * math.log(len(centres) * n / good) for n in counts if n)
    return sum(n > 0 for n in counts), good / len(samples), kl


def test_all_modes_alike():
    assert mode_coverage(CORNERS * 10, CORNERS, 0.1) == (4, 1.0, 0.0)


@pytest.mark.parametrize("covered", [1, 2, 3])
def test_an_even_spread_over_some_of_the_modes(covered):
    coverage = mode_coverage(CORNERS[:covered] * 5, CORNERS, 0.1)
    assert coverage.num_modes == covered
    assert coverage.reverse_kl == pytest.approx(math.log(4 / covered))


def test_the_radius_is_a_distance_in_standard_deviations():
    # At 45 degrees, 2.9 and 3.1 deviations away: a box of three along each axis would let both in.
    offsets = np.array([2.9, 3.1])[:, None] * 0.1 * math.sqrt(0.5)
    samples = np.asarray(CORNERS[0]) + np.hstack([offsets, offsets])
    assert mode_coverage(samples, CORNERS, 0.1).high_quality_share == 0.5
    assert mode_coverage(samples, CORNERS, 0.1, radius=3.2).high_quality_share == 1.0
    assert mode_coverage(samples, CORNERS, 0.1, radius=2.8).high_quality_share == 0.0


def test_samples_far_from_all_modes_count_for_the_share_alone():
    coverage = mode_coverage([*CORNERS, [0.0, 0.0], [9.0, 9.0]], CORNERS, 0.1)
    assert coverage == (4, pytest.approx(4 / 6), 0.0)


def test_no_sample_of_high_quality_gets_the_bound():
    assert mode_coverage([[0.0, 0.0]], CORNERS, 0.1) == (0, 0.0, math.log(4))


def test_the_mixture_itself():
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(range(5), range(5)), axis=-1).reshape(-1, 2)
    runs = [grid[rng.integers(25, size=2500)] + 0.05 * rng.normal(size=(2500, 2)) for _ in range(40)]
    found = [mode_coverage(run, grid, 0.05) for run in runs]
    assert {coverage.num_modes for coverage in found} == {25}
    # The radius of a round Gaussian in the plane is Rayleigh-distributed.
    assert np.mean([c.high_quality_share for c in found]) == pytest.approx(1 - math.exp(-4.5), abs=0.001)
    assert np.mean([c.reverse_kl for c in found]) == pytest.approx(24 / 5000, rel=0.2)


@pytest.mark.parametrize("num_features", [1, 2, 5])
def test_equals_the_definition(num_features):
    rng = np.random.default_rng(num_features)
    centres, samples = rng.normal(size=(7, num_features)), rng.normal(size=(300, num_features))
    found = mode_coverage(samples, centres, 0.4, radius=2.5)
    assert 0 < found.high_quality_share < 1
    assert found == pytest.approx(reference(samples, centres, 0.4, 2.5))


def test_the_order_changes_nothing():
    rng = np.random.default_rng(0)
    centres, samples = rng.normal(size=(7, 2)), rng.normal(size=(300, 2))
    expected = mode_coverage(samples, centres, 0.3)
    assert mode_coverage(rng.permutation(samples), centres, 0.3) == expected
    assert mode_coverage(samples, centres[::-1], 0.3) == pytest.approx(expected)


@pytest.mark.parametrize("samples", [np.zeros((0, 2)), np.zeros(3), [[0.0, math.nan]]])
def test_bad_samples(samples):
    with pytest.raises(ValueError, match=r"samples.* Received: "):
        mode_coverage(samples, CORNERS, 0.1)


def test_samples_of_another_width():
    with pytest.raises(ValueError, match=r"Received: "):
        mode_coverage(np.zeros((4, 3)), CORNERS, 0.1)


@pytest.mark.parametrize("deviation", [0.0, -1.0, math.inf, "a"])
def test_bad_numbers(deviation):
    with pytest.raises(ValueError, match=r"`standard_deviation` must be a number in \(0.* Received: standard_dev"):
        mode_coverage(CORNERS, CORNERS, deviation)
    with pytest.raises(ValueError, match=r"`radius` must be a number in \(0.* Received: radius="):
        mode_coverage(CORNERS, CORNERS, 0.1, radius=deviation)


def test_classes_alike():
    assert class_coverage(np.arange(1000).repeat(26), 1000) == (1000, pytest.approx(0.0, abs=1e-12), 999 / 52000)


@pytest.mark.parametrize("covered", [1, 10, 99])
def test_an_even_spread_over_some_of_the_classes(covered):
    coverage = class_coverage(np.arange(covered).repeat(3), 1000)
    assert coverage.num_modes == covered
    assert coverage.kl == pytest.approx(math.log(1000 / covered))


def test_an_uneven_spread():
    # 0.5 log(3/2) + 0.25 log(3/4) + 0.25 log(3/4)
    assert class_coverage([0, 0, 1, 2], 3).kl == pytest.approx(0.5 * math.log(1.5) + 0.5 * math.log(0.75))


def test_the_floor_is_what_uniform_classes_score():
    rng = np.random.default_rng(0)
    found = [class_coverage(rng.integers(1000, size=26000), 1000) for _ in range(20)]
    assert found[0].kl_floor == pytest.approx(0.0192, abs=1e-4)
    assert np.mean([coverage.kl for coverage in found]) == pytest.approx(found[0].kl_floor, rel=0.05)


@pytest.mark.parametrize("class_ids", [[], [0.0, 1.0], [[0, 1]], 3])
def test_bad_class_ids(class_ids):
    with pytest.raises(ValueError, match=r"`class_ids` must be integers of shape .* Received: class_ids of shape"):
        class_coverage(class_ids, 4)


@pytest.mark.parametrize("class_ids", [[0, 4], [-1, 2]])
def test_classes_out_of_range(class_ids):
    with pytest.raises(ValueError, match=r"lie in \[0, 4\).* Received: class_ids from "):
        class_coverage(class_ids, 4)


def test_bad_number_of_classes():
    with pytest.raises(ValueError, match=r"`num_classes` must be an integer of at least 1.* Received: num_classes=0"):
        class_coverage([0], 0)
