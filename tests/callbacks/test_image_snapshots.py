import re
import shutil
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.util import event_pb2

import keras_gan
from keras_gan import _gif
from keras_gan.callbacks import Checkpoint, ImageSnapshots, _snapshots, image_grid


def _names(directory):
    """The files of a directory, without those that a slow machine adds: what was made after so many seconds."""
    return [name for name in _all_names(directory) if not name.startswith("after_")]


def _all_names(directory):
    return sorted(path.name for path in directory.iterdir())


def _pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def _gif_frames(path):
    with Image.open(path) as gif:
        frames = []
        for index in range(gif.n_frames):
            gif.seek(index)
            frames.append(np.asarray(gif.convert("L")))
        return frames


def _removes(directory):
    """A callback that removes a directory after the first epoch."""
    return keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 1 and shutil.rmtree(directory))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_shows_what_the_generator_makes(tmp_path, make_gan, train, channels):
    gan = make_gan(channels=channels)
    before = gan.generate(6, seed=11)
    train(gan, [ImageSnapshots(tmp_path, num_images=6, seed=11)], epochs=1)
    assert _names(tmp_path) == ["epoch_0000.png", "epoch_0001.png", "snapshots.gif"]
    for name, images in [("epoch_0000.png", before), ("epoch_0001.png", gan.generate(6, seed=11))]:
        np.testing.assert_array_equal(np.atleast_3d(_pixels(tmp_path / name)), image_grid(images))


def test_unchanged_weights_give_the_same_bytes(tmp_path, make_gan, train):
    train(make_gan(decay=1.0), [ImageSnapshots(tmp_path)])
    first, second, third = ((tmp_path / f"epoch_{number:04d}.png").read_bytes() for number in range(3))
    assert first == second == third
    assert len(_gif_frames(tmp_path / "snapshots.gif")) == 3


def test_changed_weights_change_the_picture(tmp_path, make_gan, train):
    train(make_gan(), [ImageSnapshots(tmp_path)])
    assert len({path.read_bytes() for path in tmp_path.glob("epoch_*.png")}) == 3


def test_the_gif_holds_the_grids_in_order(tmp_path, make_gan, train):
    train(make_gan(), [ImageSnapshots(tmp_path)], epochs=12)
    frames = _gif_frames(tmp_path / "snapshots.gif")
    assert len(frames) == 13
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, _pixels(tmp_path / f"epoch_{number:04d}.png"))


def test_without_a_gif(tmp_path, make_gan, train):
    train(make_gan(), [ImageSnapshots(tmp_path, gif=False, every=2)], epochs=4)
    assert _names(tmp_path) == ["epoch_0000.png", "epoch_0002.png", "epoch_0004.png"]


def test_every_few_steps_across_epochs(tmp_path, make_gan, train):
    gan = make_gan()
    train(gan, [ImageSnapshots(tmp_path, unit="step", every=5, gif=False)], epochs=3)
    assert _names(tmp_path) == [f"step_{number:07d}.png" for number in (0, 5, 10, 15)]
    # An epoch's end is a step's end too: one grid is sampled, not two.
    assert len(gan.generate_calls) == 4


def test_steps_that_do_not_divide_the_epoch(tmp_path, make_gan, train):
    train(make_gan(), [ImageSnapshots(tmp_path, unit="step", every=3, gif=False)], epochs=2)
    assert _names(tmp_path) == [f"step_{number:07d}.png" for number in (0, 3, 6, 9)]


def test_several_steps_in_one_execution(tmp_path, make_gan, train):
    gan = make_gan()
    gan.compile(optimizer=None, loss=None, steps_per_execution=2)
    # The executions end after steps 2, 4, 5 and 7, 9, 10: the first to reach a multiple of 3 takes the picture.
    train(gan, [ImageSnapshots(tmp_path, unit="step", every=3, gif=False)], epochs=2)
    assert _names(tmp_path) == [f"step_{number:07d}.png" for number in (0, 4, 7, 9)]


