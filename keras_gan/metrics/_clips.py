"""Checks of clips."""

import numpy as np

from keras_gan._arguments import require_int
from keras_gan._pixels import require_images
from keras_gan.metrics._features import as_array


def require_clips(name, clips, *, least_frames):
    """Return clips as a float32 array `(num_clips, num_frames, height, width, channels)`, or raise a ValueError.

    Args:
        name: str, what messages call them.
        clips: array-like of floats in [-1, 1].
        least_frames: int, how many frames a clip must have.
    """
    clips = as_array(name, clips)
    if clips.ndim != 5 or not clips.size:
        raise ValueError(
            f"`{name}` must be a batch of clips, (num_clips, num_frames, height, width, channels), at least one. A "
            f"single clip becomes one with {name}[None]. Received: {name}.shape={clips.shape}"
        )
    if clips.shape[1] < require_int("least_frames", least_frames):
        raise ValueError(
            f"This needs clips of at least {least_frames} frames: give longer ones. "
            f"Received: {name}.shape={clips.shape}"
        )
    frames = require_images(name, clips.reshape(-1, *clips.shape[2:]))
    return np.reshape(frames, clips.shape)
