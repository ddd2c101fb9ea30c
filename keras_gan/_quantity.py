"""Quantities: each is a number, or a function of the training step.

A function is a `keras.optimizers.schedules.LearningRateSchedule`, as all of `keras_gan.schedules` are. A model is saved
with its quantities, and Keras can save such an object.
"""

import math
import numbers

import keras
import tensorflow as tf

from keras_gan._arguments import interval, require_number

_Schedule = keras.optimizers.schedules.LearningRateSchedule


def require_quantity(name, value, *, low=-math.inf, high=math.inf, open_low=False):
    """Return a quantity in [low, high] ((low, high] with `open_low`), or raise.

    A schedule is checked at its first step and, if it has one, at its last step. The values in between are not
    checked.

    Returns:
        float, or the schedule as it was given.

    Raises:
        ValueError: if `value` is neither a number nor a schedule, or is out of range.
    """
    limits = {"low": low, "high": high, "open_low": open_low}
    if isinstance(value, _Schedule):
        for step in _first_and_last(value):
            _require_value(name, value, step, limits)
        return value
    if isinstance(value, numbers.Real):
        return require_number(name, value, **limits)
    raise ValueError(
        f"`{name}` must be a number in {interval(**limits)}, or a schedule with values in this range, such as "
        "`keras_gan.schedules.Linear(start, end, steps)`. A plain function cannot be saved: make it a subclass of "
        f"`keras.optimizers.schedules.LearningRateSchedule`. Received: {name}={value!r}"
    )


def at(quantity, step):
    """Return a quantity's value at a training step: the number itself, or what the schedule gives, a float32 scalar."""
    return tf.cast(quantity(step), tf.float32) if isinstance(quantity, _Schedule) else quantity


def scheduled(owner):
    """Return the attributes of an object that are schedules, by name."""
    return {name: value for name, value in vars(owner).items() if isinstance(value, _Schedule)}


def serialised(quantity):
    """Return a quantity as `get_config` returns it: a number unchanged, a schedule as a dictionary."""
    return keras.saving.serialize_keras_object(quantity) if isinstance(quantity, _Schedule) else quantity


def restored(value, custom_objects=None):
    """Return what `serialised` was given; other values are returned unchanged."""
    if isinstance(value, dict) and {"class_name", "config"} <= set(value):
        return keras.saving.deserialize_keras_object(value, custom_objects)
    return value


def _first_and_last(schedule):
    """The first step of a schedule and, if it has the attribute `steps`, the last one."""
    steps = getattr(schedule, "steps", None)
    return (0, getattr(schedule, "begin", 0) + steps) if isinstance(steps, int) else (0,)


def _require_value(name, schedule, step, limits):
    value = float(schedule(step))
    try:
        require_number(name, value, **limits)
    except ValueError as error:
        raise ValueError(
            f"`{name}` must be in {interval(**limits)} at every step, and is {value!r} at step {step}. "
            f"Received: {name}={schedule!r}"
        ) from error
