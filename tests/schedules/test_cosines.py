"""Several numbers along one cosine."""

import pytest

from keras_gan.schedules import Cosine, cosines


def test_all_numbers_are_at_the_same_place_of_the_curve():
    along = cosines(8, begin=2, gamma=(5.0, 1.0), beta_2=(0.9, 0.99))
    assert isinstance(along.gamma, Cosine)
    for step in (0, 2, 3, 6, 10, 11):
        share = (float(along.gamma(step)) - 1.0) / 4.0
        assert float(along.beta_2(step)) == pytest.approx(0.99 - 0.09 * share, abs=1e-6)
    assert [float(along.gamma(step)) for step in (2, 6, 10)] == [5.0, 3.0, 1.0]


@pytest.mark.parametrize("ends", [1.0, (1.0,), (1.0, 2.0, 3.0), "ab", None])
def test_a_range_that_is_not_two_numbers(ends):
    with pytest.raises(ValueError, match=r"`gamma` must be two numbers, its start and its end. Received: gamma="):
        cosines(10, gamma=ends)


def test_no_ranges():
    with pytest.raises(ValueError, match="Name the numbers that change"):
        cosines(10)
