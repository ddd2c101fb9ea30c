"""Whether a clip shows the same thing from its first frame to its last."""

import numpy as np

from keras_gan.metrics._features import as_array


def identity_constancy(classes):
    """The share of the frames of each clip that show the class which most of its frames show. Higher is better.

    A model of clips may move well, and let a 3 turn into an 8 on the way. A judge of single images, such as an
    extractor that was trained with labels (`train_extractor`), reads the class of each frame. With n[k] the number of
    frames of a clip that it takes for the class k,

        max n[k] / num_frames

    is 1 if it reads the same in all of them, right or wrong. It is at least 1 / num_frames, and more by chance: give
    the value of real clips next to it, and that of clips whose frames are of other clips each.

    Args:
        classes: array-like of integers from 0 `(num_clips, num_frames)`, what a judge takes each frame for.

    Returns:
        float64 array `(num_clips,)`, each number in (0, 1].

    Raises:
        ValueError: if these are no classes of the frames of clips.

    Example:
        >>> identity_constancy([[3, 3, 3, 3], [3, 8, 3, 1]])
        array([1. , 0.5])
    """
    classes = as_array("classes", classes)
    if classes.ndim != 2 or not classes.size or classes.dtype.kind not in "iu" or classes.min() < 0:
        raise ValueError(
            "`classes` must be integers from 0 of shape (num_clips, num_frames), what a judge takes each frame for. Of "
            "logits take `logits.argmax(axis=-1).reshape(num_clips, num_frames)`. "
            f"Received: classes of shape {classes.shape} and dtype {classes.dtype}"
        )
    # Each frame's class, counted over the frames of its clip.
    same = classes[:, :, np.newaxis] == classes[:, np.newaxis, :]
    return same.mean(axis=2).max(axis=1)
