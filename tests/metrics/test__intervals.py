"""Intervals in the range of their metric."""

import math

import numpy as np
import pytest

from keras_gan.metrics._intervals import interval, student_quantile

BOUNDS = {"any": (-math.inf, math.inf), "positive": (0.0, math.inf), "score": (1.0, math.inf), "share": (0.0, 1.0)}


def reach(value, deviation, bounds, num_images=10**9):
    return interval(value, deviation, quantile=2.0, bounds=BOUNDS[bounds], num_images=num_images)


@pytest.mark.parametrize("bounds, value", [("any", -3.0), ("positive", 0.4), ("score", 1.4), ("share", 0.4)])
def test_a_small_error_gives_the_usual_interval(bounds, value):
    assert reach(value, 1e-4, bounds) == pytest.approx((value - 2e-4, value + 2e-4), abs=1e-7)


@pytest.mark.parametrize("deviation", [0.0, 1e-3, 0.5, 1e9])
@pytest.mark.parametrize("value", [0.0, 1e-12, 0.3, 1 - 1e-12, 1.0])
@pytest.mark.parametrize("bounds", ["positive", "share"])
def test_no_error_is_so_large_that_the_interval_leaves_the_range_or_loses_the_value(bounds, value, deviation):
    low, high = reach(value, deviation, bounds, num_images=50)
    # Rounding may move an end by its last digit.
    assert low - 1e-15 <= value <= high + 1e-15
    assert low >= -1e-15
    assert bounds == "positive" or high <= 1 + 1e-15


def test_a_distance_may_be_as_many_times_too_small_as_too_large():
    low, high = reach(4.0, 2.0, "positive")
    assert (low, high) == pytest.approx((4 / math.e, 4 * math.e))


def test_the_interval_of_a_share_is_wilsons():
    # Of 10 independent images 3: the textbook's interval for 95 % is 0.108 to 0.603.
    deviation = math.sqrt(0.3 * 0.7 / 10)
    low, high = interval(0.3, deviation, quantile=1.96, bounds=(0.0, 1.0), num_images=100)
    assert (low, high) == pytest.approx((0.1078, 0.6032), abs=1e-4)


def test_a_share_of_all_images_is_not_certain():
    low, high = interval(1.0, 0.0, quantile=2.0, bounds=(0.0, 1.0), num_images=96)
    assert (low, high) == pytest.approx((0.96, 1.0))


def test_what_is_no_number_has_no_interval():
    assert np.isnan(reach(math.nan, 1.0, "share")).all()
    assert np.isnan(reach(1.0, math.inf, "positive")).all()


def test_the_quantiles_are_students():
    scipy_stats = pytest.importorskip("scipy.stats")
    for count in (2, 8, 11, 30, 1_000):
        assert student_quantile(count) == pytest.approx(scipy_stats.t.ppf(0.975, count - 1), rel=1e-6)
    # As in the tables of textbooks.
    assert [round(student_quantile(count), 3) for count in (2, 11, 31)] == [12.706, 2.228, 2.042]