@pytest.mark.long
@pytest.mark.parametrize("unit, per_epoch", [("epoch", 1), ("step", 5)])
def test_a_continued_run_goes_on_with_the_numbers(tmp_path, make_gan, train, unit, per_epoch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(make_gan(), [ImageSnapshots(whole, unit=unit, every=per_epoch)], epochs=4)
    keras.utils.set_random_seed(0)
    gan = make_gan()
    train(gan, [ImageSnapshots(parts, unit=unit, every=per_epoch)], epochs=2)
    train(gan, [ImageSnapshots(parts, unit=unit, every=per_epoch)], epochs=4, initial_epoch=2)
    assert len(_gif_frames(parts / "snapshots.gif")) == 5
    assert _names(parts) == _names(whole)


def test_a_continued_run_of_unknown_length_counts_from_the_last_picture(tmp_path, make_gan):
    (tmp_path / "step_0000042.png").touch()
    unsized = tf.data.Dataset.from_generator(
        lambda: iter(np.zeros((5, 8), np.float32)), output_signature=tf.TensorSpec((8,), tf.float32)
    )
    snapshots = ImageSnapshots(tmp_path, unit="step", gif=False)
    with pytest.warns(UserWarning, match="Your input ran out of data"):
        make_gan().fit(unsized, epochs=8, initial_epoch=7, callbacks=[snapshots], verbose=0, shuffle=False)
    assert _names(tmp_path) == [f"step_{number:07d}.png" for number in range(42, 48)]


def test_a_continued_run_without_an_epoch_left_changes_nothing(tmp_path, make_gan, train):
    gan = make_gan()
    train(gan, [ImageSnapshots(tmp_path)])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    train(gan, [ImageSnapshots(tmp_path)], epochs=2, initial_epoch=2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_new_run_leaves_the_later_pictures_of_an_old_one_out_of_its_gif(tmp_path, make_gan, train):
    train(make_gan(), [ImageSnapshots(tmp_path)], epochs=4)
    train(make_gan(), [ImageSnapshots(tmp_path)], epochs=2)
    assert len(_gif_frames(tmp_path / "snapshots.gif")) == 3
    assert (tmp_path / "epoch_0004.png").exists()


@pytest.mark.parametrize("num_images, rows, columns", [(64, 10, 6), (10, 10, 1), (5, 5, 1)])
def test_row_i_shows_class_i(tmp_path, make_gan, train, num_images, rows, columns):
    train(make_gan(num_classes=10), [ImageSnapshots(tmp_path, num_images=num_images)], epochs=1)
    classes = np.arange(rows).repeat(columns).reshape(-1, 1, 1, 1) * np.ones((1, 4, 4, 1))
    expected = image_grid(classes / 10, columns=columns)
    np.testing.assert_array_equal(_pixels(tmp_path / "epoch_0001.png"), expected[..., 0])


def test_a_model_without_classes_may_say_so(tmp_path, make_gan, train):
    gan = make_gan()
    gan.num_classes = None
    train(gan, [ImageSnapshots(tmp_path, num_images=9, seed=5)], epochs=1)
    assert gan.generate_calls == [(9, {"seed": 5})] * 2


def test_a_model_may_choose_what_is_shown(tmp_path):
    class Translator(keras.Model):
        """Shows inputs on the left and outputs on the right; `generate` is not asked."""

        num_classes = 3

        def snapshot(self, num_images, *, seed):
            pairs = np.stack([np.full(num_images, -1.0), np.linspace(0, seed / 10, num_images)], axis=1)
            return np.float32(pairs.reshape(-1, 1, 1, 1) * np.ones((1, 4, 4, 1))), 2

    translator = Translator()
    snapshots = ImageSnapshots(tmp_path, num_images=3, seed=7)
    snapshots.set_model(translator)
    snapshots.on_train_begin()
    snapshots.on_epoch_begin(0)
    images = np.float32([-1, 0, -1, 0.35, -1, 0.7]).reshape(-1, 1, 1, 1) * np.ones((1, 4, 4, 1), np.float32)
    np.testing.assert_array_equal(_pixels(tmp_path / "epoch_0000.png"), image_grid(images, columns=2)[..., 0])


@pytest.mark.parametrize("columns", [2, None])
def test_a_zoom_shows_the_middles_below_their_images(tmp_path, columns):
    images = np.random.default_rng(0).uniform(-1, 1, (4 if columns else 3, 6, 5, 1)).astype("float32")
    model = keras.Model()
    model.snapshot = lambda num_images, seed: (images, columns)
    snapshots = ImageSnapshots(tmp_path, zoom=3)
    snapshots.set_model(model)
    snapshots.on_train_begin()
    snapshots.on_epoch_begin(0)
    # Two of six rows and two of five columns, each three times; what is beyond the sides is cut.
    middles = np.kron(images[:, 2:4, 1:3], np.ones((1, 3, 3, 1), "float32"))[:, :, :5]
    # Without columns, three images are two rows, of which the second has a white cell.
    white = np.ones((4 - len(images), 6, 5, 1), "float32")
    images, middles = np.concatenate([images, white]), np.concatenate([middles, white])
    expected = np.concatenate([images[:2], middles[:2], images[2:], middles[2:]])
    np.testing.assert_array_equal(_pixels(tmp_path / "epoch_0000.png"), image_grid(expected, columns=2)[..., 0])


@pytest.mark.long
def test_the_gif_needs_no_more_memory_the_more_pictures_there_are(tmp_path, make_gan, train, monkeypatch):
    alive, most = weakref.WeakValueDictionary(), []
    read = _gif.read

    def counting_read(path):
        alive[path] = picture = read(path)
        most.append(len(alive))
        return picture

    monkeypatch.setattr(_gif, "read", counting_read)
    train(make_gan(), [ImageSnapshots(tmp_path)], epochs=30)
    assert len(most) == len(_gif_frames(tmp_path / "snapshots.gif")) == 31
    assert max(most) <= 2


@pytest.fixture
def clock(monkeypatch):
    """A clock that a callback moves on by some seconds in each step."""

    class Clock:
        seconds = 100.0

        def moves_on(self, seconds):
            return keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: self._move(seconds))

        def _move(self, seconds):
            self.seconds += seconds

    clock = Clock()
    monkeypatch.setattr(_snapshots.time, "perf_counter", lambda: clock.seconds)
    return clock


def _early(directory):
    return [name for name in _all_names(directory) if name.startswith("after_")]


def test_pictures_by_the_clock_at_the_start(tmp_path, make_gan, train, clock):
    # The clock starts before the first step; an epoch takes 60 seconds.
    train(make_gan(), [ImageSnapshots(tmp_path), clock.moves_on(12.0)], epochs=3)
    # Nothing was drawn between 10 and 30 seconds; the pictures of the epochs come before the later moments.
    assert _early(tmp_path) == ["after_0010s.png", "after_0030s.png"]
    assert len(_gif_frames(tmp_path / "snapshots.gif")) == 4


@pytest.mark.long
def test_a_long_epoch_has_every_early_picture(tmp_path, make_gan, train, clock):
    train(make_gan(), [ImageSnapshots(tmp_path, every=9), clock.moves_on(9.0)], epochs=9)
    names = [f"after_{seconds:04d}s.png" for seconds in (10, 30, 60, 120, 300)]
    assert _early(tmp_path) == names
    assert len({(tmp_path / name).read_bytes() for name in names}) == 5


def test_a_step_that_passes_several_moments_is_drawn_once(tmp_path, make_gan, train, clock):
    gan = make_gan()
    train(gan, [ImageSnapshots(tmp_path, every=9), clock.moves_on(70.0)], epochs=1)
    assert _early(tmp_path) == ["after_0060s.png", "after_0120s.png", "after_0300s.png"]
    assert len(gan.generate_calls) == 4


@pytest.mark.parametrize("moments", [(), (1_000,)])
def test_no_early_pictures(tmp_path, make_gan, train, clock, moments):
    train(make_gan(), [ImageSnapshots(tmp_path, after_seconds=moments), clock.moves_on(12.0)])
    assert _early(tmp_path) == []


@pytest.mark.long
def test_a_run_that_resumes_continues_the_clock(tmp_path, walk, fit, fit_until_killed, clock):
    def callbacks():
        return ImageSnapshots(tmp_path, every=9, after_seconds=[10, 30]), clock.moves_on(8.0)

    fit_until_killed(walk(), *callbacks(), Checkpoint(tmp_path, unit="step"), after=3)
    assert _early(tmp_path) == ["after_0010s.png"]
    before = (tmp_path / "after_0010s.png").read_bytes()
    gan = walk()
    fit(gan, *callbacks(), Checkpoint(tmp_path, unit="step"))
    # 30 seconds have passed after the fourth step, not after the sixth.
    assert _early(tmp_path) == ["after_0010s.png", "after_0030s.png"]
    assert (tmp_path / "after_0010s.png").read_bytes() == before
    never_stopped = walk()
    fit(never_stopped)
    assert gan.fingerprint() == never_stopped.fingerprint()


@pytest.mark.parametrize(
    "options, seconds",
    [
        ({}, 5.0),
        ({"every": 10}, 8.0),
        ({"every": 10, "after_seconds": ()}, 69.0),
        ({"every": 20, "after_seconds": ()}, None),
        ({"unit": "step", "every": 7}, 3.0),
    ],
)
def test_the_time_to_the_next_picture(tmp_path, make_gan, options, seconds):
    snapshots = ImageSnapshots(tmp_path, **options)
    snapshots.set_model(make_gan())
    snapshots.set_params({"epochs": 10, "steps": 8})
    snapshots.on_train_begin()
    snapshots.on_epoch_begin(1)
    snapshots.on_train_batch_begin(2)
    snapshots.on_train_batch_end(2)
    snapshots._seconds = 2.0
    assert snapshots.seconds_to_next(1.0) == seconds
    if seconds == 5.0:
        assert snapshots.seconds_to_next(4.0) == 8.0


def test_samples_by_seed_alone(tmp_path, make_gan, train):
    gan = make_gan()
    train(gan, [ImageSnapshots(tmp_path, num_images=9, seed=5)])
    assert gan.generate_calls == [(9, {"seed": 5})] * 3


def test_training_is_the_same_with_and_without(tmp_path, make_gan, train):
    weights = []
    for callbacks in ([], [ImageSnapshots(tmp_path, unit="step", log_dir=tmp_path / "logs")]):
        keras.utils.set_random_seed(3)
        gan = make_gan()
        # Keras's own seed generator: a callback that drew from it would change the weights made next.
        train(gan, callbacks)
        weights.append([*gan.get_weights(), *make_gan().get_weights()])
    for without, beside in zip(*weights, strict=True):
        np.testing.assert_array_equal(without, beside)


@pytest.mark.long
def test_tensorboard_has_the_pictures_on_the_axis_of_the_training_steps(tmp_path):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=4), seed=0)
    gan.compile(run_eagerly=True)
    logs, images = tmp_path / "logs", np.zeros((8, 4, 4, 1), "float32")
    gan.fit(images, batch_size=2, epochs=2, verbose=0, callbacks=[ImageSnapshots(tmp_path, log_dir=logs)])
    (file,) = logs.iterdir()
    events = [event_pb2.Event.FromString(record) for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()]
    assert [event.step for event in events if event.summary.value] == [0, 4, 8]


