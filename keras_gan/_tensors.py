"""Checks of the tensors that losses, penalties and augmentations are given.

They look at the type and the shape only, so they cost nothing when a graph runs.
"""

import tensorflow as tf


def require_numbers(name, value):
    """Return a tensor of real numbers of any shape, of the type that it has, or raise a ValueError."""
    tensor = _tensor(name, value)
    if tensor.dtype.is_floating or tensor.dtype.is_integer:
        return tensor
    raise ValueError(f"`{name}` must hold floating-point numbers. Received: {name} of dtype {tensor.dtype.name}")


def require_floats(name, value, *, rank=None):
    """Return a tensor of floating-point numbers, batch first, or raise.

    Args:
        name: what the caller's argument is called, for the message.
        value: tensor, array, variable, or list of numbers; integers are converted.
        rank: int, the number of its axes; None for one or more.

    Returns:
        tf.Tensor; of another type than the given one only if that was an integer.

    Raises:
        ValueError: if this is something else, or has no rows.
    """
    tensor = require_numbers(name, value)
    shape = tensor.shape
    if shape.rank == 0 or (rank is not None and shape.rank not in (None, rank)):
        axes = "at least one axis, the batch" if rank is None else f"{rank} axes, the batch first"
        raise ValueError(f"`{name}` must have {axes}. Received: {name}.shape={tuple(shape)}")
    if shape.rank and 0 in tuple(shape):
        raise ValueError(f"`{name}` must not be empty. Received: {name}.shape={tuple(shape)}")
    return tensor if tensor.dtype.is_floating else tf.cast(tensor, tf.float32)


def require_float_images(name, value):
    """Return a tensor as `require_floats` does, but refuse integers: images of 0..255 are not in [-1, 1]."""
    tensor = _tensor(name, value)
    if tensor.dtype.is_integer:
        raise ValueError(
            f"`{name}` must be floating-point numbers, in [-1, 1] for images, as in `images / 127.5 - 1`. "
            f"Received: {name} of dtype {tensor.dtype.name}"
        )
    return require_floats(name, tensor)


def require_seed_pair(seed):
    """Return a seed for one call's random numbers, an integer tensor of shape (2,), or raise."""
    tensor = _tensor("seed", seed)
    if not tensor.dtype.is_integer or not tensor.shape.is_compatible_with((2,)):
        raise ValueError(
            "`seed` must be two integers, as in `tf.constant([0, 7], tf.int64)`. "
            f"Received: seed of dtype {tensor.dtype.name} and shape {tuple(tensor.shape)}"
        )
    return tensor


def _tensor(name, value):
    try:
        return tf.convert_to_tensor(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"`{name}` must be a tensor or an array of numbers. Received: {name}={value!r:.80}") from error
