"""What a checkpoint holds of the model and of the other callbacks, and that it fits where it is put back."""

import collections
import re

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan._fit_control import RestartFit
from keras_gan.callbacks import Checkpoint, ImageSnapshots, LossCurves, TensorBoard, Throughput
from keras_gan.callbacks._checkpoint_files import read_checkpoint
from keras_gan.callbacks._checkpoint_state import STATE_OF_KERAS, CallbackStates, had_stopped

STEPS_PER_EPOCH = 4


class StateOf(keras.callbacks.Callback):
    """A callback that defines its own state: the sum of the generator's losses."""

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


def test_the_logs_of_the_epoch_in_progress_continue(tmp_path, walk, fit, fit_until_killed):
    def logs_of(*callbacks):
        return fit(walk(), *callbacks).history

    fit_until_killed(walk(), Checkpoint(tmp_path, unit="step"), after=STEPS_PER_EPOCH + 2)
    resumed = logs_of(Checkpoint(tmp_path))
    assert resumed == logs_of()
    assert set(resumed) == {"d_loss", "g_loss"}
    assert len(resumed["d_loss"]) == 2


@pytest.mark.long
def test_what_the_other_callbacks_had_learnt(tmp_path, walk, fit, train_until_done):
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


class Patient(keras.callbacks.EarlyStopping):
    """A user's extension of a callback of Keras, with a counter of its own and one that its class begins with."""

    rounds = 0

    def __init__(self, **options):
        super().__init__("g_loss", mode="min", **options)
        self.calls = [0]
        self.folder = "mine"


@pytest.mark.parametrize(
    "callback, state",
    [
        (lambda: TensorBoard("logs"), {"_global_train_batch": 7}),
        (lambda: keras.callbacks.ModelCheckpoint("a.keras"), {"best": 0.5, "_last_batch_seen": 3}),
        (lambda: keras.callbacks.EarlyStopping(), {"best": 0.5, "wait": 2, "best_epoch": 1, "stopped_epoch": 4}),
        (lambda: keras.callbacks.ReduceLROnPlateau(), {"best": 0.5, "wait": 2, "cooldown_counter": 1}),
        (lambda: keras.callbacks.TensorBoard("logs"), {"_global_train_batch": 7}),
        (lambda: keras.callbacks.History(), {"epoch": [0], "history": {"d_loss": [0.5]}}),
        (Patient, {"wait": 2, "calls": [3, 4], "rounds": 5}),
    ],
)
def test_only_what_training_changes_in_a_callback_comes_from_a_file(tmp_path, monkeypatch, callback, state):
    monkeypatch.chdir(tmp_path)
    callback = callback()
    before = dict(vars(callback))
    tampered = {
        "filepath": "/etc/passwd",
        "log_dir": "/etc",
        "folder": "/etc",
        "patience": 10**9,
        "on_epoch_end": 5,
        "__class__": 5,
        "params": {"epochs": 1},
    }
    name = f"{type(callback).__name__}[0]"
    left_out = ", ".join(f"{name}.{key}" for key in tampered)
    message = (
        f"^This checkpoint has values that a resume does not restore: {re.escape(left_out)}. An earlier version of"
    )
    with pytest.warns(UserWarning, match=message):
        CallbackStates([callback]).restore({name: {**tampered, **state}})
    assert {key: getattr(callback, key) for key in state} == state
    assert {**before, **state} == {**vars(callback), **state}


@pytest.mark.parametrize("state", [5, [], None, "best", [["best", 0.5]]])
@pytest.mark.parametrize("kind", [keras.callbacks.EarlyStopping, Patient])
def test_a_state_of_a_callback_that_holds_no_attributes_is_left_out(kind, state):
    callback, name = kind(), f"{kind.__name__}[0]"
    before = dict(vars(callback))
    with pytest.warns(UserWarning, match=re.escape(f"does not restore: {name}. An earlier")):
        CallbackStates([callback]).restore({name: state})
    assert vars(callback) == before
    assert not had_stopped(name, callback, {name: state})


@pytest.mark.parametrize(
    "state, stopped",
    [
        ({"stopped_epoch": 3, "wait": 2}, True),
        ({"stopped_epoch": 3, "wait": 1}, False),
        ({"stopped_epoch": "3", "wait": 2}, False),
        ({"stopped_epoch": 3, "wait": None}, False),
    ],
)
def test_only_counts_end_a_training_again(state, stopped):
    assert had_stopped("a", keras.callbacks.EarlyStopping(patience=2), {"a": state}) == stopped


def test_a_state_that_a_callback_does_not_take_is_named():
    message = r"^The callback StateOf\[0\] does not take its state .* \(KeyError: 'sum'\).* Received: {'total': 5}"
    with pytest.raises(ValueError, match=message):
        CallbackStates([StateOf()]).restore({"StateOf[0]": {"total": 5}})


