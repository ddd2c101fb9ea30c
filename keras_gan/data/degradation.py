"""What makes the sources of pairs from their targets."""

import abc

import tensorflow as tf

from keras_gan._arguments import require_int

_LARGEST = 64


class Degradation(abc.ABC):
    """Makes a small or damaged image of each good one: the source of a pair whose target is there.

    Pairs for the restoration of images cost nothing but good images, if it is known how they become bad.
    `data.load_degraded` gives each image its own seed, so a degradation is a pure function, and training resumes with
    the same sources.

    A subclass defines `__call__`, and a `__repr__` that tells it from others of its class: checkpoints compare it.

    Args:
        scale: int, how many times lower and narrower the sources are than the targets.

    Example:
        >>> class Darker(Degradation):
        ...     def __call__(self, images, seeds):
        ...         return 0.5 * (images - 1.0)
        ...     def __repr__(self):
        ...         return "Darker()"
        >>> float(Darker(1)(tf.ones((1, 2, 2, 1)), tf.zeros((1, 2), tf.int64))[0, 0, 0, 0])
        0.0
    """

    def __init__(self, scale):
        self.scale = require_int("scale", scale, high=_LARGEST)

    @abc.abstractmethod
    def __call__(self, images, seeds):
        """Degrade images; runs in a graph of `tf.data`.

        Args:
            images: float32 `(batch, height, width, channels)` in [-1, 1].
            seeds: int64 `(batch, 2)`, a seed for each image.

        Returns:
            float32 `(batch, height / scale, width / scale, channels)` in [-1, 1].
        """

    @abc.abstractmethod
    def __repr__(self):
        """The class and all settings."""


def in_levels(images, levels):
    """Images rounded to a number of levels from -1 to 1, as a file of so many holds them."""
    step = (levels - 1) / 2
    return tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * step) / step - 1.0
