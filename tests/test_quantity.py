"""Quantities: numbers, and functions of the training step that are saved with their owner."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan._configurable import Configurable
from keras_gan._quantity import at, require_quantity, restored, scheduled, serialised
from keras_gan.penalties import R1
from keras_gan.schedules import Cosine, Linear, LinearDecay

KERAS_SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)


class Owner(Configurable):
    def __init__(self, size, weight=1.0):
        self.size, self.weight = size, weight

    def get_config(self):
        return {"size": self.size, "weight": serialised(self.weight)}


def test_a_number_becomes_a_float_and_a_schedule_stays():
    assert require_quantity("weight", 1) == 1.0
    assert isinstance(require_quantity("weight", np.float32(0.5), low=0.0), float)
    for schedule in (Linear(0.0, 1.0, 5), KERAS_SCHEDULE):
        assert require_quantity("weight", schedule, low=0.0, high=1.0) is schedule


def test_a_number_is_the_same_at_every_step_and_a_schedule_is_read():
    assert at(0.5, tf.constant(7)) == 0.5
    value = at(Linear(0.0, 1.0, 10), tf.constant(7, tf.int64))
    assert value.dtype == tf.float32
    assert float(value) == np.float32(0.7)
    assert float(at(KERAS_SCHEDULE, 10)) == pytest.approx(0.45)


def test_the_schedules_of_an_object_are_found_by_name():
    schedule = Linear(0.0, 1.0, 5)
    assert scheduled(Owner(schedule, 2.0)) == {"size": schedule}
    assert scheduled(Owner(1.0)) == {}


@pytest.mark.parametrize("quantity", [0.25, Cosine(1.0, 0.0, 9), KERAS_SCHEDULE])
def test_what_is_serialised_is_restored(quantity):
    again = restored(serialised(quantity))
    assert float(at(again, 4)) == float(at(quantity, 4))
    assert type(again) is type(quantity)


def test_an_owner_is_remade_and_shown_with_its_schedule():
    owner = Owner(2, Linear(0.0, 1.0, 5))
    again = Owner.from_config(owner.get_config())
    assert repr(again) == repr(owner) == "Owner(size=2, weight=Linear(start=0.0, end=1.0, steps=5, begin=0))"


def test_a_schedule_of_a_users_own_is_restored_from_custom_objects():
    class Constant(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5

        def get_config(self):
            return {}

    custom_objects = {"Constant": Constant}
    again = restored(serialised(require_quantity("weight", Constant(), high=1.0)), custom_objects)
    assert float(at(again, 3)) == 0.5
    # Also within the object that holds it, which is what a model restores.
    owner = keras.saving.serialize_keras_object(R1(Constant()))
    assert isinstance(keras.saving.deserialize_keras_object(owner, custom_objects).weight, Constant)


@pytest.mark.parametrize("value", ["10", None, [1.0], lambda step: 1.0, tf.constant(1.0)])
def test_what_is_neither_is_refused_with_the_remedy(value):
    message = r"`weight` must be a number in \[0.0, inf\), or a schedule.*plain function.*Received: weight="
    with pytest.raises(ValueError, match=message):
        require_quantity("weight", value, low=0.0)


@pytest.mark.parametrize("value", [-1.0, 2, float("nan"), True])
def test_numbers_are_checked_as_everywhere(value):
    with pytest.raises(ValueError, match=r"`weight` must be a number in \[0.0, 1.0\]. Received: weight="):
        require_quantity("weight", value, low=0.0, high=1.0)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Linear(-1.0, 1.0, 5), r"is -1.0 at step 0. Received: weight=Linear\(start=-1.0, end=1.0"),
        (Linear(1.0, -1.0, 5, begin=3), r"is -1.0 at step 8. Received: weight=Linear"),
        (LinearDecay(1.0, 5), r"in \(0.0, inf\) at every step, and is 0.0 at step 5. Received: weight=LinearDecay"),
        (keras.optimizers.schedules.ExponentialDecay(-1.0, 5, 0.5), r"is -1.0 at step 0. Received: weight=<keras"),
    ],
)
def test_both_ends_of_a_schedule_are_checked(schedule, message):
    with pytest.raises(ValueError, match=message):
        require_quantity("weight", schedule, low=0.0, open_low=True)
