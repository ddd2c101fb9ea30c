"""The degradation of the literature on super-resolution."""

import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan.data.degradation import Degradation, in_levels


class Bicubic(Degradation):
    """Makes images smaller by a bicubic filter that is widened against aliasing, and rounds them to whole levels.

    The filter is Keys' of 1981 with a = -1/2 (Keys, Cubic convolution interpolation for digital image processing),
    `scale` times as wide: the one of MATLAB's `imresize`, with which all tables on super-resolution are made. At the
    borders it counts only pixels that exist, where MATLAB mirrors the image.

    Args:
        scale: int, how many times lower and narrower the sources are.
        levels: int, 256 as in a file of 8 bits, or 65,536.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> Bicubic(4)(tf.fill((1, 8, 8, 3), 0.2), tf.zeros((1, 2), tf.int64)).shape
        TensorShape([1, 2, 2, 3])
    """

    def __init__(self, scale, levels=256):
        super().__init__(scale)
        self.levels = require_int("levels", levels, low=2)

    def __call__(self, images, seeds):  # noqa: ARG002
        """Degrade images; nothing is drawn."""
        sides = [side // self.scale for side in images.shape[1:3]]
        return in_levels(tf.image.resize(images, sides, "bicubic", antialias=True), self.levels)

    def __repr__(self):
        """The class and its settings."""
        return f"Bicubic({self.scale}, levels={self.levels})"
