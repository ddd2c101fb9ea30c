"""How much the frames of clips change."""

import numpy as np

from keras_gan.metrics._clips import require_clips


def frame_differences(clips):
    """Mean absolute difference of each frame of a clip and the next one.

        mean |frame[t + 1] - frame[t]|

    over all pixels and channels. It needs nothing to be known of what moves. A clip that stands still has 0, and one
    whose frames have nothing to do with each other, or that flickers, has far more than a real one. Compare the
    distributions of the numbers of real and of generated clips, for example by `scipy.stats.wasserstein_distance`: a
    mean alone may be right for a model of which half of the clips stand still and half of them flicker.

    Args:
        clips: array-like `(num_clips, num_frames, height, width, channels)`, floats in [-1, 1], of at least two frames.

    Returns:
        float64 array `(num_clips, num_frames - 1)`, each number in [0, 2].

    Raises:
        ValueError: if these are no clips of two frames or more in [-1, 1].

    Example:
        >>> import numpy as np
        >>> ramp = np.linspace(-1, 1, 5).reshape(1, 5, 1, 1, 1) * np.ones((1, 1, 8, 8, 3))
        >>> frame_differences(ramp)
        array([[0.5, 0.5, 0.5, 0.5]])
    """
    clips = require_clips("clips", clips, least_frames=2)
    return np.stack([np.abs(np.diff(clip.astype(np.float64), axis=0)).mean(axis=(1, 2, 3)) for clip in clips])
