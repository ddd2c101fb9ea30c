"""Strokes against the algorithm written out with a drawing library, and their geometry."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageDraw

from keras_gan.masks import Strokes
from keras_gan.masks.strokes import _distances


def painted(rng, side=256):
    """The algorithm of the paper with the numbers of the authors, in pixels."""
    image = Image.new("L", (side, side))
    draw, mean = ImageDraw.Draw(image), math.hypot(side, side) / 8
    for _ in range(rng.integers(1, 4)):
        spread = rng.uniform(0, 2 * math.pi / 15, 2)
        low, high = 2 * math.pi / 5 - spread[0], 2 * math.pi / 5 + spread[1]
        points = [tuple(rng.uniform(0, side, 2))]
        for step in range(rng.integers(4, 12)):
            angle = rng.uniform(low, high)
            angle = angle if step % 2 else 2 * math.pi - angle
            length = np.clip(rng.normal(mean, mean / 2), 0, 2 * mean)
            x, y = points[-1][0] + length * math.cos(angle), points[-1][1] + length * math.sin(angle)
            points.append((np.clip(x, 0, side), np.clip(y, 0, side)))
        width = rng.uniform(12, 40)
        draw.line(points, fill=1, width=round(width))
        for x, y in points:
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=1)
    return np.asarray(image)


def test_as_much_is_hole_as_in_the_published_algorithm():
    masks = Strokes()(150, (64, 64), seed=[0, 3]).numpy()[..., 0]
    rng = np.random.default_rng(0)
    published = np.stack([painted(rng) for _ in range(150)])
    shares = [holes.mean(axis=(1, 2)) for holes in (masks, published)]
    error = math.hypot(*(share.std() / math.sqrt(150) for share in shares))
    assert abs(shares[0].mean() - shares[1].mean()) < 4 * error
    assert abs(shares[0].std() / shares[1].std() - 1) < 0.25
    # The walks run from the left to the right; mirrored, no side is preferred.
    halves = masks[:, :, :32].mean(axis=(1, 2)) - masks[:, :, 32:].mean(axis=(1, 2))
    assert abs(halves.mean()) < 4 * halves.std() / math.sqrt(150)


def test_the_distance_to_a_walk_is_the_least_distance_to_its_points():
    corners = np.random.default_rng(1).uniform(0, [12, 16], (4, 2)).astype("float32")
    points = [tuple(tf.reshape(value, (1, 1)) for value in corner) for corner in corners]
    (found,) = _distances(points, [tf.constant(12.0), tf.constant(16.0)]).numpy()[0]
    moments = np.linspace(0, 1, 2001)[:, None]
    walk = np.concatenate([a + moments * (b - a) for a, b in itertools.pairwise(corners)])
    pixels = np.stack(np.meshgrid(np.arange(12) + 0.5, np.arange(16) + 0.5, indexing="ij"), axis=-1)
    expected = (np.square(pixels[:, :, None] - walk).sum(axis=-1)).min(axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_numbers_of_strokes_and_steps_are_drawn_up_to_their_ends():
    one = Strokes(strokes=1, steps=1, widths=0.1)(40, (32, 32), seed=[0, 3]).numpy()
    many = Strokes(strokes=(1, 9), steps=1, widths=0.1)(40, (32, 32), seed=[0, 3]).numpy()
    # One step of one stroke covers at most a quarter of the diagonal, and its round ends.
    assert one.sum(axis=(1, 2)).max() <= 1.2 * (3.2 * 11.4 + math.pi * 1.6**2)
    assert many.mean() > 2.5 * one.mean()


@pytest.mark.parametrize("bad", [{"strokes": 0}, {"steps": (4, 3)}, {"widths": 0.0}, {"widths": (0.1, 2.0)}])
def test_bad_ranges(bad):
    with pytest.raises(ValueError, match=f"`{next(iter(bad))}` must be .* Received: "):
        Strokes(**bad)
