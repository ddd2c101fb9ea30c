"""The line, the rise and the hold."""

import keras
import numpy as np
import pytest

from keras_gan.schedules import LinearDecay


def test_the_line_is_keras_polynomial_of_degree_one():
    ours, theirs = LinearDecay(0.3, 40), keras.optimizers.schedules.PolynomialDecay(0.3, 40, 0.0)
    for step in (0, 1, 17, 39, 40, 41):
        assert float(ours(step)) == pytest.approx(float(theirs(step)), abs=1e-7)


def test_the_mean_rate_is_the_area_of_the_trapezium():
    schedule = LinearDecay(2.0, 1000, hold_steps=300, warm_up_steps=200)
    rates = [float(schedule(step)) for step in np.arange(0.5, 1000)]
    assert np.mean(rates) == pytest.approx(2.0 * (0.5 * 200 + 300 + 0.5 * 500) / 1000, rel=1e-5)


def test_it_is_remade_from_its_config():
    schedule = LinearDecay(0.1, 9, hold_steps=2, warm_up_steps=3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert again.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": -1.0, "steps": 9}, r"`learning_rate` must be a number.*Received: learning_rate=-1.0"),
        ({"learning_rate": 1.0, "steps": 0}, r"`steps` must be an integer of at least 1"),
        ({"learning_rate": 1.0, "steps": 9, "hold_steps": 9}, r"fewer than `steps`.*Received: steps=9, hold_steps=9"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        LinearDecay(**arguments)
