"""Handwritten digits that fly over a canvas and bounce off its edges."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan.data._clip_stream import named
from keras_gan.data._stream import Stream
from keras_gan.data.digits import Digits
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData

_SIDE = 8
# Of the motions of `one_pass`, which are the same whatever the seed of the stream.
_PLAIN_SEED = 0


class DrawnDigits(NamedTuple):
    """What `MovingDigits.draw` returns.

    Attributes:
        clips: float32 (num_clips, num_frames, side, side, 1) in [-1, 1].
        digits: int32 (num_clips,), from 0 to 9.
        positions: float32 (num_clips, num_frames, 2), row and column of the upper left corner of the digit.
        velocities: float32 (num_clips, num_frames, 2), the pixels by which it moves down and right until the next
            frame if it meets no edge.
    """

    clips: np.ndarray
    digits: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray


class MovingDigits:
    """Clips of a digit that moves at a constant speed and bounces off the edges, made on the fly.

    A small world in which everything is known: what moves, where it is and how fast. So it can be measured whether a
    model of videos keeps the digit and moves it as it should. The idea is Moving MNIST, Srivastava et al. 2015
    (arXiv 1502.04681), with the 8x8 digits of `Digits`, which need no download. With the room r = side - 8, the first
    position p uniform in [0, r]^2, the direction a uniform and the speed s uniform between its bounds:

        u(t) = p + s t (sin a, cos a),    position(t) = r - |u(t) mod 2r - r|

    Between two pixels, digits are drawn by linear interpolation. `load_clips` makes the clips of a step from its seed
    and its number, so a run resumes bit for bit. An epoch shows every digit once, each time on another way.

    Args:
        side: height and width of the canvas in pixels, at least 9.
        speed: pair (lowest, highest) of the speed, in pixels a frame.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> from keras_gan import data
        >>> drawn = data.MovingDigits(speed=(2.0, 2.0)).draw(3, num_frames=5, seed=0)
        >>> drawn.clips.shape, drawn.positions.shape
        ((3, 5, 24, 24, 1), (3, 5, 2))
        >>> float((drawn.velocities**2).sum(-1).max().round(3))
        4.0
    """

    def __init__(self, *, side: int = 24, speed: tuple[float, float] = (0.5, 2.0)):
        self.side = require_int("side", side, low=_SIDE + 1)
        self.speed = _require_speed(speed)

    def __repr__(self) -> str:
        return f"MovingDigits(side={self.side}, speed={self.speed})"

    def draw(self, num_clips: int, *, num_frames: int = 12, split: str = "train", seed: int = 0) -> DrawnDigits:
        """Draw clips with all that is known of them.

        Args:
            num_clips: how many.
            num_frames: frames of each.
            split: the split of `Digits` that the digits are drawn from.
            seed: of the digits and the motions.

        Returns:
            `DrawnDigits`.

        Raises:
            ValueError: if an argument is out of range, or there is no such split.
        """
        num_clips, num_frames = require_int("num_clips", num_clips), require_int("num_frames", num_frames)
        rng, data = np.random.default_rng(require_seed(seed)), Digits().read(split, lambda image: image)
        rows, draws = rng.integers(len(data.images), size=num_clips), rng.random((num_clips, 4), np.float32)
        positions, velocities = motions(self, tf.constant(draws), num_frames)
        clips = drawn_at(tf.constant(data.images[rows]), positions, self.side)
        return DrawnDigits(clips.numpy(), data.labels[rows], positions.numpy(), velocities.numpy())


def motions(world: MovingDigits, draws: tf.Tensor, num_frames: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return positions and velocities, float32 (batch, num_frames, 2), for draws (batch, 4) from [0, 1)."""
    room, (low, high) = float(world.side - _SIDE), world.speed
    speed, angle = low + (high - low) * draws[:, 2], 2.0 * math.pi * draws[:, 3]
    velocity = (speed[:, tf.newaxis] * tf.stack([tf.sin(angle), tf.cos(angle)], axis=-1))[:, tf.newaxis]
    times = tf.range(num_frames, dtype=tf.float32)[:, tf.newaxis]
    # On a line that is folded at the edges.
    folded = tf.math.floormod(room * draws[:, tf.newaxis, :2] + velocity * times, 2.0 * room)
    return room - tf.abs(folded - room), tf.where(folded < room, velocity, -velocity)


def drawn_at(digits: tf.Tensor, positions: tf.Tensor, side: int) -> tf.Tensor:
    """Draw digits on a black canvas.

    Args:
        digits: uint8 (batch, 8, 8, 1).
        positions: float32 (batch, num_frames, 2) of the upper left corners.
        side: of the canvas.

    Returns:
        float32 (batch, num_frames, side, side, 1) in [-1, 1].
    """
    places = positions[..., tf.newaxis] + tf.range(_SIDE, dtype=tf.float32)
    distances = tf.abs(tf.range(side, dtype=tf.float32)[:, tf.newaxis] - places[..., tf.newaxis, :])
    # How much of row or column i of the digit falls on each of the canvas: (batch, num_frames, 2, side, 8).
    rows, columns = tf.unstack(tf.maximum(1.0 - distances, 0.0), axis=2)
    ink = tf.cast(digits[..., 0], tf.float32)[:, tf.newaxis] / 127.5
    return (rows @ ink @ tf.transpose(columns, (0, 1, 3, 2)))[..., tf.newaxis] - 1.0


class DigitStream(Stream):
    """Maps a step to its batch of moving digits: a pure function of (seed, step), as in `Stream`.

    Args:
        data: the digits and their labels.
        world: `MovingDigits`.
        num_frames: frames of a clip.
        batch_size: clips in a batch.
        seed: seed of the order and the motions.
    """

    def __init__(self, data: ImageData, world: MovingDigits, *, num_frames: int, batch_size: int, seed: int):
        super().__init__(data, preprocessing=Preprocessing(), batch_size=batch_size, seed=seed)
        self.world, self.num_frames, self.image_shape = world, num_frames, (world.side, world.side, 1)
        self._plain = np.random.default_rng(_PLAIN_SEED).random((self.num_images, 4), np.float32)

    def batch(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the clips of one step, and their labels where there are some."""
        return self._moving(self.indices(step), self._uniform((self.batch_size, 4), -1 - step))

    def plain_batch(self, numbers: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return clips by the numbers of their digits, as `one_pass` does: each on the same way every time."""
        return self._moving(numbers, tf.gather(self._plain, numbers))

    def _moving(self, indices: tf.Tensor, draws: tf.Tensor) -> dict[str, tf.Tensor]:
        positions, _ = motions(self.world, draws, self.num_frames)
        return named(drawn_at(self._gather(indices), positions, self.world.side), indices, self.labels)


def _require_speed(speed) -> tuple[float, float]:
    if not isinstance(speed, tuple | list) or len(speed) != 2:
        raise ValueError(f"`speed` must be a pair of numbers, the lowest and the highest. Received: speed={speed!r}")
    low = require_number("speed", speed[0], low=0.0)
    return low, require_number("speed", speed[1], low=low)
