"""Trimaps: 1 where a pixel is all foreground, -1 where it is all background, and between where nobody knows.

Bytes of 0, 128 and 255 become -1, 0.004 and 1, so what is known is told by a boundary halfway.
"""

from keras_gan._pixels import warn_of_zero_to_one

_KNOWN = 0.5


def is_foreground(trimaps):
    """Where an array or a tensor of trimaps in [-1, 1] says that all is foreground."""
    return trimaps > _KNOWN


def is_background(trimaps):
    """Where an array or a tensor of trimaps in [-1, 1] says that all is background."""
    return trimaps < -_KNOWN


def is_unknown(trimaps):
    """Where an array or a tensor of trimaps in [-1, 1] says nothing."""
    return (trimaps >= -_KNOWN) & (trimaps <= _KNOWN)


def warn_of_halves(name, trimaps, *, stacklevel):
    """Warn if an array of trimaps most likely lies in [0, 1], with 1/2 where nobody knows.

    Right ones of a picture without background hold 0 and 1, and nothing halfway.

    Args:
        name: str, what the warning calls them.
        trimaps: array of numbers.
        stacklevel: int, whose line the warning shows: 1 for the caller's.
    """
    if ((trimaps > 0.25) & (trimaps < 0.75)).any():
        warn_of_zero_to_one(name, float(trimaps.min()), float(trimaps.max()), stacklevel=stacklevel + 1)