def test_tensorboard_finds_the_same_grids(tmp_path, make_gan, train):
    logs = tmp_path / "logs"
    train(make_gan(), [ImageSnapshots(tmp_path / "pictures", log_dir=logs)])
    (file,) = logs.iterdir()
    events = [event_pb2.Event.FromString(record) for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()]
    images = [(event.step, value) for event in events for value in event.summary.value]
    assert [(step, value.tag) for step, value in images] == [(0, "samples"), (1, "samples"), (2, "samples")]
    for step, value in images:
        assert value.metadata.plugin_data.plugin_name == "images"
        width, height, encoded = value.tensor.string_val
        pixels = tf.io.decode_png(encoded).numpy()[..., 0]
        assert pixels.shape == (int(height), int(width))
        np.testing.assert_array_equal(pixels, _pixels(tmp_path / "pictures" / f"epoch_{step:04d}.png"))


def test_the_progress_bar_stays_whole(tmp_path, make_gan, train, capfd):
    train(make_gan(), [ImageSnapshots(tmp_path, unit="step", log_dir=tmp_path / "logs")], verbose=1)
    out, err = capfd.readouterr()
    assert err == ""
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in out.splitlines() if line.strip("\b")]
    assert sum(line.startswith("Epoch ") for line in lines) == 2
    for line in lines:
        assert re.match(r"\x08*$|Epoch \d/2$|\d/5 ━{20} +\d+m?s .*d_loss: .* - g_loss: \S+[ \x08]*$", line), line


