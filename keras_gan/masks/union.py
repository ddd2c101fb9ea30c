"""Holes of several families at once."""

import functools

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._quantity import restored
from keras_gan.masks.masks import Masks


@keras.saving.register_keras_serializable(package="keras_gan")
class Union(Masks):
    """The holes of several families in one picture: a pixel is hole if it is in one of them.

    Free-form inpainting is trained on the union of a box and strokes (Yu et al. 2018, arXiv 1806.03589, as in the
    authors' code), so that the network learns to fill large holes, too.

    Args:
        families: list of `Masks`, at least one.

    Raises:
        ValueError: if this is no list of them.

    Example:
        >>> from keras_gan.masks import Boxes, Strokes
        >>> both = Union([Boxes((0.375, 0.5), place="random"), Strokes()])
        >>> both(2, (32, 32), seed=[0, 0]).shape
        TensorShape([2, 32, 32, 1])
    """

    def __init__(self, families):
        is_list = isinstance(families, list | tuple) and families
        if not is_list or not all(isinstance(family, Masks) for family in families):
            raise ValueError(
                "`families` must be a list of `keras_gan.masks`, such as `[Boxes(), Strokes()]`. "
                f"Received: families={families!r}"
            )
        self.families = tuple(families)

    def holes(self, count, sides, seed):
        """Draw the holes of all families; see `Masks.holes`."""
        seeds = _random.split_seed(seed, len(self.families))
        drawn = (family.holes(count, sides, own) for family, own in zip(self.families, seeds, strict=True))
        return functools.reduce(tf.logical_or, drawn)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"families": [keras.saving.serialize_keras_object(family) for family in self.families]}

    @classmethod
    def from_config(cls, config):
        """Make the object from what `get_config` returned."""
        return cls([restored(family) for family in config["families"]])
