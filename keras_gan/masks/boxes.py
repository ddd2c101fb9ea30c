"""Holes that are rectangles."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_choice, require_number
from keras_gan.masks._ranges import between, require_range
from keras_gan.masks.masks import Masks


@keras.saving.register_keras_serializable(package="keras_gan")
class Boxes(Masks):
    """One rectangle in each picture.

    In the centre it is the hole of Pathak et al. 2016 (arXiv 1604.07379), section 3.3: a quarter of the picture. At a
    random place and with sides from three eighths to a half, it is that of Yu et al. 2018 (arXiv 1806.03589), as in the
    authors' code: `Boxes((0.375, 0.5), place="random")`.

    Args:
        size: the sides of the rectangle as a share of those of the picture, in (0, 1]: a number, or a tuple (low, high)
            between which height and width are drawn, each by itself. They are rounded to pixels, to one at least.
        place: "centre" or "random".

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> Boxes(0.5)(1, (4, 4), seed=[0, 0]).numpy()[0, :, :, 0].astype(int).tolist()
        [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """

    def __init__(self, size=0.5, *, place="centre"):
        limits = {"low": 0.0, "high": 1.0, "open_low": True}
        self.size = require_range("size", size, require_number, **limits)
        self.place = require_choice("place", place, ("centre", "random"))

    def holes(self, count, sides, seed):
        """Draw rectangles; see `Masks.holes`."""
        numbers = tf.unstack(_random.uniform((count, 4), seed), axis=1)
        rows, columns = (
            self._span(side, size, place) for side, size, place in zip(sides, numbers[:2], numbers[2:], strict=True)
        )
        return rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]

    def _span(self, side, size, place):
        """Which pixels of a side each rectangle covers, bool `(count, side)`."""
        pixels, side = tf.cast(tf.range(side), tf.float32), tf.cast(side, tf.float32)
        length = tf.maximum(tf.round(between(self.size, size) * side), 1.0)
        free = side - length
        start = tf.floor(place * (free + 1.0)) if self.place == "random" else tf.floor(0.5 * free)
        return (pixels >= start[:, tf.newaxis]) & (pixels < (start + length)[:, tf.newaxis])

    def get_config(self):
        """Return the constructor's arguments."""
        return {"size": self.size, "place": self.place}