@pytest.mark.parametrize(
    "base, path, argument, state",
    [
        (ImageSnapshots, "pictures", "num_images", {"_number": 3}),
        (LossCurves, "losses.png", "path", {}),
        (TensorBoard, "logs", "update_freq", {"_global_train_batch": 7}),
    ],
)
def test_a_users_extension_of_a_callback_keeps_its_own_numbers(tmp_path, base, path, argument, state):
    callback = type("Mine", (base,), {"rounds": 0})(tmp_path / path)
    before = dict(vars(callback))
    states = CallbackStates([callback])
    for key, number in {"rounds": 5, "calls": [3], **state}.items():
        setattr(callback, key, number)
    collected = states.collect()
    assert collected == {"Mine[0]": {"rounds": 5, "calls": [3], **state}}
    resumed = type("Mine", (base,), {"rounds": 0})(tmp_path / path)
    with pytest.warns(
        UserWarning, match=rf"not restore: Mine\[0\].{argument}\. .* use only checkpoints that you trust"
    ):
        CallbackStates([resumed]).restore({"Mine[0]": {**collected["Mine[0]"], argument: 9}})
    assert {key: getattr(resumed, key) for key in ("rounds", "calls", *state)} == collected["Mine[0]"]
    assert getattr(resumed, argument) == before[argument]


@pytest.mark.parametrize(
    "key, trust",
    [
        ("_current_epoch", ""),
        ("filepath", " ModelCheckpoint[0].filepath is an argument: use only checkpoints that you trust."),
    ],
)
def test_of_values_that_are_not_restored_only_an_argument_is_a_matter_of_trust(key, trust):
    with pytest.warns(UserWarning, match="does not restore") as caught:
        CallbackStates([keras.callbacks.ModelCheckpoint("a.keras")]).restore({"ModelCheckpoint[0]": {key: 3}})
    assert str(caught[0].message) == (
        f"This checkpoint has values that a resume does not restore: ModelCheckpoint[0].{key}. An earlier version of "
        f"keras_gan wrote it, or it was changed.{trust}"
    )


class Phases(keras.callbacks.Callback):
    """A callback that counts, and writes down a word."""

    def __init__(self):
        super().__init__()
        self.count, self.phase, self.folder = 0, "warm-up", "mine"

    def on_epoch_end(self, epoch, logs=None):
        self.count, self.phase = self.count + 1, f"phase {epoch}"


@pytest.mark.parametrize(
    "before, after",
    [
        ({1: 0.5}, {2: 0.5}),
        ((1, 2), (1, 3)),
        ({1}, {2}),
        (collections.deque([0.5], maxlen=2), collections.deque([0.5, 1.0], maxlen=2)),
        (["a"], ["b"]),
    ],
)
def test_a_container_that_no_checkpoint_holds_is_named(before, after):
    callback = keras.callbacks.Callback()
    mine = type("Mine", (keras.callbacks.Callback,), {})()
    callback.seen = mine.seen = before
    states = CallbackStates([callback, mine])
    assert states.not_kept() == []
    callback.seen = mine.seen = after
    assert states.collect() == {}
    assert states.not_kept() == ["Mine[0].seen"]


@pytest.mark.parametrize(
    "state, received",
    [({"seen": {1, 2}}, r"holds a set: \{1, 2\}"), ({"best": {3: 0.5}}, r"holds a dict: \{3: 0.5\}")],
)
def test_a_state_that_json_would_refuse_or_change_is_an_error(state, received):
    class Mine(StateOf):
        def get_state(self):
            return state

    message = rf"must return what JSON can store: .* Received: Mine\[0\], whose state {received}$"
    with pytest.raises(ValueError, match=message):
        CallbackStates([Mine()]).collect()


def test_a_state_may_hold_numpys_numbers_and_tuples():
    callback = StateOf()
    callback.sum = (np.float32(0.5), 3)
    assert CallbackStates([callback]).collect() == {"StateOf[0]": {"sum": [0.5, 3]}}


def test_a_state_that_cannot_be_put_back_is_an_error_when_it_is_saved():
    class Mine(keras.callbacks.Callback):
        def get_state(self):
            return {"count": 1}

    with pytest.raises(ValueError, match=r"needs a `set_state\(state\)`, .* Received: Mine\[0\], without `set_state`$"):
        CallbackStates([Mine()]).collect()


def test_a_text_that_no_checkpoint_holds_is_named_once(tmp_path, walk, fit):
    message = r"^The checkpoints do not hold Phases\[0\].phase: .* give the callback `get_state\(\)` and"
    with pytest.warns(UserWarning, match=message) as caught:
        fit(walk(), Phases(), Checkpoint(tmp_path), epochs=3)
    assert len(caught) == 1
    resumed = Phases()
    with pytest.warns(UserWarning, match=message):
        fit(walk(), resumed, Checkpoint(tmp_path), epochs=4)
    assert resumed.count == 4


def test_the_state_of_keras_is_there(tmp_path):
    """Some of the names are Keras's own secrets: this fails where it changes them."""
    files = {keras.callbacks.ModelCheckpoint: ["a.keras"], keras.callbacks.TensorBoard: [tmp_path]}
    for kind, names in STATE_OF_KERAS.items():
        callback = kind(*files.get(kind, []))
        callback.set_model(keras.Sequential())
        callback.on_train_begin()
        assert all(hasattr(callback, name) for name in names), kind


