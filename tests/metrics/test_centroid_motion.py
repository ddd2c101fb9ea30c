import numpy as np
import pytest

from keras_gan.metrics import centroid_motion


def moving(places, side=32, channels=1, spread=2.0):
    """Clips of a bell at places `(num_clips, num_frames, 2)`, before black."""
    y, x = np.mgrid[:side, :side]
    square = (y - places[..., :1, None]) ** 2 + (x - places[..., 1:, None]) ** 2
    return np.repeat((2 * np.exp(-square / (2 * spread**2)) - 1)[..., None], channels, axis=-1)


def test_a_thrown_ball_has_the_speed_and_the_acceleration_of_its_path():
    time = np.arange(8.0)
    places = np.stack([8 + 0.15 * time**2, 6 + 2.25 * time], axis=-1)[None]
    motion = centroid_motion(moving(places), threshold=0.0)
    np.testing.assert_allclose(motion.centroids, places, atol=0.01)
    np.testing.assert_allclose(motion.accelerations, 0.3, atol=0.01)
    np.testing.assert_allclose(motion.speeds[0], np.hypot(0.15 * (2 * time[:-1] + 1), 2.25), atol=0.01)


def test_a_background_that_is_hardly_off_does_not_pull_the_centroid_to_the_middle():
    places = np.stack([np.linspace(4, 27, 6), np.linspace(4, 27, 6)], axis=-1)[None]
    dirty = np.maximum(moving(places), -0.95)
    true = np.hypot(*[23 / 5] * 2)
    np.testing.assert_allclose(centroid_motion(dirty).speeds, true, rtol=0.02)
    assert centroid_motion(dirty, threshold=0.0).speeds.mean() < 0.9 * true


def test_the_background_may_be_white_and_the_object_of_any_colour():
    places = np.random.default_rng(0).uniform(10, 20, (2, 4, 2))
    black = moving(places, channels=3)
    white = -black
    white[..., 0] = 1.0
    np.testing.assert_allclose(
        centroid_motion(white, background=1.0, threshold=0.0).speeds, centroid_motion(black, threshold=0.0).speeds
    )


def test_what_needs_a_frame_without_an_object_is_nan():
    clips = moving(np.full((1, 6, 2), 16.0))
    clips[0, 0] = -1.0
    motion = centroid_motion(clips)
    np.testing.assert_array_equal(np.isnan(motion.speeds[0]), [True, False, False, False, False])
    np.testing.assert_array_equal(np.isnan(motion.accelerations[0]), [True, False, False, False])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"clips": np.zeros((1, 2, 8, 8, 1))}, r"at least 3 frames"),
        ({"background": -2.0}, r"`background` must be a number in \[-1.0, 1.0\]"),
        ({"threshold": -0.1}, r"`threshold` must be a number in \[0.0, 2.0\]"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        centroid_motion(**{"clips": np.zeros((1, 3, 8, 8, 1))} | options)
