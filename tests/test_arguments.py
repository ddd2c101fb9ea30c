"""The checks that every part of the package shares."""

import numpy as np
import pytest

from keras_gan._arguments import (
    did_you_mean,
    require_bool,
    require_function,
    require_int,
    require_number,
    require_text,
)


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


def test_sizes_that_no_machine_can_hold_are_refused():
    with pytest.raises(ValueError, match=r"`width` must be an integer below 2\^31. Received: width=1099511627776"):
        require_int("width", 2**40)
    assert require_int("steps", 2**40, high=2**53) == 2**40


def test_numbers_that_float32_would_make_infinite_are_refused():
    with pytest.raises(ValueError, match=r"`weight` must fit into float32: at most 3.4e\+38. Received: weight=1e\+308"):
        require_number("weight", 1e308)


@pytest.mark.parametrize("value", ["no", 0, 1, None, [], np.array([True])], ids=repr)
def test_flags_are_true_or_false(value):
    with pytest.raises(ValueError, match=r"`overwrite` must be True or False. Received: overwrite="):
        require_bool("overwrite", value)


def test_a_bool_of_numpy_is_a_flag():
    assert require_bool("flip", np.bool_(True)) is True


def test_functions_and_texts_are_told_apart_from_the_rest():
    assert require_function("embed", len) is len
    assert require_text("name", "a") == "a"
    with pytest.raises(ValueError, match=r"`embed` must be a function, or an object that can be called"):
        require_function("embed", 5)
    with pytest.raises(ValueError, match=r"`name` must be a string that is not empty. Received: name=' '"):
        require_text("name", " ")


def test_the_nearest_names_are_suggested_whatever_their_case():
    assert did_you_mean("hingegan", ["HingeGAN", "WGAN", "LSGAN"]).startswith(" Did you mean 'HingeGAN'")
    assert did_you_mean("zzz", ["HingeGAN"]) == ""
