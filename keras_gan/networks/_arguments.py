"""Checks of the arguments that the networks share."""

from numbers import Integral

from keras_gan._arguments import require_channels_last
from keras_gan._pixels import require_channels_at_end


def require_image_shape(image_shape, *, rank=None, any_sides=False):
    """Return `image_shape` as a tuple of ints, or raise.

    Args:
        image_shape: the shape of one sample, without the batch.
        rank: int, the number of axes that it must have; None for any.
        any_sides: bool, whether height and width may be None, for a network that takes pictures of any size.

    Returns:
        Tuple of positive ints; height and width may be None with `any_sides`.

    Raises:
        ValueError: if it is not a sequence of positive ints, has another rank, or has the channels first; or if
            Keras is set to channels first.
    """
    require_channels_last()
    expected = "(height, width, channels)" if rank == 3 else "a tuple such as (28, 28, 1) or (2,)"
    sizes = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    whole = all(_is_size(size) or (any_sides and size is None) for size in sizes) and None not in sizes[-1:]
    if not sizes or not whole or (rank is not None and len(sizes) != rank):
        sides = " (None for height and width of any size)" if any_sides else ""
        raise ValueError(
            f"`image_shape` must be {expected} of positive integers{sides}, without the batch. "
            f"Received: image_shape={image_shape!r}"
        )
    require_channels_at_end("image_shape", sizes)
    return tuple(None if size is None else int(size) for size in sizes)


def require_number_of(name, value, numbers):
    """Return an int that is one of the given ones, or raise a ValueError.

    Args:
        name: what the argument is called.
        value: what was given.
        numbers: tuple of ints.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value not in numbers:
        raise ValueError(f"`{name}` must be one of {', '.join(map(str, numbers))}. Received: {name}={value!r}")
    return int(value)


def _is_size(size):
    return isinstance(size, Integral) and not isinstance(size, bool) and size > 0
