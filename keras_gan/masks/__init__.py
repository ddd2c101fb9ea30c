"""Masks with the holes that an inpainter learns to fill, each a family that draws them: `Boxes()`, `Strokes()`.

A mask is 1 in the hole and 0 where the picture is known. For a family of your own, subclass `Masks`.
"""

from keras_gan.masks.boxes import Boxes
from keras_gan.masks.masks import Masks
from keras_gan.masks.regions import Regions
from keras_gan.masks.strokes import Strokes
from keras_gan.masks.union import Union

__all__ = ["Boxes", "Masks", "Regions", "Strokes", "Union"]
