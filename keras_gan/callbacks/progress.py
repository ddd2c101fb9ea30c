"""One line an epoch instead of a progress bar."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import collections
import contextlib
import numbers
import time
import typing

import keras

from keras_gan import _words
from keras_gan.callbacks._live_line import LiveLine
from keras_gan.callbacks._snapshots import Snapshots
from keras_gan.callbacks._steps import steps_done

_LONGEST = 120
_SECONDS_BETWEEN_LINES = 1.0
# Before this many steps, an estimate of the time to the end says little.
_STEPS_BEFORE_ESTIMATES = 10
# In seconds.
_LONG_EPOCH = 60.0
# It is left out first, then the epoch, then the values.
_RANK_OF_SPEED = 1000


class Progress(keras.callbacks.ProgbarLogger):
    """Prints one line an epoch: the step, the speed, the losses, and the time left. It replaces Keras's progress bar.

    Keras's bar shows everything that is logged, which for a GAN with penalties, schedules and health checks is more
    than fits on a line. This line has at most 120 characters, and only the losses. `LossCurves` and `TensorBoard`
    write down the rest.

    On a terminal, a line for the epoch in progress is rewritten once a second. From the tenth step on, it also says
    when training ends, and when `ImageSnapshots` takes its next picture. Anything else that is printed during `fit` of
    a keras_gan model stays above this line. In a file or a pipe there is one line an epoch, and another one with the
    first estimates if the first epoch takes more than a minute.

    The estimates count the time of everything between the steps, such as pictures and checkpoints, over the epoch in
    progress and the one before it, without the first step, which compiles. The callback itself takes microseconds a
    step, and reads nothing from the device: Keras hands it the losses.

    Args:
        names: names of the logged values to show, a list or tuple; None for the losses, whose names end in "loss".

    Raises:
        ValueError: if `names` is not a list or tuple of texts.

    Example:
        >>> progress = Progress()
        >>> progress.set_params({"epochs": 2, "steps": 100, "verbose": 0})
        >>> progress.on_train_begin()
        >>> progress.on_epoch_begin(0)
        >>> progress.on_train_batch_begin(99)
        >>> progress.on_train_batch_end(99, {"d_loss": 1.3862, "g_loss": 0.6931})
        >>> progress.on_epoch_end(0, {"d_loss": 1.3862, "g_loss": 0.6931, "r1_weight": 10.0})
        epoch 1/2  step 100/200  0 s  d_loss 1.386  g_loss 0.6931
    """

    def __init__(self, names=None):
        super().__init__()
        if names is not None and not (isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)):
            raise ValueError(
                f'`names` must be a list of names in the logs, such as ["d_loss"], or None. Received: names={names!r}'
            )
        self.names = names
        self._snapshots, self._line = [], None
        self._guard = contextlib.ExitStack()

    def set_params(self, params):
        """Keep the parameters of `fit`."""
        super().set_params(params)
        self.params = params

    def on_fit_begin(self, callbacks):
        """Keep other output above the line, and find the callbacks that take pictures."""
        self._snapshots = [callback for callback in callbacks if isinstance(callback, Snapshots)]
        self._line = LiveLine()
        self._guard.enter_context(self._line.guarded())

    def on_fit_end(self):
        """Leave the output to others again."""
        self._guard.close()
        self._line = None

    def on_train_begin(self, logs=None):
        """Forget an earlier training."""
        super().on_train_begin(logs)
        self._line = self._line or LiveLine()
        self._pace, self._shown, self._announced = Pace(), 0.0, False

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock of the epoch."""
        self._epoch, self._done = epoch, None
        self._began = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        """Say that the first step takes longer, and count from where training resumes in the middle of an epoch."""
        if self._done is None:
            self._done = batch
            self._pace.begin_epoch(self._step(batch), self._began)
        if not self._pace.steps:
            self._line.show(_fitted([*self._place(batch), _Field("compiling the first step")], self._line.columns))

    def on_train_batch_end(self, batch, logs=None):
        """Rewrite the line once a second."""
        now, self._done = time.perf_counter(), steps_done(batch, self.params)
        self._pace.add(self._step(self._done), now)
        if now - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = now
            fields = [*self._place(self._done), *self._speed(), *self._values(logs), *self._forecast()]
            self._line.show(_fitted(fields, min(_LONGEST, self._line.columns)))
        if not self._announced and self._seconds_left():
            self._announced = True
            self._announce()

    def on_epoch_end(self, epoch, logs=None):
        """Write the line of the epoch."""
        seconds = _Field(_words.duration(time.perf_counter() - self._began), rank=_RANK_OF_SPEED)
        left = [_time_left(self._seconds_left())] if self._seconds_left() else []
        fields = [*self._place(self._done), seconds, *self._speed(), *self._values(logs), *left]
        self._line.end(_fitted(fields, _LONGEST))

    def get_state(self):
        """Return no state for checkpoints, because the clock belongs to this process."""
        return {}

    def _announce(self):
        """Write the first estimates where no line is rewritten and the epoch takes long."""
        seconds_left = (self.params["steps"] - self._done) * self._pace.seconds
        if not self._line.is_shown and seconds_left > _LONG_EPOCH:
            fields = [*self._place(self._done), *self._speed(), *self._forecast()]
            self._line.end(_fitted(fields, _LONGEST))

    def _step(self, done):
        """The number of the step in the whole training, or within the epoch if its length is unknown."""
        return self._epoch * (self.params["steps"] or 0) + done

    def _total(self):
        return self.params["epochs"] * self.params["steps"] if self.params["steps"] else None

    def _place(self, done):
        total = f"/{self._total():,}" if self._total() else ""
        epoch = _Field(f"epoch {self._epoch + 1}/{self.params['epochs']}", rank=_RANK_OF_SPEED - 1)
        return epoch, _Field(f"step {self._step(done):,}{total}", rank=-1)

    def _speed(self):
        seconds = self._pace.seconds
        return [] if seconds is None else [_Field(_words.pace(seconds), rank=_RANK_OF_SPEED)]

    def _values(self, logs):
        logs = {name: value for name, value in (logs or {}).items() if isinstance(value, numbers.Real)}
        names = [name for name in logs if name.endswith("loss")] if self.names is None else self.names
        found = [name for name in names if name in logs]
        return [_Field(f"{name} {logs[name]:.4g}", rank=1 + index) for index, name in enumerate(found)]

    def _seconds_left(self):
        """The seconds to the end of training, or None while they cannot be told."""
        if self._total() is None or self._pace.seconds is None or self._pace.steps < _STEPS_BEFORE_ESTIMATES:
            return None
        return (self._total() - self._step(self._done)) * self._pace.seconds

    def _forecast(self):
        """When the next picture comes, and when training ends; empty while this cannot be told, and at the end."""
        left = self._seconds_left()
        if not left:
            return []
        waits = [snapshots.seconds_to_next(self._pace.seconds) for snapshots in self._snapshots]
        waits = [wait for wait in waits if wait is not None]
        picture = [_Field(f"picture in {_words.duration(min(waits))}")] if waits else []
        return [*picture, _time_left(left)]


