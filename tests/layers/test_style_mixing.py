"""Style mixing: where the styles change over, how often, and never in inference."""

import numpy as np
import pytest

from keras_gan.layers import StyleMixing

ROWS, COUNT = 4000, 5
OWN = np.arange(ROWS * COUNT * 2, dtype="float32").reshape(ROWS, COUNT, 2)
OTHERS = -1.0 - OWN


def crossovers(layer):
    """How many of its own styles each sample has, after a check that the others follow them."""
    mixed = np.asarray(layer(OWN, OTHERS, training=True))
    is_own = (mixed == OWN).all(axis=-1)
    np.testing.assert_array_equal(np.where(is_own[..., None], OWN, OTHERS), mixed)
    counts = is_own.sum(axis=1)
    np.testing.assert_array_equal(is_own, np.arange(COUNT) < counts[:, None])
    return counts


def test_own_styles_come_first_and_every_crossover_is_as_likely():
    shares = np.bincount(crossovers(StyleMixing(0.8, seed=0)), minlength=COUNT + 1) / ROWS
    np.testing.assert_allclose(shares, [0.0, 0.2, 0.2, 0.2, 0.2, 0.2], atol=0.02)


def test_probabilities_of_zero_and_one():
    assert set(crossovers(StyleMixing(0.0))) == {COUNT}
    assert set(crossovers(StyleMixing(1.0))) == {1, 2, 3, 4}


def test_inference_mixes_nothing():
    np.testing.assert_array_equal(StyleMixing(1.0)(OWN, OTHERS), OWN)


def test_a_single_style_is_kept():
    np.testing.assert_array_equal(StyleMixing(1.0)(OWN[:, :1], OTHERS[:, :1], training=True), OWN[:, :1])


def test_every_call_draws_again_and_a_seed_repeats_it():
    layer = StyleMixing(seed=4)
    first, second = crossovers(layer), crossovers(layer)
    assert (first != second).mean() > 0.5
    np.testing.assert_array_equal(crossovers(StyleMixing(seed=4)), first)


def test_the_probability_is_a_probability():
    with pytest.raises(ValueError, match=r"`probability` must be a number in \[0.0, 1.0\]"):
        StyleMixing(1.5)
