import errno
import io
import re
import weakref

import keras
import numpy as np
import pytest
from PIL import Image

from keras_gan._gif import write_gif
from keras_gan.callbacks import ImageSnapshots


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


def _damaging(directory, **damage):
    """A callback that damages pictures of earlier epochs when the third epoch begins."""

    def hurt(epoch, logs):
        for name, content in damage.items() if epoch == 2 else ():
            path = directory / f"{name}.png"
            path.write_bytes(content(path.read_bytes()))

    return keras.callbacks.LambdaCallback(on_epoch_begin=hurt)


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
        lambda content: b"no picture",
    ],
)
def test_a_damaged_picture_costs_its_frame_and_is_named(tmp_path, make_gan, train, damage):
    callbacks = [_damaging(tmp_path, epoch_0001=damage), ImageSnapshots(tmp_path, num_images=4)]
    with pytest.warns(
        UserWarning, match=r"snapshots.gif is without epoch_0001.png: the pictures are damaged"
    ) as caught:
        train(make_gan(), callbacks, epochs=3)
    assert len(caught) == 1
    with Image.open(tmp_path / "snapshots.gif") as gif:
        assert gif.n_frames == 3


def test_several_damaged_pictures_are_counted(tmp_path, make_gan, train):
    damage = {f"epoch_{number:04d}": lambda content: b"" for number in range(3)}
    snapshots = ImageSnapshots(tmp_path, num_images=4)
    with pytest.warns(UserWarning, match=r"is without epoch_0000.png and 2 more: the pictures are damaged"):
        train(make_gan(), [_damaging(tmp_path, **damage), snapshots], epochs=3)
    with Image.open(tmp_path / "snapshots.gif") as gif:
        assert gif.n_frames == 1


def test_a_disk_that_fails_is_not_taken_for_a_damaged_picture(tmp_path, make_gan, train, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error")

    snapshots = ImageSnapshots(tmp_path, num_images=4)
    monkeypatch.setattr(Image, "open", fail)
    with pytest.warns(UserWarning, match="without some of the pictures .*Input/output error"):
        train(make_gan(), [snapshots])


def test_a_grid_that_no_gif_can_hold_is_an_error_before_training(tmp_path, make_gan, train):
    class Wide(keras.Model):
        """Draws a row of few rows and many columns."""

        def snapshot(self, num_images, *, seed):
            return np.zeros((1, 1, 65_536, 1), np.float32), 1

    def begin(**options):
        snapshots = ImageSnapshots(tmp_path, **options)
        snapshots.set_model(Wide())
        snapshots.on_train_begin()

    message = "at most 65,535 pixels. Draw fewer images, or give `gif=False`. Received: a grid of 65,540 x 5 pixels"
    with pytest.raises(ValueError, match=re.escape(message)):
        begin()
    begin(gif=False)


def test_a_picture_of_an_earlier_run_that_no_gif_can_hold_is_left_out(tmp_path, make_gan, train):
    Image.fromarray(np.zeros((1, 65_536), np.uint8)).save(tmp_path / "epoch_0001.png")
    with pytest.warns(UserWarning, match="is without epoch_0001.png: .* or too large"):
        train(make_gan(), [ImageSnapshots(tmp_path, num_images=4, every=2)], epochs=2)
    with Image.open(tmp_path / "snapshots.gif") as gif:
        assert gif.n_frames == 2
