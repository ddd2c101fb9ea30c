"""Paths from one latent to another."""

import numpy as np

from keras_gan._arguments import require_int
from keras_gan._interpolation import between, require_method
from keras_gan._tensors import require_floats


def interpolate(begin, end, steps, *, method="spherical"):
    """Points on paths from latents to other latents, both ends included.

    Images that change smoothly along a path, and are good all the way, show that a generator has learnt more than
    single images. With t from 0 to 1 in equal steps and a the angle between the ends, a path is

        linear:     (1 - t) begin + t end
        spherical:  (sin((1 - t) a) begin + sin(t a) end) / sin a

    Shoemake 1985, "Animating rotation with quaternion curves"; White 2016 (arXiv 1609.04468), section 2.1. Normal
    latents of many dimensions all have nearly the same length, and no latent in the middle of a straight line has it:
    take the spherical path for them. Between ends of equal length, it turns by the same angle in each step. For styles,
    whose space is learnt, take the linear path. Two ends on a line through the origin name no great circle: the path
    is then linear.

    Args:
        begin: float array `(num_paths, ...)`, latents or styles.
        end: float array of the same shape.
        steps: int, the points of a path, at least 2.
        method: "spherical" or "linear".

    Returns:
        float32 array `(num_paths, steps, ...)`.

    Raises:
        ValueError: if the ends have different shapes or are not finite numbers, or another argument is out of range.

    Example:
        >>> interpolate([[1.0, 0.0]], [[0.0, 1.0]], 3).round(3).tolist()
        [[[1.0, 0.0], [0.7070000171661377, 0.7070000171661377], [0.0, 1.0]]]
        >>> interpolate([[1.0, 0.0]], [[0.0, 1.0]], 3, method="linear").tolist()
        [[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]]
    """
    begin, end = require_points("begin", begin), require_points("end", end)
    if begin.shape != end.shape:
        raise ValueError(
            "Each path needs two ends: give as many of both, of the same shape. "
            f"Received: begin.shape={begin.shape}, end.shape={end.shape}"
        )
    steps = require_int("steps", steps, low=2)
    moments = np.linspace(0.0, 1.0, steps)[:, None]
    flat = (each.reshape(len(each), 1, -1) for each in (begin, end))
    points = between(require_method(method), *flat, moments)
    return points.reshape(len(begin), steps, *begin.shape[1:]).astype(np.float32)


def require_points(name, value):
    """Return latents or styles as a float32 array with a row for each, or raise."""
    points = np.asarray(require_floats(name, value), np.float32)
    if points.ndim < 2:
        raise ValueError(
            f"`{name}` must have a row for each latent; one latent becomes a row by `{name}[None]`. "
            f"Received: {name}.shape={points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"`{name}` must be finite numbers. Received: NaN or infinity in {name}")
    return points
