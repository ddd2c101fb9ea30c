import io
import weakref

import numpy as np
import pytest
from PIL import Image

from keras_gan.callbacks.image_snapshots import write_gif


def animated_gif(pictures):
    """The bytes that `write_gif` writes."""
    file = io.BytesIO()
    write_gif(file, pictures, [picture.size for picture in pictures])
    return file.getvalue()


def _frames(content):
    with Image.open(io.BytesIO(content)) as gif:
        for index in range(gif.n_frames):
            gif.seek(index)
            yield np.asarray(gif.convert("RGB")), gif.info


def test_frames_equal_the_grey_pictures_in_order():
    # Every level of grey, and sizes on both sides of the 16 pixels from which GIFs are interlaced.
    levels = np.arange(1024).reshape(32, 32).astype(np.uint8)
    pictures = [levels, np.roll(levels, 5), levels[::-1].copy(), np.zeros_like(levels)]
    frames = [pixels for pixels, _ in _frames(animated_gif([Image.fromarray(picture) for picture in pictures]))]
    assert len(frames) == 4
    for frame, picture in zip(frames, pictures, strict=True):
        np.testing.assert_array_equal(frame, np.stack([picture] * 3, axis=-1))


def test_pictures_of_few_colours_are_exact():
    colours = np.random.default_rng(0).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    pictures = [Image.fromarray(np.tile(palette[None], (4, 2, 1))) for palette in colours]
    for (frame, _), picture in zip(_frames(animated_gif(pictures)), pictures, strict=True):
        np.testing.assert_array_equal(frame, np.asarray(picture))


def test_pictures_of_many_colours_are_close():
    ramp = np.linspace(0, 255, 64)
    picture = np.stack([*np.meshgrid(ramp, ramp), np.full((64, 64), 128.0)], axis=-1).astype(np.uint8)
    ((frame, _),) = _frames(animated_gif([Image.fromarray(picture)]))
    assert np.abs(frame.astype(int) - picture).mean() < 8


def test_equal_pictures_keep_their_frames():
    picture = Image.fromarray(np.full((20, 20), 7, np.uint8))
    assert len(list(_frames(animated_gif([picture] * 3)))) == 3


def test_the_last_frame_stays_and_the_animation_loops():
    picture = Image.fromarray(np.zeros((4, 4), np.uint8))
    infos = [dict(info) for _, info in _frames(animated_gif([picture] * 3))]
    assert [info["duration"] for info in infos] == [200, 200, 2000]
    assert infos[0]["loop"] == 0


@pytest.mark.parametrize("text", ["", "a, comment"])
def test_text_in_a_picture_changes_nothing(text):
    picture = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    plain = animated_gif([picture])
    picture.info["comment"] = text.encode()
    assert animated_gif([picture]) == plain


def test_the_screen_holds_the_largest_picture():
    pictures = [Image.fromarray(np.zeros(shape, np.uint8)) for shape in [(4, 9), (7, 3)]]
    with Image.open(io.BytesIO(animated_gif(pictures))) as gif:
        assert gif.size == (9, 7)


def test_a_picture_is_written_before_the_next_but_one_is_read():
    alive, most = weakref.WeakValueDictionary(), []

    def pictures():
        for level in range(20):
            alive[level] = picture = Image.fromarray(np.full((4, 4), level, np.uint8))
            most.append(len(alive))
            yield picture

    file = io.BytesIO()
    write_gif(file, pictures(), [(4, 4)] * 20)
    assert [int(pixels[0, 0, 0]) for pixels, _ in _frames(file.getvalue())] == list(range(20))
    assert max(most) <= 2
