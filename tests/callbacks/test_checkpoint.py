"""A run that is killed and started again must not be told from one that was never stopped."""

import errno
import json
import os
import re
import shutil
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan._fit_control import RestartFit
from keras_gan.callbacks import Checkpoint, ImageSnapshots, LossCurves, Throughput

STEPS_PER_EPOCH = 4
IMAGES = np.random.default_rng(0).uniform(-1, 1, (32, 4, 4, 1)).astype("float32")


class Killed(BaseException):
    """What a test raises in the middle of training: no hook runs after it, as after a kill."""


class Kill(keras.callbacks.Callback):
    """Kills the process, as it were, when so many steps of this process are done, or in the middle of writing."""

    goes_last = True

    def __init__(self, after):
        super().__init__()
        self.steps_left = after

    def on_train_batch_end(self, batch, logs=None):
        self.steps_left -= 1
        if not self.steps_left:
            raise Killed


class StateOf(keras.callbacks.Callback):
    """A callback that says by itself what its state is: the sum of the generator's losses."""

    def __init__(self):
        super().__init__()
        self.sum = 0.0

    def on_train_begin(self, logs=None):
        self.sum = 0.0

    def on_train_batch_end(self, batch, logs=None):
        self.sum += logs["g_loss"]

    def get_state(self):
        return {"sum": self.sum}

    def set_state(self, state):
        self.sum = state["sum"]


class RandomWalk(keras_gan.TwoPlayerGAN):
    """A GAN that costs little: its one kernel goes a random way, which depends on the data, step by step."""

    def __init__(self, width=4, **options):
        layers = [keras.layers.Dense(width, use_bias=False, name="walker"), keras.layers.Dense(16, trainable=False)]
        generator = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Reshape((4, 4, 1))])
        discriminator = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
        super().__init__(generator, discriminator, keras_gan.losses.Hinge(), **options)

    def default_optimizer(self):
        return keras.optimizers.SGD(0.1, momentum=0.9)

    def train_step(self, data):
        with self.step_on(data) as ((images,), noise):
            (kernel,) = self.generator.trainable_weights
            self.generator_optimizer.apply([noise.normal(kernel.shape) + tf.reduce_mean(images)], [kernel])
            self.generator_loss_tracker.update_state(tf.norm(kernel.value))
            self.discriminator_loss_tracker.update_state(tf.reduce_mean(images))
        return self.get_metrics_result()


class OtherWalk(RandomWalk):
    """Differs in its class alone."""


def walk(gan_class=RandomWalk, *, generator_optimizer=None, **options):
    keras.utils.set_random_seed(7)
    gan = gan_class(**options)
    gan.compile(generator_optimizer, run_eagerly=True)
    return gan


def make_gan(gan_class=keras_gan.NonSaturatingGAN, *, networks=None, compiled=(), **options):
    keras.utils.set_random_seed(7)
    networks = networks or keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=3, width=4, depth=1)
    gan = gan_class(*networks, **{"discriminator_steps": 1, **options})
    gan.compile(**{"run_eagerly": True, **dict(compiled)})
    return gan


def fit(gan, *callbacks, epochs=2, **options):
    return gan.fit(IMAGES, batch_size=8, epochs=epochs, callbacks=list(callbacks), verbose=0, **options)


def train_until_done(make, run_dir, kills, *, callbacks=list, epochs=2, **saving):
    """Train, kill after each of these numbers of steps, and start again; return the GAN and the last callbacks."""
    for steps in kills:
        with pytest.raises(Killed):
            fit(make(), *callbacks(), Checkpoint(run_dir, **saving), Kill(steps), epochs=epochs)
    gan, last = make(), callbacks()
    fit(gan, *last, Checkpoint(run_dir, **saving), epochs=epochs)
    return gan, last


def files(run_dir):
    return sorted(path.name for path in (run_dir / "checkpoints").iterdir())


def checkpoint_of(run_dir, step):
    return run_dir / "checkpoints" / f"step_{step:09d}.npz"


def meta_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("meta.json"))


def spectral_hinge():
    keras.utils.set_random_seed(7)
    networks = keras_gan.networks.mlp(
        image_shape=(4, 4, 1), latent_dim=3, width=4, depth=1, spectral_normalization=True
    )
    return make_gan(keras_gan.HingeGAN, networks=networks, ema_half_life=20.0)