@pytest.mark.parametrize("unit", ["epoch", "step"])
def test_a_full_disk_costs_one_warning(tmp_path, make_gan, train, full_disk, unit):
    snapshots = ImageSnapshots(tmp_path, unit=unit)
    full_disk()
    with pytest.warns(UserWarning, match=r"without some of the pictures in .*No space left on device") as caught:
        history = train(make_gan(), [snapshots], epochs=3)
    assert len(caught) == 1
    assert len(history.history["d_loss"]) == 3
    assert _all_names(tmp_path) == []


def test_a_vanished_directory_costs_one_warning(tmp_path, make_gan, train):
    pictures, logs = tmp_path / "pictures", tmp_path / "logs"
    snapshots = ImageSnapshots(pictures, log_dir=logs)
    with pytest.warns(UserWarning, match="Training continues without some of the pictures") as caught:
        history = train(make_gan(), [_removes(pictures), _removes(logs), snapshots], epochs=4)
    assert len(caught) == 1
    assert len(history.history["d_loss"]) == 4


def test_an_event_file_that_cannot_be_written_costs_one_warning(tmp_path, make_gan, train, monkeypatch):
    def fail(*arguments, **keywords):
        raise tf.errors.ResourceExhaustedError(None, None, "logs/events.v2; No space left on device")

    snapshots = ImageSnapshots(tmp_path / "pictures", log_dir=tmp_path / "logs")
    monkeypatch.setattr(tf.summary, "image", fail)
    with pytest.warns(UserWarning, match="No space left on device") as caught:
        train(make_gan(), [snapshots])
    assert len(caught) == 1
    # The pictures are written none the less.
    assert len(_gif_frames(tmp_path / "pictures" / "snapshots.gif")) == 3


