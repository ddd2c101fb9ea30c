"""Networks between two: the mean of all weights, and both ends to the bit."""

import keras
import numpy as np
import pytest

from keras_gan.networks import srresnet
from keras_gan.transfer import interpolate_networks


@pytest.fixture(scope="module")
def ends():
    keras.utils.set_random_seed(0)
    return [srresnet(width=2, blocks=1, scale=2) for _ in range(2)]


def test_every_weight_lies_between_the_two(ends):
    between = interpolate_networks(*ends, 0.25)
    for middle, one, two in zip(between.get_weights(), *(end.get_weights() for end in ends), strict=True):
        np.testing.assert_allclose(middle, 0.75 * one + 0.25 * two, atol=1e-7)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_are_the_networks_to_the_bit(ends, share):
    made, end = interpolate_networks(*ends, share), ends[int(share)]
    for one, two in zip(made.get_weights(), end.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_two_networks_stay_as_they_are(ends):
    before = [end.get_weights() for end in ends]
    interpolate_networks(*ends, 0.5).get_layer("to_images").bias.assign([1.0] * 3)
    for end, weights in zip(ends, before, strict=True):
        for now, then in zip(end.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(now, then)


def test_other_architectures_are_refused(ends):
    with pytest.raises(ValueError, match=r"of one architecture .* Received: first with"):
        interpolate_networks(ends[0], srresnet(width=4, blocks=1, scale=2), 0.5)
    with pytest.raises(ValueError, match=r"`second` must be a keras\.Model"):
        interpolate_networks(ends[0], None, 0.5)
    with pytest.raises(ValueError, match="`share` must be"):
        interpolate_networks(*ends, 1.5)