def with_dropout_and_batch_statistics():
    keras.utils.set_random_seed(7)
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(16),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Activation("tanh"),
            keras.layers.Reshape((4, 4, 1)),
        ]
    )
    layers = [
        keras.Input((4, 4, 1)),
        keras.layers.Flatten(),
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dropout(0.5),
    ]
    return make_gan(networks=(generator, keras.Sequential([*layers, keras.layers.Dense(1)])))


def in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    return make_gan()


def clipped_wgan():
    # Three critic updates before each generator update, one a step: counters that a resume must not forget.
    return make_gan(keras_gan.WGAN, warm_up_steps=3)


def unseeded():
    """Each call is another process, which starts with another random state."""
    gan = walk()
    gan.training_state.seed.assign(np.random.default_rng().integers(2**31))
    return gan


GANS = [spectral_hinge, with_dropout_and_batch_statistics, in_float16, clipped_wgan]


@pytest.mark.parametrize("make", GANS)
def test_a_killed_gan_ends_as_one_that_was_never_stopped(tmp_path, make):
    whole = make()
    fit(whole)
    gan, _ = train_until_done(make, tmp_path, [2, 4], unit="step", every=3)
    assert gan.fingerprint() == whole.fingerprint()
    assert int(gan.training_state.step) == 2 * STEPS_PER_EPOCH


@pytest.mark.parametrize("saving", [{}, {"unit": "step", "every": 3}])
def test_killed_before_and_after_the_ends_of_epochs(tmp_path, saving):
    whole = walk()
    fit(whole, epochs=4)
    gan, _ = train_until_done(walk, tmp_path, [1, 4, 9, 5, 12], epochs=4, **saving)
    assert gan.fingerprint() == whole.fingerprint()


def test_killed_after_each_single_step(tmp_path):
    whole = walk()
    fit(whole)
    # A checkpoint a step, so each process comes one step further.
    gan, _ = train_until_done(walk, tmp_path, [2] * (2 * STEPS_PER_EPOCH - 1), unit="step")
    assert gan.fingerprint() == whole.fingerprint()


def test_the_random_state_of_the_first_process_is_that_of_the_run(tmp_path):
    gan = unseeded()
    seed = int(gan.training_state.seed)
    with pytest.raises(Killed):
        fit(gan, Checkpoint(tmp_path, unit="step", every=2), Kill(3))
    resumed = unseeded()
    fit(resumed, Checkpoint(tmp_path))
    whole = walk()
    whole.training_state.seed.assign(seed)
    fit(whole)
    assert resumed.fingerprint() == whole.fingerprint()


@pytest.mark.parametrize("saving", [{}, {"unit": "step", "every": 3}], ids=["epochs", "steps"])
def test_a_finished_run_goes_on_to_more_epochs(tmp_path, saving, capsys):
    whole = walk()
    fit(whole, epochs=4)
    fit(walk(), Checkpoint(tmp_path, **saving), epochs=2)
    assert capsys.readouterr().out == ""
    gan = walk()
    fit(gan, Checkpoint(tmp_path, **saving), epochs=4)
    assert gan.fingerprint() == whole.fingerprint()
    assert capsys.readouterr().out == f"Going on from step 8: {checkpoint_of(tmp_path, 8)}\n"


def test_a_finished_run_is_not_trained_again(tmp_path, capsys):
    gan = walk()
    fit(gan, Checkpoint(tmp_path, every=3), epochs=2)
    before = checkpoint_of(tmp_path, 8).read_bytes()
    again = walk()
    fit(again, Checkpoint(tmp_path, every=3), epochs=2)
    assert again.fingerprint() == gan.fingerprint()
    assert files(tmp_path) == ["step_000000008.npz"]
    assert checkpoint_of(tmp_path, 8).read_bytes() == before
    assert capsys.readouterr().out == f"Training had ended at step 8: {checkpoint_of(tmp_path, 8)}\n"


def test_the_graph_and_several_steps_in_one_execution(tmp_path):
    def make():
        return make_gan(compiled={"run_eagerly": False, "steps_per_execution": 2, "jit_compile": False})

    whole = make()
    fit(whole)
    # The executions end after steps 2, 4 and 6, 8: the first to reach a multiple of 3 is saved.
    gan, _ = train_until_done(make, tmp_path, [2], unit="step", every=3)
    assert gan.fingerprint() == whole.fingerprint()
    assert files(tmp_path) == [f"step_{step:09d}.npz" for step in (4, 6, 8)]