def test_an_argument_that_is_given_otherwise_is_not_undone(tmp_path, walk, fit):
    def stopping(patience):
        return keras.callbacks.EarlyStopping("g_loss", mode="min", patience=patience)

    fit(walk(), stopping(5), Checkpoint(tmp_path))
    other = stopping(7)
    fit(walk(), other, Checkpoint(tmp_path), epochs=3)
    assert other.patience == 7


def test_another_architecture_is_an_error_that_says_what_differs(tmp_path, walk, fit):
    fit(walk(), Checkpoint(tmp_path))
    gan = walk(width=6)
    state = gan.fingerprint()
    with pytest.raises(ValueError, match="belong to another GAN") as error:
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
        (
            lambda walk, other_walk: walk(other_walk),
            "GAN: model is RandomWalk there, OtherWalk here; \\d+ variables in all",
        ),
        (
            lambda walk, other_walk: walk(generator_optimizer=keras.optimizers.Adam()),
            "generator_optimizer is SGD there, Adam here; .* is missing there, float32 .* here",
        ),
        (
            lambda walk, other_walk: walk(ema_half_life=9.0),
            r"averaged_generator\[0\] .* is missing there, float32 \(3, 4\) here",
        ),
    ],
)
def test_another_gan_is_an_error_that_says_what_differs(tmp_path, walk, fit, random_walk, other, message):
    fit(walk(), Checkpoint(tmp_path))
    gan = other(walk, type("OtherWalk", (random_walk,), {}))
    state = gan.fingerprint()
    with pytest.raises(ValueError, match=message):
        fit(gan, Checkpoint(tmp_path))
    assert gan.fingerprint() == state


@pytest.mark.long
def test_other_metrics_are_no_other_gan(tmp_path, walk, fit):
    fit(walk(), Checkpoint(tmp_path))
    gan = walk(penalties=[keras_gan.penalties.R1(1.0)])
    with pytest.warns(UserWarning, match=r"other settings. .* ones: model.penalties was \[\], now \[R1\]\. For"):
        assert len(fit(gan, Checkpoint(tmp_path), epochs=3).history["r1"]) == 1


@pytest.mark.long
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gan_that_is_not_finite_is_never_saved(tmp_path, walk, fit, files, checkpoint_of, value):
    def ruin(epoch, logs):
        if epoch == 2:
            gan.generator_optimizer.variables[-1].assign(gan.generator_optimizer.variables[-1] * 0 + value)

    gan = walk()
    last = re.escape(str(checkpoint_of(8)))
    message = rf"NaN or infinity, here in generator\[0\] and \d more variables: the last .* is {last}\.$"
    with pytest.warns(UserWarning, match=message) as caught:
        fit(gan, keras.callbacks.LambdaCallback(on_epoch_begin=ruin), Checkpoint(tmp_path), epochs=5)
    assert len(caught) == 1
    assert files() == ["step_000000004.npz", "step_000000008.npz"]


def test_a_gan_that_is_not_finite_from_the_beginning(tmp_path, walk, fit):
    gan = walk()
    gan.generator.weights[0].assign(gan.generator.weights[0] * np.nan)
    with pytest.warns(UserWarning, match="NaN or infinity.*: there is no earlier one"):
        fit(gan, Checkpoint(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize(
    "at, every", [(7, 3), *(pytest.param(*case, marks=pytest.mark.long) for case in [(6, 2), (2, 1)])]
)
def test_a_rewind_leaves_no_trace(tmp_path, walk, fit, at, every):
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


def test_a_rewind_without_a_checkpoint(tmp_path, walk, fit):
    checkpoint = Checkpoint(tmp_path)
    with pytest.raises(ValueError, match=r"no checkpoint to return to: .*Received: run_dir='"):
        fit(walk(), checkpoint, Rewind(checkpoint, 1))


@pytest.mark.long
@pytest.mark.parametrize("unit, every", [("step", 3), pytest.param("epoch", 1, marks=pytest.mark.long)])
def test_pictures_and_curves_are_those_of_a_run_that_was_never_stopped(
    tmp_path, walk, fit, train_until_done, unit, every
):
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


def test_half_written_pictures_and_curves_are_removed(tmp_path, walk, fit):
    names = [
        ".epoch_0001.png.12.01234567.tmp",
        ".snapshots.gif.12.01234567.tmp",
        ".losses.png.12.01234567.tmp",
        ".losses.csv.12.01234567.tmp",
    ]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    fit(walk(), ImageSnapshots(tmp_path, num_images=1), LossCurves(tmp_path / "losses.png"), epochs=1)
    assert not list(tmp_path.glob(".*"))


def test_the_speed_is_measured_again(tmp_path, walk, fit, fit_until_killed, checkpoint_of):
    fit_until_killed(walk(), Throughput(), Checkpoint(tmp_path, unit="step", every=2), after=3)
    # Two steps of the first epoch are left, of which the first compiles; of the other the speed is logged.
    history = fit(walk(), Throughput(), Checkpoint(tmp_path)).history
    assert len(history["images_per_second"]) == 2
    meta, _ = read_checkpoint(checkpoint_of(8))
    assert "Throughput[0]" not in meta["callbacks"]
