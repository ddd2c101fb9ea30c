"""Total variation against its formula."""

import itertools

import keras
import numpy as np
import pytest

from keras_gan.losses import TotalVariation
from keras_gan.metrics import gradient_energy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("power", [1, 2])
def test_it_is_the_mean_over_neighbours(power):
    images = RNG.uniform(-1, 1, (2, 5, 4, 3)).astype("float32")
    across = [abs(a - b) ** power for image in images for row in image for a, b in itertools.pairwise(row)]
    down = [abs(a - b) ** power for image in images for a, b in itertools.pairwise(image)]
    expected = np.mean(across) + np.mean(down)
    assert float(TotalVariation(power=power)(images)) == pytest.approx(expected, rel=1e-5)


def test_its_squares_are_the_energy_of_the_metric():
    images = RNG.uniform(-1, 1, (3, 6, 7, 1)).astype("float32")
    energy = gradient_energy(images, images).images.mean()
    assert float(TotalVariation(power=2)(images)) == pytest.approx(energy, rel=1e-5)


def test_a_step_costs_what_a_ramp_costs_unless_it_is_squared():
    ramp = np.linspace(-1, 1, 5).reshape(1, 1, 5, 1).repeat(2, axis=1)
    step = np.sign(ramp - 0.1)
    assert float(TotalVariation()(step)) == pytest.approx(float(TotalVariation()(ramp)))
    assert float(TotalVariation(power=2)(step)) == pytest.approx(4 * float(TotalVariation(power=2)(ramp)))


def test_config_remakes_it_and_other_arguments_are_refused():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(TotalVariation(power=2)))
    assert repr(again) == "TotalVariation(power=2)"
    with pytest.raises(ValueError, match="`power` must be an integer of at most 2"):
        TotalVariation(power=3)
    with pytest.raises(ValueError, match=r"sides of at least 2. Received: images.shape=\(2, 1, 5, 1\)"):
        TotalVariation()(np.zeros((2, 1, 5, 1), "float32"))