def test_several_replicas(tmp_path, two_replicas):
    def make():
        with two_replicas.scope():
            return make_gan(compiled={"run_eagerly": False})

    whole = make()
    fit(whole)
    gan, _ = train_until_done(make, tmp_path, [3], unit="step", every=2)
    assert gan.fingerprint() == whole.fingerprint()
    for variable in gan.training_variables().values():
        first, second = two_replicas.experimental_local_results(variable.value)
        np.testing.assert_array_equal(first, second)


def test_the_logs_of_the_epoch_in_progress_go_on(tmp_path):
    def logs_of(*callbacks):
        return fit(walk(), *callbacks).history

    with pytest.raises(Killed):
        logs_of(Checkpoint(tmp_path, unit="step"), Kill(STEPS_PER_EPOCH + 2))
    resumed = logs_of(Checkpoint(tmp_path))
    assert resumed == logs_of()
    assert set(resumed) == {"d_loss", "g_loss"}
    assert len(resumed["d_loss"]) == 2


def test_what_the_other_callbacks_had_learnt(tmp_path):
    def callbacks():
        return [
            keras.callbacks.EarlyStopping("g_loss", mode="min", patience=9, min_delta=0.01),
            keras.callbacks.EarlyStopping("d_loss", mode="max", patience=9),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", "g_loss", mode="min", save_best_only=True),
            keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=False),
            StateOf(),
        ]

    never_stopped = callbacks()
    fit(walk(), *never_stopped, epochs=4)
    _, last = train_until_done(walk, tmp_path, [7, 5], callbacks=callbacks, epochs=4, unit="step", every=2)
    stopping, *_ = last
    assert stopping.min_delta == -0.01
    for here, there, names in zip(
        last,
        never_stopped,
        [
            ("best", "wait", "stopped_epoch", "min_delta"),
            ("best", "wait", "stopped_epoch"),
            ("best", "_current_epoch"),
            ("_global_train_batch",),
            ("sum",),
        ],
        strict=True,
    ):
        assert {name: getattr(here, name) for name in names} == {name: getattr(there, name) for name in names}


def test_an_argument_that_is_given_otherwise_is_not_undone(tmp_path):
    def stopping(patience):
        return keras.callbacks.EarlyStopping("g_loss", mode="min", patience=patience)

    fit(walk(), stopping(5), Checkpoint(tmp_path))
    other = stopping(7)
    fit(walk(), other, Checkpoint(tmp_path), epochs=3)
    assert other.patience == 7


