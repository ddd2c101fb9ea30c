"""Holes as somebody would paint them to have something removed from a picture."""

import itertools
import math

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_number
from keras_gan.masks._ranges import between, require_range, whole_between
from keras_gan.masks.masks import Masks

# Of the paper's algorithm: a walk turns back and forth by about this angle, and this much more or less.
_ANGLE, _SPREAD = 2.0 * math.pi / 5.0, 2.0 * math.pi / 15.0
# The mean step is this part of the diagonal, and its deviation half of it.
_STEP = 1.0 / 8.0


@keras.saving.register_keras_serializable(package="keras_gan")
class Strokes(Masks):
    """A few thick strokes in each picture, each of them a random walk with round joints.

    Users mark what should go with a brush, and objects have no shape that a box would fit. The walk of each stroke
    begins anywhere; its i-th step has the length r and the direction

        r ~ N(D / 8, D / 16) clipped to [0, D / 4],    a_i (odd i) or 2 pi - a_i (even i),    a_i ~ U(m - d, m + e)

    with the diagonal D of the picture, m = 2 pi / 5, and d, e ~ U(0, 2 pi / 15) drawn once for a stroke; it stays in
    the picture. At the end the whole mask is mirrored at random along both axes. Yu et al. 2018 (arXiv 1806.03589),
    algorithm 1, with the numbers of the authors' code for pictures of 256x256. There widths are whole pixels.

    Args:
        strokes: int or tuple (low, high), how many strokes a mask has.
        steps: int or tuple (low, high), the steps of a walk.
        widths: number or tuple (low, high), the width of a stroke as a share of the shorter side of the picture, in
            (0, 1].

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> masks = Strokes()(8, (64, 64), seed=[0, 0])
        >>> masks.shape, 0.05 < float(tf.reduce_mean(masks)) < 0.5
        (TensorShape([8, 64, 64, 1]), True)
    """

    def __init__(self, *, strokes=(1, 3), steps=(4, 11), widths=(12 / 256, 40 / 256)):
        self.strokes = require_range("strokes", strokes, require_int, high=1024)
        self.steps = require_range("steps", steps, require_int, high=1024)
        self.widths = require_range("widths", widths, require_number, low=0.0, high=1.0, open_low=True)

    def holes(self, count, sides, seed):
        """Draw strokes; see `Masks.holes`."""
        seeds = iter(_random.split_seed(seed, 4))
        sides = [tf.cast(side, tf.float32) for side in sides]
        points = self._walks(count, sides, next(seeds), next(seeds))
        numbers = _random.uniform((count, self.strokes[1], 2), next(seeds))
        radius = 0.5 * between(self.widths, numbers[..., 0]) * tf.minimum(*sides)
        is_drawn = tf.range(self.strokes[1], dtype=tf.float32) < whole_between(self.strokes, numbers[:, :1, 1])
        # A stroke that is not drawn has a radius that no distance is below.
        radius = tf.where(is_drawn, radius, -1.0)[..., tf.newaxis, tf.newaxis]
        covered = tf.reduce_any(_distances(points, sides) <= tf.sign(radius) * radius**2, axis=1)
        return _mirrored(covered, _random.uniform((count, 2), next(seeds)))

    def _walks(self, count, sides, step_seed, stroke_seed):
        """The corners of the walks, a list of pairs (y, x), each float32 `(count, strokes)`."""
        strokes, steps = self.strokes[1], self.steps[1]
        diagonal = tf.sqrt(sides[0] ** 2 + sides[1] ** 2)
        turns = tf.unstack(_random.uniform((count, strokes, 5), stroke_seed), axis=-1)
        low, high = _ANGLE - _SPREAD * turns[0], _ANGLE + _SPREAD * turns[1]
        number = whole_between(self.steps, turns[2])
        points = [(turns[3] * sides[0], turns[4] * sides[1])]
        angle_seed, length_seed = _random.split_seed(step_seed, 2)
        angles = _random.uniform((count, strokes, steps), angle_seed)
        lengths = _random.normal((count, strokes, steps), length_seed)
        for step in range(steps):
            angle = between((low, high), angles[..., step])
            length = _STEP * diagonal * tf.clip_by_value(1.0 + 0.5 * lengths[..., step], 0.0, 2.0)
            # A walk that is over stays where it is.
            length = tf.where(step < number, length, 0.0)
            down = tf.sin(angle) if step % 2 else -tf.sin(angle)
            (y, x), along = points[-1], tf.cos(angle)
            moved = (y + length * down, x + length * along)
            points.append(tuple(tf.clip_by_value(v, 0.0, side) for v, side in zip(moved, sides, strict=True)))
        return points

    def get_config(self):
        """Return the constructor's arguments."""
        return {"strokes": self.strokes, "steps": self.steps, "widths": self.widths}


def _distances(points, sides):
    """The squared distance of the centre of each pixel to each walk, float32 `(count, strokes, height, width)`."""
    rows, columns = (tf.range(side) + 0.5 for side in sides)
    nearest = None
    for begin, end in itertools.pairwise(points):
        dy, dx = (value[..., tf.newaxis] for value in (end[0] - begin[0], end[1] - begin[1]))
        py, px = rows - begin[0][..., tf.newaxis], columns - begin[1][..., tf.newaxis]
        # Where on the segment the nearest point is, from 0 to 1.
        along = (py * dy)[..., :, tf.newaxis] + (px * dx)[..., tf.newaxis, :]
        along = tf.clip_by_value(along / tf.maximum(dy**2 + dx**2, 1e-6)[..., tf.newaxis], 0.0, 1.0)
        away = (py[..., :, tf.newaxis] - along * dy[..., tf.newaxis]) ** 2
        away += (px[..., tf.newaxis, :] - along * dx[..., tf.newaxis]) ** 2
        nearest = away if nearest is None else tf.minimum(nearest, away)
    return nearest


def _mirrored(holes, numbers):
    """Masks, half of them upside down and half of them left to right."""
    upside_down, reversed_rows = (numbers[:, i, tf.newaxis, tf.newaxis] < 0.5 for i in range(2))
    holes = tf.where(upside_down, holes[:, ::-1], holes)
    return tf.where(reversed_rows, holes[:, :, ::-1], holes)
