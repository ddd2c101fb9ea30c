"""Clips in rows and columns, as one film."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from keras_gan.callbacks import image_grid, write_film


def clips():
    return np.random.default_rng(0).uniform(-1, 1, (3, 4, 40, 30, 1)).astype("float32")


@pytest.mark.parametrize("columns", [None, 3])
def test_each_frame_is_the_grid_of_the_frames_of_that_time(tmp_path, columns):
    path = write_film(tmp_path / "film.gif", clips(), columns=columns, frames_per_second=25)
    with Image.open(path) as picture:
        assert picture.info["loop"] == 0
        frames = [(np.asarray(frame.convert("L")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)]
    assert [duration for _, duration in frames] == [40] * 4
    for time, (frame, _) in enumerate(frames):
        np.testing.assert_array_equal(frame, image_grid(clips()[:, time], columns=columns)[..., 0])


def test_what_is_no_film_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in `\.gif`"):
        write_film(tmp_path / "film.mp4", clips())
    with pytest.raises(ValueError, match=r"must be in \[-1, 1\].*Received: clips"):
        write_film(tmp_path / "film.gif", 127.5 * clips() + 127.5)
    with pytest.raises(ValueError, match="at most 65,535 pixels"):
        write_film(tmp_path / "film.gif", np.zeros((1, 1, 1, 65_600, 1), "float32"))