def test_a_run_that_stopped_early_stays_stopped_until_there_is_more_patience(tmp_path):
    def stopping(patience):
        # After the first epoch nothing is enough of an improvement.
        return keras.callbacks.EarlyStopping("g_loss", mode="min", min_delta=1e9, patience=patience)

    gan = walk()
    assert len(fit(gan, stopping(2), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 3
    again = walk()
    assert len(fit(again, stopping(2), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 3
    assert again.fingerprint() == gan.fingerprint()
    longer = walk()
    assert len(fit(longer, stopping(4), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 5


def test_training_that_is_stopped_within_an_epoch_goes_on_within_it(tmp_path):
    class TimeLimit(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    whole = walk()
    history = fit(whole).history
    fit(walk(), TimeLimit(), Checkpoint(tmp_path))
    assert files(tmp_path) == ["step_000000002.npz"]
    gan = walk()
    assert fit(gan, Checkpoint(tmp_path)).history == history
    assert gan.fingerprint() == whole.fingerprint()


def test_the_end_is_saved_before_a_callback_changes_the_weights(tmp_path):
    stopping = keras.callbacks.EarlyStopping("g_loss", mode="min", min_delta=1e9, patience=1, restore_best_weights=True)
    gan = walk()
    fit(gan, stopping, Checkpoint(tmp_path, every=10), epochs=9)
    whole = walk()
    fit(whole, epochs=2)
    assert gan.fingerprint() != whole.fingerprint()
    resumed = walk()
    fit(resumed, Checkpoint(tmp_path), epochs=2)
    assert resumed.fingerprint() == whole.fingerprint()


def test_the_newest_are_kept(tmp_path):
    fit(walk(), Checkpoint(tmp_path, unit="step", keep=2))
    assert files(tmp_path) == ["step_000000007.npz", "step_000000008.npz"]
    fit(walk(), Checkpoint(tmp_path, keep=1), epochs=3)
    assert files(tmp_path) == ["step_000000012.npz"]


def test_it_is_an_archive_of_arrays_and_of_text(tmp_path):
    gan = walk()
    callback = Checkpoint(tmp_path)
    fit(gan, callback)
    assert callback.latest == checkpoint_of(tmp_path, 8)
    with np.load(callback.latest, allow_pickle=False) as arrays:
        for name, variable in gan.training_variables().items():
            np.testing.assert_array_equal(arrays[name], variable)
    meta = meta_of(callback.latest)["meta"]
    assert (meta["step"], meta["position"]) == (8, [2, 0])
    assert meta["versions"] == {
        "keras_gan": keras_gan.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }
    with zipfile.ZipFile(callback.latest) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_checkpoint_is_passed_over(tmp_path, share):
    whole = walk()
    fit(whole)
    fit(walk(), Checkpoint(tmp_path))
    newest = checkpoint_of(tmp_path, 8)
    newest.write_bytes(newest.read_bytes()[: int(share * newest.stat().st_size)])
    gan = walk()
    message = (
        rf"Damaged checkpoint passed over in {tmp_path}/checkpoints: step_000000008.npz \(.+\). Training goes on from "
        r"the one before, step_000000004.npz.$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        fit(gan, Checkpoint(tmp_path))
    assert len(caught) == 1
    assert gan.fingerprint() == whole.fingerprint()
    # The damaged file was replaced by a good one.
    fit(walk(), Checkpoint(tmp_path))


def test_a_damaged_checkpoint_does_not_count_among_those_that_are_kept(tmp_path):
    fit(walk(), Checkpoint(tmp_path))
    checkpoint_of(tmp_path, 8).write_bytes(b"")
    with pytest.warns(UserWarning, match="Damaged"), pytest.raises(Killed):
        fit(walk(), Checkpoint(tmp_path, unit="step", keep=2), Kill(2))
    assert files(tmp_path) == [f"step_{step:09d}.npz" for step in (5, 6, 8)]
    with pytest.warns(UserWarning, match="Damaged"):
        fit(walk(), Checkpoint(tmp_path, keep=2), epochs=3)
    assert files(tmp_path) == [f"step_{step:09d}.npz" for step in (8, 12)]


@pytest.mark.parametrize("every", [1, 2])
def test_where_all_are_damaged_nothing_is_begun_anew(tmp_path, every):
    fit(walk(), Checkpoint(tmp_path, every=every))
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"no archive")
    names = r"step_000000008.npz \(File is not a zip file\)" + (", step_000000004.npz .*" if every == 1 else "")
    with pytest.raises(ValueError, match=rf"Every checkpoint of this run is damaged.* Received: in '.*' {names}$"):
        fit(walk(), Checkpoint(tmp_path))


def test_another_architecture_is_an_error_that_says_what_differs(tmp_path):
    fit(walk(), Checkpoint(tmp_path))
    gan = walk(width=6)
    state = gan.fingerprint()
    with pytest.raises(ValueError, match="are of another GAN") as error:
        fit(gan, Checkpoint(tmp_path))
    assert gan.fingerprint() == state
    for name in ("generator[0]", "generator_optimizer[2]"):
        assert re.search(
            rf"{re.escape(name)} \(.*?\) is float32 \(3, 4\) there, float32 \(3, 6\) here", str(error.value)
        )
    assert str(error.value).endswith(f"Received: run_dir={str(tmp_path)!r}")


@pytest.mark.parametrize(
    "other, message",
    [
        (lambda: walk(OtherWalk), "GAN: model is RandomWalk there, OtherWalk here; in all"),
        (
            lambda: walk(generator_optimizer=keras.optimizers.Adam()),
            "generator_optimizer is SGD there, Adam here; .* is missing there, float32 .* here",
        ),
        (lambda: walk(ema_half_life=9.0), r"averaged_generator\[0\] .* is missing there, float32 \(3, 4\) here"),
    ],
)
def test_another_gan_is_an_error_that_says_what_differs(tmp_path, other, message):
    fit(walk(), Checkpoint(tmp_path))
    gan = other()
    state = gan.fingerprint()
    with pytest.raises(ValueError, match=message):
        fit(gan, Checkpoint(tmp_path))
    assert gan.fingerprint() == state


def test_other_metrics_are_no_other_gan(tmp_path):
    fit(walk(), Checkpoint(tmp_path))
    gan = walk(penalties=[keras_gan.penalties.R1(1.0)])
    assert len(fit(gan, Checkpoint(tmp_path), epochs=3).history["r1"]) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gan_that_is_not_finite_is_never_saved(tmp_path, value):
    def ruin(epoch, logs):
        if epoch == 2:
            gan.generator_optimizer.variables[-1].assign(gan.generator_optimizer.variables[-1] * 0 + value)

    gan = walk()
    last = re.escape(str(checkpoint_of(tmp_path, 8)))
    message = rf"NaN or infinity, here in generator\[0\] and \d variables more: the last .* is {last}\.$"
    with pytest.warns(UserWarning, match=message) as caught:
        fit(gan, keras.callbacks.LambdaCallback(on_epoch_begin=ruin), Checkpoint(tmp_path), epochs=5)
    assert len(caught) == 1
    assert files(tmp_path) == ["step_000000004.npz", "step_000000008.npz"]


def test_a_gan_that_is_not_finite_from_the_beginning(tmp_path):
    gan = walk()
    gan.generator.weights[0].assign(gan.generator.weights[0] * np.nan)
    with pytest.warns(UserWarning, match="NaN or infinity.*: there is none before it"):
        fit(gan, Checkpoint(tmp_path))


def full_disk(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_one_warning_and_leaves_what_was_there(tmp_path, monkeypatch):
    fit(walk(), Checkpoint(tmp_path))
    kept = checkpoint_of(tmp_path, 8).read_bytes()
    gan = walk()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.warns(UserWarning, match=r"without some of the checkpoints in .*No space left") as caught:
        fit(gan, Checkpoint(tmp_path), epochs=4)
    assert len(caught) == 1
    assert int(gan.training_state.step) == 16
    assert files(tmp_path) == ["step_000000004.npz", "step_000000008.npz"]
    assert checkpoint_of(tmp_path, 8).read_bytes() == kept


def test_what_could_not_be_written_at_the_end_of_an_epoch_is_tried_again_at_the_end(tmp_path, monkeypatch):
    room_again = keras.callbacks.LambdaCallback(on_train_end=lambda logs: monkeypatch.undo())
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.warns(UserWarning, match="No space left"):
        fit(walk(), room_again, Checkpoint(tmp_path))
    assert files(tmp_path) == ["step_000000008.npz"]


def test_a_directory_that_vanished_is_made_again(tmp_path):
    vanish = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: shutil.rmtree(tmp_path))
    fit(walk(), vanish, Checkpoint(tmp_path))
    assert files(tmp_path) == ["step_000000008.npz"]


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    fit(walk(), Checkpoint(tmp_path))
    (tmp_path / "checkpoints" / ".step_000000009.npz.123.tmp").write_bytes(b"half")
    (tmp_path / "checkpoints" / "notes.txt").write_text("mine")
    fit(walk(), Checkpoint(tmp_path), epochs=3)
    assert files(tmp_path) == ["notes.txt", *(f"step_{step:09d}.npz" for step in (4, 8, 12))]


def test_of_several_workers_only_the_chief_writes(tmp_path, monkeypatch, capsys):
    whole = walk()
    fit(whole, Checkpoint(tmp_path))
    worker = walk()
    monkeypatch.setattr(type(worker.distribute_strategy.extended), "should_checkpoint", False)
    fit(worker, Checkpoint(tmp_path), epochs=3)
    assert files(tmp_path) == ["step_000000004.npz", "step_000000008.npz"]
    assert capsys.readouterr().out == ""
    fit(whole, epochs=3, initial_epoch=2)
    assert worker.fingerprint() == whole.fingerprint()


class Rewind(keras.callbacks.Callback):
    """Ruins the GAN once, and has it put back."""

    def __init__(self, checkpoint, at):
        super().__init__()
        self.checkpoint = checkpoint
        self.at = at
        self.count = 0

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.training_state.step) == self.at and not self.count:
            self.count += 1
            self.model.generator.weights[0].assign(self.model.generator.weights[0] * np.nan)
            raise RestartFit(self.checkpoint.rewind())

    def get_state(self):
        return {"count": self.count}

    def set_state(self, state):
        self.count = state["count"]


@pytest.mark.parametrize(
    "at, every", [(7, 3), *(pytest.param(*case, marks=pytest.mark.long) for case in [(6, 2), (2, 1)])]
)
def test_a_rewind_leaves_no_trace(tmp_path, at, every):
    def watchers():
        return [
            keras.callbacks.EarlyStopping("g_loss", mode="min", patience=9),
            ImageSnapshots(tmp_path / "pictures", num_images=4, unit="step", every=3),
            LossCurves(tmp_path / "losses.png"),
        ]

    whole, expected = walk(), watchers()
    history = fit(whole, *expected, epochs=3).history
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "pictures").iterdir()}
    table = (tmp_path / "losses.csv").read_text()

    gan, rewound = walk(), watchers()
    checkpoint = Checkpoint(tmp_path, unit="step", every=every)
    rewind = Rewind(checkpoint, at)
    assert fit(gan, *rewound, checkpoint, rewind, epochs=3).history == history
    assert rewind.count == 1
    assert gan.fingerprint() == whole.fingerprint()
    assert (rewound[0].best, rewound[0].wait) == (expected[0].best, expected[0].wait)
    assert {path.name: path.read_bytes() for path in (tmp_path / "pictures").iterdir()} == pictures
    assert (tmp_path / "losses.csv").read_text() == table


def test_a_rewind_without_a_checkpoint(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    with pytest.raises(ValueError, match=r"no checkpoint to go back to: .*Received: run_dir='"):
        fit(walk(), checkpoint, Rewind(checkpoint, 1))


@pytest.mark.parametrize("unit, every", [("epoch", 1), ("step", 3)])
def test_pictures_and_curves_are_those_of_a_run_that_was_never_stopped(tmp_path, unit, every):
    def watchers(run_dir):
        return [
            ImageSnapshots(run_dir / "pictures", num_images=4, unit=unit, every=every),
            LossCurves(run_dir / "losses.png"),
        ]

    fit(walk(), *watchers(tmp_path / "whole"), epochs=3)
    # The first kill comes within the first epoch, after a checkpoint: the picture of the untrained GAN must stay.
    train_until_done(
        walk,
        tmp_path / "killed",
        [3, 5, 1],
        callbacks=lambda: watchers(tmp_path / "killed"),
        epochs=3,
        unit="step",
        every=2,
    )
    for part in ("pictures", "."):
        whole = {path.name: path.read_bytes() for path in (tmp_path / "whole" / part).iterdir() if path.is_file()}
        killed = {path.name: path.read_bytes() for path in (tmp_path / "killed" / part).iterdir() if path.is_file()}
        assert killed == whole


def test_half_written_pictures_and_curves_are_removed(tmp_path):
    names = [".epoch_0001.png.12.tmp", ".snapshots.gif.12.tmp", ".losses.png.12.tmp", ".losses.csv.12.tmp"]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    fit(walk(), ImageSnapshots(tmp_path, num_images=1), LossCurves(tmp_path / "losses.png"), epochs=1)
    assert not list(tmp_path.glob(".*"))


def test_the_speed_is_measured_anew(tmp_path):
    with pytest.raises(Killed):
        fit(walk(), Throughput(), Checkpoint(tmp_path, unit="step", every=2), Kill(3))
    # Two steps of the first epoch are left, of which the first compiles; of the other the speed is logged.
    history = fit(walk(), Throughput(), Checkpoint(tmp_path)).history
    assert len(history["images_per_second"]) == 2
    assert "Throughput[0]" not in meta_of(checkpoint_of(tmp_path, 8))["meta"]["callbacks"]


def test_a_model_that_is_none_of_ours(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(
        ValueError, match=r"`fit` of a GAN of keras_gan.*BackupAndRestore.* Received: model=Sequential$"
    ):
        model.fit(np.ones((2, 1)), np.ones((2, 1)), callbacks=[Checkpoint(tmp_path)], verbose=0)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"every": 0}, "`every` must be an integer of at least 1. Received: every=0"),
        ({"keep": 0}, "`keep` must be an integer of at least 1. Received: keep=0"),
        ({"unit": "batch"}, """`unit` must be "epoch" or "step". Received: unit='batch'"""),
    ],
)
def test_arguments_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Checkpoint(tmp_path / "run", **arguments)
    assert not (tmp_path / "run").exists()


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"No file can be written in `run_dir`.*Received: run_dir='.*/file/run'"):
        Checkpoint(tmp_path / "file" / "run")
