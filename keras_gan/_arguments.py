"""Checks of arguments that every part of the package uses."""

import difflib
import math
import numbers

import keras
import numpy as np
import tensorflow as tf

_LARGEST_INT = 2**31 - 1
_LARGEST_FLOAT = float(np.finfo("float32").max)


def require_number(name, value, *, low=-math.inf, high=math.inf, open_low=False):
    """Return `value` as a float if it is a finite number in [low, high] ((low, high] with `open_low`), or raise."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_) and math.isfinite(value)
    if is_number and low <= value <= high and not (open_low and value == low):
        if abs(value) > _LARGEST_FLOAT:
            raise ValueError(
                f"`{name}` must fit into float32: at most {_LARGEST_FLOAT:.3g}. Received: {name}={value!r}"
            )
        return float(value)
    raise ValueError(f"`{name}` must be a number in {interval(low, high, open_low)}. Received: {name}={value!r}")


def interval(low, high, open_low):
    """Return the bounds of a number as messages show them, such as "[0.0, inf)"."""
    left = "(" if open_low or low == -math.inf else "["
    right = ")" if high == math.inf else "]"
    return f"{left}{low}, {high}{right}"


def require_int(name, value, *, low=1, high=_LARGEST_INT):
    """Return `value` as an int if it is a whole number in [low, high], or raise."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_):
        if low <= value <= high:
            return int(value)
        if value > high:
            limit = "below 2^31" if high == _LARGEST_INT else f"of at most {high}"
            raise ValueError(f"`{name}` must be an integer {limit}. Received: {name}={value!r}")
    raise ValueError(f"`{name}` must be an integer of at least {low}. Received: {name}={value!r}")


def require_seed(seed):
    """Return `seed` as an int if it is a whole number in [0, 2^31), or raise."""
    return require_int("seed", seed, low=0)


def require_bool(name, value):
    """Return `value` as a bool if it is True or False, or raise: "no" would count as true."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"`{name}` must be True or False. Received: {name}={value!r}")


def require_function(name, value):
    """Return `value` if it can be called, or raise."""
    if callable(value):
        return value
    raise ValueError(f"`{name}` must be a function, or an object that can be called. Received: {name}={value!r:.80}")


def require_text(name, value):
    """Return `value` if it is a string that is not empty, or raise."""
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"`{name}` must be a string that is not empty. Received: {name}={value!r}")


def require_channels_last():
    """Raise a ValueError if new layers of Keras would take the channels of images first.

    Everything here takes them last. Some layers would fail with a message about sizes, and others would silently take
    the width for the channels.
    """
    if keras.config.image_data_format() == "channels_first":
        raise ValueError(
            "keras_gan takes images as (height, width, channels): call "
            '`keras.config.set_image_data_format("channels_last")` before you build networks, and turn images round '
            'with `images.transpose(0, 2, 3, 1)`. Received: keras.config.image_data_format()="channels_first"'
        )


def require_choice(name, value, choices):
    """Return `value` if it is one of `choices`, or raise a ValueError that suggests the nearest."""
    if isinstance(value, str | None) and value in choices:
        return value
    listed = ", ".join(repr(choice) for choice in choices)
    hint = did_you_mean(value, [choice for choice in choices if choice is not None])
    raise ValueError(f"`{name}` must be one of {listed}.{hint} Received: {name}={value!r}")


def did_you_mean(name, choices):
    """Return ' Did you mean ...?' for the choices nearest to a misspelt name, or nothing if none is near."""
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(str(name).lower(), lowered, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(lowered[choice]) for choice in near)}?" if near else ""


def checked(tensor, condition, words, received=()):
    """Return `tensor` if a condition is true, or raise.

    For checks of numbers that are known only when the graph runs.

    Args:
        tensor: the tensor that the condition is about.
        condition: scalar boolean tensor.
        words: what is wrong, what was expected and how to mend it.
        received: dict of name to scalar tensor, to end the message.

    Raises:
        ValueError: if the condition is false. A graph raises `tf.errors.InvalidArgumentError` with the same words.
    """
    received = dict(received)
    if tf.executing_eagerly():
        if not condition:
            values = ", ".join(f"{name}={value.numpy():.6g}" for name, value in received.items())
            raise ValueError(f"{words} Received: {values}")
        return tensor
    data = [f"{words} Received:", *(part for pair in received.items() for part in pair)]
    with tf.control_dependencies([tf.debugging.Assert(condition, data)]):
        return tf.identity(tensor)
