"""Snapshots of clips: films that run as the clips do, at the times of all snapshots."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageSequence
from tensorflow.core.util import event_pb2

from keras_gan.callbacks import ClipSnapshots


class Director(keras.Model):
    """Every pixel of frame i of clip k is 50 k + 10 i + 5 times the number of steps; lower with other seeds."""

    def __init__(self, num_classes=None):
        super().__init__()
        self.num_classes = num_classes
        self.steps = self.add_weight(shape=(), initializer="zeros")
        self.built = True

    def train_step(self, data):
        self.steps.assign_add(1)
        return {"loss": tf.zeros(())}

    def generate(self, num_clips, *, seed, labels=None):
        numbers = np.arange(num_clips) if labels is None else np.asarray(labels)
        levels = 50 * numbers[:, None] + 10 * np.arange(3) + 5 * float(self.steps) - seed
        pixels = (levels / 127.5 - 1).astype("float32")[:, :, None, None, None]
        return np.broadcast_to(pixels, (num_clips, 3, 64, 64, 1))


def trained(directory, model=None, **options):
    model = Director() if model is None else model
    model.compile(run_eagerly=True)
    model.fit(np.zeros((2, 1)), batch_size=1, verbose=0, callbacks=[ClipSnapshots(directory, **options)])


def film(path):
    """The frames of a GIF, and how long each is shown in milliseconds."""
    with Image.open(path) as picture:
        # The iterator yields one object, which changes.
        frames = [(np.asarray(frame.convert("L")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)]
    return [frame for frame, _ in frames], {duration for _, duration in frames}


def corners(frame, columns):
    """The levels of the cells of a frame, row by row."""
    return [int(frame[2 + 66 * (number // columns), 2 + 66 * (number % columns)]) for number in range(2 * columns)]


def test_each_file_shows_all_clips_at_the_same_time(tmp_path):
    trained(tmp_path, unit="step", num_clips=4, frames_per_second=5)
    names = [f"step_{number:07d}.gif" for number in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for steps, name in enumerate(names):
        frames, durations = film(tmp_path / name)
        assert durations == {200}
        expected = [[50 * k + 10 * i + 5 * steps for k in range(4)] for i in range(3)]
        assert [corners(frame, columns=2) for frame in frames] == expected


def test_each_row_has_a_class(tmp_path):
    trained(tmp_path, Director(num_classes=2), num_clips=5)
    frames, _ = film(tmp_path / "epoch_0000.gif")
    assert corners(frames[0], columns=2) == [0, 0, 50, 50]


def test_a_model_decides_what_its_snapshots_hold(tmp_path):
    class Continuing(Director):
        def snapshot_clips(self, num_clips, *, seed, inputs):
            return self.generate(num_clips, seed=0)[:2] * inputs, 2

    trained(tmp_path, Continuing(), num_clips=4, inputs=np.ones((1,)))
    frames, _ = film(tmp_path / "epoch_0000.gif")
    assert frames[0].shape == (68, 134)


def test_tensorboard_shows_a_clip_in_each_row(tmp_path):
    trained(tmp_path / "films", num_clips=2, log_dir=tmp_path / "logs")
    (path,) = (tmp_path / "logs").iterdir()
    events = [event_pb2.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    shown = [value for event in events for value in event.summary.value if value.tag == "samples"]
    width, height, png = shown[0].tensor.string_val[:3]
    assert (width, height) == (b"200", b"134")
    picture = tf.io.decode_png(png).numpy()
    assert [int(picture[2 + 66 * row, 2 + 66 * frame, 0]) for row in range(2) for frame in range(3)] == [
        *(0, 10, 20),
        *(50, 60, 70),
    ]


def test_what_is_no_film_is_refused(tmp_path):
    class Painter(Director):
        def generate(self, num_clips, *, seed):
            return np.zeros((num_clips, 8, 8, 1), "float32")

    with pytest.raises(ValueError, match=r"no clips.*`ImageSnapshots`.*\(16, 8, 8, 1\)"):
        trained(tmp_path, Painter())
    with pytest.raises(ValueError, match=r"`frames_per_second` must be a number in \(0\.0, 50\.0\]"):
        ClipSnapshots(tmp_path, frames_per_second=0)
