"""One line an epoch: what it says, how long it is, and that nothing is glued to it."""

import io
import re
import sys
import time

import keras
import pytest

from keras_gan.callbacks import ImageSnapshots, Progress, progress
from keras_gan.callbacks.progress import Pace


class Terminal(io.StringIO):
    """A terminal that remembers what was written, and shows what a person would see."""

    def isatty(self):
        return True

    def screen(self):
        """The lines of the screen: a carriage return begins to write over the line."""
        lines = []
        for line in self.getvalue().split("\n"):
            shown = ""
            for text in line.split("\r"):
                shown = text + shown[len(text) :]
            lines.append(shown.rstrip())
        return [line for line in lines if line]


@pytest.fixture
def terminal(monkeypatch):
    """The function that puts a terminal of some columns in place of stdout and stderr; pytest would take them back."""

    def install(columns=200):
        terminal = Terminal()
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stderr", terminal)
        return terminal

    return install


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""

    class Clock:
        seconds = 100.0

    monkeypatch.setattr(progress.time, "perf_counter", lambda: Clock.seconds)
    return Clock


class Run:
    """The hooks of a training, called by hand."""

    def __init__(self, clock, *callbacks, epochs=4, steps=100):
        self.clock, self.callbacks = clock, callbacks
        for callback in callbacks:
            callback.set_params({"epochs": epochs, "steps": steps, "verbose": 0})
            callback.on_train_begin()

    def call(self, hook, *arguments):
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)

    def steps(self, first, last, seconds, logs=None):
        """Take the steps from `first` to `last` of an epoch."""
        for batch in range(first, last + 1):
            self.call("on_train_batch_begin", batch)
            self.clock.seconds += seconds
            self.call("on_train_batch_end", batch, logs or {"d_loss": 1.25, "g_loss": -0.5, "r1_weight": 10.0})

    def epoch(self, epoch, seconds, steps=100, logs=None):
        self.call("on_epoch_begin", epoch)
        self.steps(0, steps - 1, seconds)
        self.call("on_epoch_end", epoch, logs or {"d_loss": 1.25, "g_loss": -0.5, "health/diversity": 0.9})


def test_a_file_gets_one_line_an_epoch(make_gan, train, capsys):
    train(make_gan(), [Progress()], epochs=3, verbose=1)
    out, err = capsys.readouterr()
    assert err == ""
    assert "\r" not in out
    assert "\b" not in out
    lines = out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert re.match(rf"epoch {number}/3  step {5 * number}/15  0 s  .*d_loss \S+  g_loss \S+", line)


def test_the_line_says_what_it_took_and_when_training_ends(clock, capsys):
    run = Run(clock, Progress())
    run.epoch(0, seconds=1.5)
    assert capsys.readouterr().out == (
        "epoch 1/4  step 10/400  1.5 s/step  9 min 45 s left\n"
        "epoch 1/4  step 100/400  2 min 30 s  1.5 s/step  d_loss 1.25  g_loss -0.5  7 min 30 s left\n"
    )


def test_the_last_line_has_no_time_left(clock, capsys):
    Run(clock, Progress(), epochs=1).epoch(0, seconds=0.05)
    assert capsys.readouterr().out == "epoch 1/1  step 100/100  5 s  50 ms/step  d_loss 1.25  g_loss -0.5\n"


def test_the_estimates_begin_after_ten_steps(clock, terminal):
    screen = terminal()
    run = Run(clock, Progress())
    run.call("on_epoch_begin", 0)
    run.call("on_train_batch_begin", 0)
    assert screen.screen() == ["epoch 1/4  step 0/400  compiling the first step"]
    run.steps(0, 8, seconds=2.0)
    assert screen.screen() == ["epoch 1/4  step 9/400  2.0 s/step  d_loss 1.25  g_loss -0.5"]
    run.steps(9, 9, seconds=2.0)
    assert screen.screen() == ["epoch 1/4  step 10/400  2.0 s/step  d_loss 1.25  g_loss -0.5  13 min left"]


def test_the_next_picture(clock, terminal, make_gan, tmp_path):
    screen = terminal()
    snapshots = ImageSnapshots(tmp_path, after_seconds=[])
    snapshots.set_model(make_gan())
    shown = Progress()
    run = Run(clock, snapshots, shown)
    shown.on_fit_begin([snapshots, shown])
    run.call("on_epoch_begin", 0)
    run.steps(0, 49, seconds=1.0)
    shown.on_fit_end()
    assert "  picture in 50 s  5 min 50 s left" in screen.screen()[0]


def test_the_first_step_does_not_count_and_what_is_done_between_steps_does(clock, capsys):
    run = Run(clock, Progress())
    run.call("on_epoch_begin", 0)
    run.steps(0, 0, seconds=60.0)
    run.steps(1, 99, seconds=0.5)
    run.call("on_epoch_end", 0, {})
    # A slow checkpoint.
    clock.seconds += 50.0
    run.epoch(1, seconds=0.5)
    last = capsys.readouterr().out.splitlines()[-1]
    # 199 steps in 49.5 + 50 + 50 seconds.
    assert "  751 ms/step  " in last
    assert last.endswith("2 min 30 s left")


