import numpy as np
import pytest

from keras_gan.metrics import frame_differences

RNG = np.random.default_rng(0)


def test_a_clip_that_stands_still_has_none():
    still = np.repeat(RNG.uniform(-1, 1, (3, 1, 6, 6, 3)), 5, axis=1)
    np.testing.assert_array_equal(frame_differences(still), np.zeros((3, 4)))


def test_frames_without_any_connection_differ_by_two_thirds():
    # The mean distance of two numbers that are uniform in [-1, 1].
    noise = RNG.uniform(-1, 1, (4, 3, 40, 40, 3))
    np.testing.assert_allclose(frame_differences(noise), 2 / 3, atol=0.03)


def test_each_step_has_its_own_number():
    levels = np.array([[-1.0, 0.0, 0.25], [0.5, 0.5, -1.0]])
    clips = levels[:, :, None, None, None] * np.ones((1, 1, 6, 7, 1))
    np.testing.assert_array_equal(frame_differences(clips), [[1.0, 0.25], [0.0, 1.5]])


@pytest.mark.parametrize(
    "clips, message",
    [
        (np.zeros((5, 8, 8, 1)), r"`clips` must be a batch of clips.* Received: clips.shape=\(5, 8, 8, 1\)"),
        (np.zeros((5, 1, 8, 8, 1)), r"at least 2 frames.*\(5, 1, 8, 8, 1\)"),
        (np.full((5, 2, 8, 8, 1), 127.0), r"`clips` must be finite numbers in \[-1, 1\]"),
        (np.zeros((5, 2, 8, 8, 1), "uint8"), r"`clips` must be floats in \[-1, 1\]"),
    ],
)
def test_what_are_no_clips_is_named(clips, message):
    with pytest.raises(ValueError, match=message):
        frame_differences(clips)
