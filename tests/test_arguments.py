"""The checks that every part of the package shares."""

import numpy as np
import pytest

from keras_gan._arguments import did_you_mean, require_int, require_number


def test_numbers_within_the_bounds_are_returned_as_floats():
    assert require_number("rate", 1, low=0.0, high=1.0) == 1.0
    assert isinstance(require_number("rate", np.float32(0.5)), float)


@pytest.mark.parametrize("value", [0.0, 1.5, -1, float("nan"), float("inf"), "1", None, True])
def test_other_numbers_are_refused_with_the_bounds(value):
    with pytest.raises(ValueError, match=r"`rate` must be a number in \(0.0, 1.0\]. Received: rate="):
        require_number("rate", value, low=0.0, high=1.0, open_low=True)


def test_integers_of_numpy_are_integers():
    assert require_int("steps", np.int64(3)) == 3
    assert require_int("steps", 0, low=0) == 0


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True])
def test_other_integers_are_refused(value):
    with pytest.raises(ValueError, match=r"`steps` must be an integer of at least 1. Received: steps="):
        require_int("steps", value)


def test_the_nearest_names_are_suggested_whatever_their_case():
    assert did_you_mean("hingegan", ["HingeGAN", "WGAN", "LSGAN"]).startswith(" Did you mean 'HingeGAN'")
    assert did_you_mean("zzz", ["HingeGAN"]) == ""
