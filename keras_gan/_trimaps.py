"""Trimaps: 1 where a pixel is all foreground, -1 where it is all background, and between where nobody knows.

Bytes of 0, 128 and 255 become -1, 0.004 and 1, so what is known is told by a boundary halfway.
"""

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
