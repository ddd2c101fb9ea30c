"""Paths between latents: straight lines, and arcs of great circles."""

import numpy as np

from keras_gan._arguments import require_choice

METHODS = ("spherical", "linear")


def require_method(method):
    """Return the name of a kind of path, or raise."""
    return require_choice("method", method, METHODS)


def between(method, first, second, moments):
    """The points of paths at given moments: 0 is the first end, 1 the second.

    Args:
        method: "linear" or "spherical".
        first: float array `(..., width)`.
        second: float array of the same shape.
        moments: float array that broadcasts to `(..., 1)`.

    Returns:
        float64 array.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    moments = np.asarray(moments, np.float64)
    if method == "linear":
        return first + moments * (second - first)
    lengths = np.linalg.norm(first, axis=-1, keepdims=True) * np.linalg.norm(second, axis=-1, keepdims=True)
    cosine = np.sum(first * second, axis=-1, keepdims=True) / np.where(lengths > 0, lengths, 1.0)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    # Two ends on a line through the origin define no great circle. The straight line is the limit.
    sine = np.sin(angle)
    is_line = (sine < 1e-6) | (lengths == 0.0)
    sine = np.where(is_line, 1.0, sine)
    weights = [np.where(is_line, part, np.sin(part * angle) / sine) for part in (1.0 - moments, moments)]
    return weights[0] * first + weights[1] * second