def has_progress(callbacks):
    """Whether a `Progress` is among the callbacks: unlike Keras's bar, it clears its line for what others print."""
    return any(isinstance(callback, Progress) for callback in callbacks)


class _Field(typing.NamedTuple):
    """A part of the line. In a narrow terminal, the one of the highest rank is left out first."""

    text: str
    rank: int = 0


def _time_left(seconds):
    return _Field(f"{_words.duration(seconds)} left")


def _fitted(fields, longest):
    """Return as many fields as fit, as text."""
    fields = list(fields)
    while len("  ".join(field.text for field in fields)) > longest and len(fields) > 1:
        fields.remove(max(fields, key=lambda field: field.rank))
    return "  ".join(field.text for field in fields)[:longest]


class Pace:
    """The seconds of a training step, over the epoch in progress and the one before it.

    Attributes:
        steps: steps of this process so far.
        seconds: seconds of a step, with everything that is done between the steps; None if it is not known yet.
    """

    def __init__(self):
        self.steps, self.seconds = 0, None
        self._marks = collections.deque(maxlen=2)
        self._last = None

    def begin_epoch(self, step, now):
        """Note the clock at the beginning of an epoch, but not before the first step, which compiles."""
        if self._last is not None and step != self._last:
            # Training has gone back, or the length of an epoch is unknown: the steps cannot be counted through.
            self._marks.clear()
        if self.steps:
            self._marks.append((step, now))
        self._last = step

    def add(self, step, now):
        """Note the end of a step."""
        if self._last is not None:
            self.steps += step - self._last
        self._last = step
        if not self._marks:
            self._marks.append((step, now))
        first, began = self._marks[0]
        if step > first:
            self.seconds = (now - began) / (step - first)