def test_the_warning_waits_until_the_progress_bar_is_complete(tmp_path, make_gan, full_disk):
    snapshots = ImageSnapshots(tmp_path)
    snapshots.set_model(make_gan())
    full_disk()
    snapshots.on_train_begin()
    snapshots.on_epoch_begin(0)
    # A warning is an error in the tests: this line would raise it. Keras ends the bar's line after this hook.
    snapshots.on_epoch_end(0, {})
    with pytest.warns(UserWarning, match="Training continues"):
        snapshots.on_epoch_begin(1)


def test_an_error_while_sampling_is_not_taken_for_a_full_disk(tmp_path, make_gan, train):
    gan = make_gan()

    def generate(*arguments, **keywords):
        raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    gan.generate = generate
    with pytest.raises(tf.errors.ResourceExhaustedError):
        train(gan, [ImageSnapshots(tmp_path)])


def test_inputs_for_a_model_that_draws_its_images(tmp_path, make_gan, train):
    with pytest.raises(ValueError, match=r"leave `inputs` out, or give the model a `snapshot.* Received: inputs for a"):
        train(make_gan(), [ImageSnapshots(tmp_path, inputs=np.zeros((4, 4, 4, 1), "float32"))])


def test_images_that_no_picture_can_show_are_an_error_before_training(tmp_path, make_gan, train):
    gan = make_gan(channels=2)
    weights = gan.get_weights()
    with pytest.raises(ValueError, match=r"cannot be drawn: .*Received: images.shape=\(64, 4, 4, 2\)"):
        train(gan, [ImageSnapshots(tmp_path)])
    np.testing.assert_array_equal(gan.get_weights()[0], weights[0])


def test_a_model_that_does_not_generate(tmp_path):
    snapshots = ImageSnapshots(tmp_path)
    snapshots.set_model(keras.Sequential())
    with pytest.raises(ValueError, match=r"and this model has neither.* Received: model=Sequential"):
        snapshots.on_train_begin()


@pytest.mark.parametrize("name", ["directory", "log_dir"])
def test_a_directory_that_cannot_be_made_is_an_error_at_once(tmp_path, name):
    (tmp_path / "file").touch()
    arguments = {"directory": tmp_path / "pictures", name: tmp_path / "file" / "inside"}
    with pytest.raises(ValueError, match=rf"No file can be written in `{name}`.*Received: {name}="):
        ImageSnapshots(**arguments)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"every": 0}, "`every` must be an integer of at least 1. Received: every=0"),
        ({"num_images": 0}, "`num_images` must be an integer of at least 1. Received: num_images=0"),
        ({"seed": None}, "`seed` must be an integer of at least 0. Received: seed=None"),
        ({"unit": "batch"}, "`unit` must be one of 'epoch', 'step'. Received: unit='batch'"),
        ({"unit": ["step"]}, "`unit` must be one of 'epoch', 'step'. Did you mean 'step'? Received: unit=['step']"),
        (
            {"inputs": 5},
            "`inputs` must be an array, or a dict of such arrays by the names of the model's inputs",
        ),
        ({"inputs": {"source": "no"}}, "Received: inputs={'source': 'no'}"),
        ({"after_seconds": 10}, "`after_seconds` must be a list or tuple of whole numbers"),
        ({"after_seconds": [0.5]}, "`after_seconds` must be an integer of at least 1. Received: after_seconds=0.5"),
        ({"gif": "no"}, "`gif` must be True or False. Received: gif='no'"),
        ({"zoom": 1}, "`zoom` must be an integer of at least 2. Received: zoom=1"),
    ],
)
def test_arguments_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ImageSnapshots(tmp_path / "pictures", **arguments)
    assert not (tmp_path / "pictures").exists()


@pytest.mark.parametrize("directory", ["", None, 5, "gs://bucket/run"])
def test_a_directory_that_is_no_local_path(directory):
    with pytest.raises(ValueError, match=re.escape(f"Received: directory={directory!r}")):
        ImageSnapshots(directory)


def test_a_log_dir_that_is_empty(tmp_path):
    with pytest.raises(ValueError, match=r"`log_dir` must not be empty.* Received: log_dir=''"):
        ImageSnapshots(tmp_path, log_dir="")