def test_the_line_is_rewritten_once_a_second(clock, terminal):
    screen = terminal()
    run = Run(clock, Progress(), epochs=1, steps=1000)
    run.epoch(0, seconds=0.01, steps=1000)
    # One before the first step, one a second for ten seconds, and the last one.
    assert screen.getvalue().count("epoch 1/1") <= 13
    assert screen.screen() == ["epoch 1/1  step 1,000/1,000  10 s  10 ms/step  d_loss 1.25  g_loss -0.5"]


@pytest.mark.parametrize(
    "columns, shown",
    [
        (12, "step 51/400"),
        (40, "step 51/400  d_loss 1.25  12 min left"),
        (55, "step 51/400  d_loss 1.25  g_loss -0.5  12 min left"),
        (65, "epoch 1/4  step 51/400  d_loss 1.25  g_loss -0.5  12 min left"),
        (80, "epoch 1/4  step 51/400  2.0 s/step  d_loss 1.25  g_loss -0.5  12 min left"),
    ],
)
def test_a_narrow_terminal_never_wraps(clock, terminal, columns, shown):
    screen = terminal(columns)
    run = Run(clock, Progress())
    run.call("on_epoch_begin", 0)
    run.steps(0, 50, seconds=2.0)
    assert max(len(text) for text in screen.getvalue().split("\r")) < columns
    assert screen.screen() == [shown]


def test_a_line_has_at_most_120_characters(clock, capsys):
    losses = {f"{name}_very_long_loss": 1e-7 / 3 for name in "abcdefgh"}
    run = Run(clock, Progress(), epochs=1000)
    run.epoch(0, seconds=1234.5, logs=losses)
    last = capsys.readouterr().out.splitlines()[-1]
    assert 90 < len(last) <= 120
    assert last.startswith("step 100/100,000  ")
    assert last.endswith(" left")


def test_names_choose_what_is_shown(clock, capsys):
    run = Run(clock, Progress(["g_loss", "frechet_distance"]), epochs=1)
    run.epoch(0, seconds=0.01, logs={"d_loss": 1.0, "g_loss": 2.0, "frechet_distance": 1234.567})
    assert capsys.readouterr().out.endswith("  g_loss 2  frechet_distance 1235\n")


def test_a_warning_is_not_glued_to_the_line(walk, fit, terminal):
    screen = terminal()

    def warn(batch, logs):
        if batch == 2:
            print("a note")  # noqa: T201 - as a user's callback does
            # Where `warnings.warn` writes, which pytest takes over.
            sys.stderr.write("a warning\n")

    fit(walk(), Progress(), keras.callbacks.LambdaCallback(on_train_batch_end=warn), epochs=1)
    lines = screen.screen()
    assert lines[:2] == ["a note", "a warning"]
    assert lines[-1].startswith("epoch 1/1  step 4/4  ")
    assert not any("epoch" in line for line in lines[:-1])


def test_after_an_error_the_output_is_as_before_and_the_line_is_complete(walk, fit_until_killed, terminal):
    screen = terminal()
    fit_until_killed(walk(), Progress(), after=2)
    assert sys.stdout is screen
    assert sys.stderr is screen
    assert screen.getvalue().endswith("\n")
    assert len(screen.screen()) == 1
    assert screen.screen()[0].startswith("epoch 1/2  step 1/8  d_loss ")


@pytest.mark.long
def test_it_takes_the_place_of_keras_bar_and_changes_nothing(walk, fit, capsys):
    fingerprints = []
    for callbacks in ([], [Progress()]):
        gan = walk()
        fit(gan, *callbacks)
        fingerprints.append(gan.fingerprint())
    assert fingerprints[0] == fingerprints[1]
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_it_costs_less_than_a_tenth_of_a_millisecond_a_step():
    callback = Progress()
    callback.set_params({"epochs": 1, "steps": 2000, "verbose": 0})
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    logs = dict.fromkeys(["d_loss", "g_loss", "r1", "r1_weight"], 1.0)
    began = time.perf_counter()
    for batch in range(2000):
        callback.on_train_batch_begin(batch)
        callback.on_train_batch_end(batch, logs)
    assert time.perf_counter() - began < 0.2


def test_a_run_that_resumes_counts_only_its_own_steps():
    pace = Pace()
    pace.begin_epoch(240, 0.0)
    pace.add(241, 50.0)
    pace.add(242, 52.0)
    assert (pace.steps, pace.seconds) == (2, 2.0)


def test_a_run_that_returns_to_a_checkpoint_measures_again():
    pace = Pace()
    pace.begin_epoch(0, 0.0)
    for step in range(1, 8):
        pace.add(step, 10.0 * step)
    pace.begin_epoch(2, 100.0)
    pace.add(3, 103.0)
    assert pace.seconds == 3.0


def test_an_unknown_length_of_an_epoch(clock, capsys):
    run = Run(clock, Progress(), epochs=2, steps=None)
    run.epoch(0, seconds=1.0, steps=20)
    run.epoch(1, seconds=1.0, steps=20)
    assert capsys.readouterr().out == (
        "epoch 1/2  step 20  20 s  1.0 s/step  d_loss 1.25  g_loss -0.5\n"
        "epoch 2/2  step 20  20 s  1.0 s/step  d_loss 1.25  g_loss -0.5\n"
    )


@pytest.mark.parametrize("names", ["d_loss", 5, [5]])
def test_names_that_are_no_list_of_texts(names):
    with pytest.raises(ValueError, match=re.escape(f"Received: names={names!r}")):
        Progress(names)
