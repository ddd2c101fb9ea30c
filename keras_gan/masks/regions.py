"""Holes of any shape."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_number
from keras_gan.masks.masks import Masks


@keras.saving.register_keras_serializable(package="keras_gan")
class Regions(Masks):
    """Random regions with smooth outlines, which together cover the same share of each picture.

    A network that always sees the same outline learns that outline: it paints well inside and leaves a seam at the
    edge. Regions without a shape of their own prevent this. Uniform noise on a coarse grid is enlarged to the picture
    by cubic interpolation, and the hole is where it is lowest.

    Pathak et al. 2016 (arXiv 1604.07379), section 3.3, as in the authors' code, whose grid has 7.7 cells across a
    picture. There the threshold is the same for all pictures and those with 20 to 30 percent of hole are kept; here
    each picture has its own threshold.

    Args:
        share: the share of the pixels that is hole, in (0, 1).
        cells: int, the cells of the grid along each side. More cells make smaller regions.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> float(tf.reduce_mean(Regions(0.25)(2, (32, 32), seed=[0, 0])))
        0.25
    """

    def __init__(self, share=0.25, *, cells=8):
        self.share = _require_share(share)
        self.cells = require_int("cells", cells, low=2, high=1024)

    def holes(self, count, sides, seed):
        """Draw regions; see `Masks.holes`."""
        noise = _random.uniform((count, self.cells, self.cells), seed)
        rows, columns = (_interpolation(side, self.cells) for side in sides)
        noise = tf.einsum("yi,nij,xj->nyx", rows, noise, columns)
        size = sides[0] * sides[1]
        pixels = tf.sort(tf.reshape(noise, (count, size)))
        # At least one pixel is known, although few may be rounded to none.
        covered = tf.minimum(tf.cast(tf.round(self.share * tf.cast(size, tf.float32)), tf.int32), size - 1)
        return noise < tf.gather(pixels, covered, axis=1)[:, tf.newaxis, tf.newaxis]

    def get_config(self):
        """Return the constructor's arguments."""
        return {"share": self.share, "cells": self.cells}


def _require_share(share):
    share = require_number("share", share, low=0.0, high=1.0, open_low=True)
    if share == 1.0:
        raise ValueError(f"`share` must be below 1, because something must be known. Received: share={share!r}")
    return share


def _interpolation(side, cells):
    """The matrix that enlarges a row of cells to a side, by cubic convolution (Keys 1981, a = -1/2), rows of sum 1."""
    places = (tf.cast(tf.range(side), tf.float32) + 0.5) * (cells / tf.cast(side, tf.float32)) - 0.5
    x = tf.abs(places[:, tf.newaxis] - tf.range(cells, dtype=tf.float32))
    near, far = (1.5 * x - 2.5) * x**2 + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    weights = tf.where(x < 1.0, near, tf.where(x < 2.0, far, 0.0))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
