"""Arguments that are one number, or the ends of a range that numbers are drawn from."""

import tensorflow as tf


def require_range(name, value, require, **limits):
    """Return a number, or a pair of numbers, as (low, high), or raise.

    Args:
        name: what the caller's argument is called.
        value: a number for both ends, or a tuple (low, high).
        require: `require_number` or `require_int`, which checks each end.
        **limits: of both ends, as `require` takes them.

    Raises:
        ValueError: if an end is out of range, or the first is above the second.
    """
    ends = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(ends) != 2:
        raise ValueError(f"`{name}` must be a number, or a tuple (low, high) of two. Received: {name}={value!r}")
    low, high = (require(name, end, **limits) for end in ends)
    if low > high:
        raise ValueError(f"`{name}` must be a tuple (low, high) with low <= high. Received: {name}={value!r}")
    return low, high


def between(ends, uniform):
    """Numbers between the ends of a range, from uniform ones in [0, 1)."""
    low, high = ends
    return low + (high - low) * uniform


def whole_between(ends, uniform):
    """Whole numbers from one end of a range to the other, both included, as float32."""
    low, high = ends
    return low + tf.floor(uniform * (high - low + 1))
