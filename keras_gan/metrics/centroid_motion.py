"""How an object moves in clips."""

import typing

import numpy as np

from keras_gan._arguments import require_number
from keras_gan.metrics._clips import require_clips


class CentroidMotion(typing.NamedTuple):
    """What `centroid_motion` returns.

    Attributes:
        centroids: float64 `(num_clips, num_frames, 2)`, the row and the column of the middle of the object; NaN in a
            frame without one.
        speeds: float64 `(num_clips, num_frames - 1)`, in pixels a frame.
        accelerations: float64 `(num_clips, num_frames - 2)`, in pixels a frame, a frame.
    """

    centroids: np.ndarray
    speeds: np.ndarray
    accelerations: np.ndarray


def centroid_motion(clips, *, background=-1.0, threshold=0.2):
    """The speed and the acceleration of one object before a plain background, in each frame of clips.

    With w the distance of a pixel at the place p to the background, mean over the channels, and 0 below the threshold,

        centroid       c[t] = sum w p / sum w
        speed          |c[t + 1] - c[t]|
        acceleration   |c[t + 2] - 2 c[t + 1] + c[t]|

    An object that moves evenly has one speed and no acceleration. One that a model draws at a new place in each frame
    has both, and its speed alone may look right, so compare the distributions of both with those of real clips, for
    example by `scipy.stats.wasserstein_distance`.

    Args:
        clips: array-like `(num_clips, num_frames, height, width, channels)`, floats in [-1, 1], of at least three
            frames.
        background: float in [-1, 1], the value of the background in all channels.
        threshold: float, the distance to the background below which a pixel counts as background: a network never
            makes it quite plain, and many pixels that are hardly off would pull the centroid to the middle.

    Returns:
        `CentroidMotion`: `centroids`, `speeds` and `accelerations`. Those that need a frame without an object are NaN.

    Raises:
        ValueError: if these are no clips of three frames or more in [-1, 1], or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> clips = -np.ones((1, 4, 9, 9, 1))
        >>> clips[0, range(4), 2, [1, 2, 4, 6]] = 1.0
        >>> motion = centroid_motion(clips)
        >>> motion.speeds, motion.accelerations
        (array([[1., 2., 2.]]), array([[1., 0.]]))
    """
    clips = require_clips("clips", clips, least_frames=3)
    background = require_number("background", background, low=-1.0, high=1.0)
    threshold = require_number("threshold", threshold, low=0.0, high=2.0)
    weights = np.abs(clips - background).mean(axis=-1, dtype=np.float64)
    weights[weights < threshold] = 0.0
    total = weights.sum(axis=(2, 3))
    with np.errstate(invalid="ignore"):
        rows = weights.sum(axis=3) @ np.arange(clips.shape[2]) / total
        columns = weights.sum(axis=2) @ np.arange(clips.shape[3]) / total
    centroids = np.stack([rows, columns], axis=-1)
    speeds, accelerations = (np.linalg.norm(np.diff(centroids, order, axis=1), axis=-1) for order in (1, 2))
    return CentroidMotion(centroids, speeds, accelerations)
