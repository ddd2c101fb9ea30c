"""Checks of the arguments that the networks share."""

import numbers

from keras_gan._arguments import require_channels_last
from keras_gan._pixels import require_channels_at_end


def require_image_shape(image_shape, *, rank=None):
    """Return `image_shape` as a tuple of ints, or raise.

    Args:
        image_shape: the shape of one sample, without the batch.
        rank: int, the number of axes that it must have; None for any.

    Returns:
        Tuple of positive ints.

    Raises:
        ValueError: if it is not a sequence of positive ints, has another rank, or has the channels first; or if
            Keras is set to channels first.
    """
    require_channels_last()
    expected = "(height, width, channels)" if rank == 3 else "a tuple such as (28, 28, 1) or (2,)"
    sizes = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    whole = all(isinstance(size, numbers.Integral) and not isinstance(size, bool) and size > 0 for size in sizes)
    if not sizes or not whole or (rank is not None and len(sizes) != rank):
        raise ValueError(
            f"`image_shape` must be {expected} of positive integers, without the batch. "
            f"Received: image_shape={image_shape!r}"
        )
    require_channels_at_end("image_shape", sizes)
    return tuple(int(size) for size in sizes)
