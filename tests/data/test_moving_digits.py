"""Digits that bounce: they are where they are said to be, and move as they are said to."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data
from keras_gan.data.moving_digits import drawn_at


def test_at_whole_pixels_the_digit_is_copied_and_between_them_it_is_a_mean():
    digit = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 1), np.uint8)
    canvas = drawn_at(tf.constant(digit), tf.constant([[[3.0, 7.0], [4.0, 7.5]]]), 20).numpy()[0, ..., 0]
    levels = digit[0, ..., 0] / 127.5 - 1
    np.testing.assert_allclose(canvas[0, 3:11, 7:15], levels, atol=1e-6)
    np.testing.assert_allclose(canvas[1, 4:12, 8:15], (levels[:, 1:] + levels[:, :-1]) / 2, atol=1e-6)
    canvas[0, 3:11, 7:15] = -1
    assert (canvas[0] == -1).all()


def test_digits_move_at_their_speed_and_stay_on_the_canvas():
    drawn = data.MovingDigits(side=20, speed=(1.0, 3.0)).draw(200, num_frames=16, seed=1)
    assert drawn.positions.min() >= 0
    assert drawn.positions.max() <= 12
    speeds = np.linalg.norm(drawn.velocities, axis=-1)
    np.testing.assert_allclose(speeds, np.broadcast_to(speeds[:, :1], speeds.shape), rtol=1e-5)
    assert 1 <= speeds.min() < 1.1 < 2.9 < speeds.max() <= 3
    steps, expected = np.diff(drawn.positions, axis=1), drawn.velocities[:, :-1]
    reached = drawn.positions[:, :-1] + expected
    inside = (reached >= 0) & (reached <= 12)
    np.testing.assert_allclose(steps[inside], expected[inside], atol=1e-4)
    # Where the next place lies beyond an edge, the digit is as far before it.
    beyond = np.where(reached < 0, -reached, 24 - reached)
    np.testing.assert_allclose(drawn.positions[:, 1:][~inside], beyond[~inside], atol=1e-4)
    assert (~inside).sum() > 100


def test_the_digits_are_drawn_where_the_positions_say():
    drawn = data.MovingDigits().draw(20, num_frames=6, seed=2)
    ink = (drawn.clips[..., 0] + 1) / 2
    rows = (ink.sum(-1) * np.arange(24)).sum(-1) / ink.sum((-2, -1))
    # The centre of the ink is a constant away from the corner.
    np.testing.assert_allclose(np.ptp(rows - drawn.positions[..., 0], axis=1), 0, atol=1e-3)
    assert drawn.clips.min() >= -1
    assert drawn.clips.max() <= 1 + 1e-6


def test_draws_are_a_function_of_the_seed_and_the_split():
    world = data.MovingDigits()
    first, same, other = (world.draw(4, num_frames=2, seed=seed).clips for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    assert (world.draw(4, num_frames=2, split="test").clips != first).any()


def test_one_pass_shows_every_test_digit_on_the_same_way_whatever_the_seed():
    streams = [data.load_clips(data.MovingDigits(side=12), num_frames=2, split="test", seed=seed) for seed in (0, 1)]
    clips, again = (np.concatenate([batch["clips"] for batch in stream.one_pass()]) for stream in streams)
    assert clips.shape == (360, 2, 12, 12, 1)
    np.testing.assert_array_equal(clips, again)
    assert len(np.unique(clips, axis=0)) == 360


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"side": 8}, "at least 9"), ({"speed": 2.0}, "must be a pair"), ({"speed": (2.0, 1.0)}, r"number in \[2\.0")],
)
def test_impossible_worlds_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        data.MovingDigits(**arguments)
