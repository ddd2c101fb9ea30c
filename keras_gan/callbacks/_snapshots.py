"""What all snapshots of a model have in common: when they are taken, and under which names."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import abc
import numbers
import os
import re
import time

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int, require_seed
from keras_gan._files import remove_leftovers, writable_directory
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._own_files import require_own_files
from keras_gan.callbacks._steps import steps_done, training_step

_NUMBER_DIGITS = {"epoch": 4, "step": 7}


class Snapshots(keras.callbacks.Callback, abc.ABC):
    """Writes samples from the same latents again and again.

    A subclass says what of them it writes: it defines `_taken`, `_write` and `_show`, and perhaps `_refuse` and
    `_finish`.

    Args:
        directory: where the files go. It is made if it does not exist.
        every: take a snapshot after this many units.
        unit: "epoch" or "step".
        count: samples in a snapshot. With classes: the most samples, equally many of each.
        seed: seed of the latents.
        log_dir: directory for TensorBoard, or None.
        inputs: what the model makes its samples of, an array or a dict of arrays by name; None for a model that draws
            them.
        after_seconds: list or tuple of seconds of training, in whole numbers, after which a snapshot is taken in
            addition.
    """

    # What messages call the files, and the ending of the one that every snapshot has.
    _noun, _suffix = "pictures", ".png"
    # The method of models that decide themselves what is shown.
    _method = "snapshot"
    # What a checkpoint keeps. It asks the class itself, so each subclass repeats it.
    _training_state = ("_number", "_number_at_epoch_begin", "_seconds")

    def __init__(self, directory, *, every, unit, count, seed, log_dir, inputs, after_seconds):
        super().__init__()
        require_choice("unit", unit, _NUMBER_DIGITS)
        self.every = require_int("every", every)
        self.unit = unit
        self.seed = require_seed(seed)
        self.inputs = _require_inputs(inputs)
        self.after_seconds = _require_moments(after_seconds)
        self._count = count
        self.directory = writable_directory(directory, "directory")
        self.log_dir = None if log_dir is None else writable_directory(log_dir, "log_dir")

    @abc.abstractmethod
    def _taken(self):
        """Return what a snapshot shows now."""

    @abc.abstractmethod
    def _write(self, taken, stem):
        """Write the files of a snapshot; their names begin with `stem`."""

    @abc.abstractmethod
    def _show(self, taken, step):
        """Show a snapshot in TensorBoard, whose writer is the default."""

    def _refuse(self, taken):
        """Raise a ValueError before training if snapshots such as the first one cannot be written."""

    def _finish(self):
        """Write what follows the last snapshot."""

    def on_fit_begin(self, callbacks):
        """Refuse others in the same directory."""
        require_own_files(self, callbacks)

    def on_train_begin(self, logs=None):
        """Take the first snapshot, so that samples that cannot be written are an error before training."""
        self._guard = DiskGuard(f"some of the {self._noun} in {self.directory}")
        self._first = self._taken()
        self._refuse(self._first)
        # A plain number, because a checkpoint stores it.
        self._number = None
        self._seconds, self._clock, self._is_fresh = 0.0, None, False
        for pattern in (f"{self.unit}_*", "after_*", "snapshots.*"):
            remove_leftovers(self.directory, pattern)
        self._writer = None if self.log_dir is None else tf.summary.create_file_writer(os.fspath(self.log_dir))

    def on_epoch_begin(self, epoch, logs=None):
        """Write the first snapshot of a new run, and warn about what went wrong in the previous epoch."""
        self._guard.warn()
        if self._number is None:
            self._number = self._first_number(epoch)
            if epoch == 0:
                self._write_next(self._first)
                self._is_fresh = False
        self._done = 0
        # Training may have gone back to an earlier epoch.
        if self.unit == "epoch":
            self._number = epoch
        elif self.params["steps"] is not None:
            self._number_at_epoch_begin = epoch * self.params["steps"]
        else:
            self._number_at_epoch_begin = None

    def on_train_batch_begin(self, batch, logs=None):
        """Count the steps, because training may resume in the middle of an epoch."""
        self._done = batch
        if self._clock is None:
            self._clock = time.perf_counter()
        if self.unit == "epoch":
            return
        if self._number_at_epoch_begin is None:
            self._number_at_epoch_begin = self._number - batch
        self._number = self._number_at_epoch_begin + batch

    def on_train_batch_end(self, batch, logs=None):
        """Take a snapshot every `every` steps, and at the moments of `after_seconds`."""
        self._done = steps_done(batch, self.params)
        if self.unit == "step":
            self._advance_to(self._number_at_epoch_begin + self._done)
        elif self._done == self.params["steps"] and (self._number + 1) % self.every == 0:
            # The epoch ends with a snapshot.
            self._is_fresh = True
        self._advance_clock()

    def on_epoch_end(self, epoch, logs=None):
        """Take a snapshot every `every` epochs."""
        if self.unit == "epoch":
            self._advance_to(epoch + 1)

    def on_train_end(self, logs=None):
        """Write what follows the last snapshot."""
        # Without a number, the run that was to resume had no epoch left.
        if self._number is not None:
            self._finish()
        if self._writer is not None:
            with self._guard:
                self._writer.close()
        self._guard.warn()

    def seconds_to_next(self, seconds_per_step):
        """Return how long it takes to the next snapshot, for a callback that shows it.

        Args:
            seconds_per_step: number, the seconds of a training step.

        Returns:
            float; None if training ends before, or the length of an epoch is unknown.
        """
        steps = self.params["steps"]
        if steps is None:
            return None
        if self.unit == "epoch":
            left = (self.every - self._number % self.every) * steps - self._done
            end = (self.params["epochs"] - self._number) * steps - self._done
        else:
            left = self.every - self._number % self.every
            end = self.params["epochs"] * steps - self._number
        # A moment is left out if a snapshot was taken since the one before it.
        moments = [moment for moment in self.after_seconds if moment > self._seconds][int(self._is_fresh) :]
        waits = [left * seconds_per_step, *(moment - self._seconds for moment in moments)]
        return min(waits) if min(waits) <= end * seconds_per_step else None

    def _first_number(self, epoch):
        if self.unit == "epoch" or epoch == 0:
            return epoch
        if self.params["steps"] is not None:
            return epoch * self.params["steps"]
        # The length of the data set is not known yet. The last snapshot is the best clue to the number of steps.
        return max(self._written(), default=0)

    def _advance_to(self, number):
        # Several steps may run in one call (`steps_per_execution`) and jump over the exact multiple.
        due = number // self.every > self._number // self.every
        self._number = number
        if due:
            self._write_next(self._taken())

    def _advance_clock(self):
        """Take a snapshot if a moment of `after_seconds` has come, and none was taken since the one before."""
        now, before = time.perf_counter(), self._seconds
        # Added up, because a checkpoint keeps the seconds of earlier processes, but not their clock.
        self._seconds += now - self._clock
        self._clock = now
        passed = [moment for moment in self.after_seconds if before < moment <= self._seconds]
        if passed and not self._is_fresh:
            self._write_guarded(self._taken(), f"after_{passed[-1]:04d}s")
        if passed:
            self._is_fresh = False

    def _samples_and_columns(self):
        """Return the samples of one snapshot, and how many are in a row, or None where that is free."""
        if hasattr(self.model, self._method):
            given = {} if self.inputs is None else {"inputs": self.inputs}
            return getattr(self.model, self._method)(self._count, seed=self.seed, **given)
        if self.inputs is not None:
            raise ValueError(
                "This model draws its samples from a seed and takes no others: leave `inputs` out, or give the model a "
                f"`{self._method}(count, *, seed, inputs)`. Received: inputs for a {type(self.model).__name__}"
            )
        if not hasattr(self.model, "generate"):
            raise ValueError(
                f"{type(self).__name__} shows what `model.generate` or `model.{self._method}` returns, and this model "
                "has neither. Use a keras_gan model, or give the model a `generate`. "
                f"Received: model={type(self.model).__name__}"
            )
        num_classes = getattr(self.model, "num_classes", None)
        if not isinstance(num_classes, numbers.Integral):
            return self.model.generate(self._count, seed=self.seed), None
        rows = min(num_classes, self._count)
        columns = self._count // rows
        labels = np.repeat(np.arange(rows, dtype=np.int32), columns)
        return self.model.generate(len(labels), labels=labels, seed=self.seed), columns

    def _write_next(self, taken):
        """Write a snapshot that is one of the sequence."""
        self._write_guarded(taken, f"{self.unit}_{self._number:0{_NUMBER_DIGITS[self.unit]}d}")
        self._is_fresh = True
        if self._writer is not None:
            # A training with Keras's TensorBoard that was aborted leaves its rule of what to record behind.
            with self._guard, self._writer.as_default(), tf.summary.record_if(True):
                # On the axis of the losses.
                self._show(taken, training_step(self.model, self._number))
                self._writer.flush()

    def _write_guarded(self, taken, stem):
        with self._guard:
            self._write(taken, stem)

    def _written(self):
        """Return a dict that maps the number of each snapshot in the directory to its file."""
        pattern = rf"{self.unit}_(\d+){re.escape(self._suffix)}"
        matches = (re.fullmatch(pattern, path.name) for path in self.directory.iterdir())
        return {int(match[1]): self.directory / match[0] for match in matches if match}


def _require_inputs(inputs):
    for values in inputs.values() if isinstance(inputs, dict) else [] if inputs is None else [inputs]:
        if len(getattr(values, "shape", ())) == 0:
            raise ValueError(
                "`inputs` must be an array, or a dict of such arrays by the names of the model's inputs. "
                f"Received: inputs={inputs!r:.80}"
            )
    return inputs


def _require_moments(seconds):
    if not isinstance(seconds, list | tuple):
        raise ValueError(
            "`after_seconds` must be a list or tuple of whole numbers, which is empty for no such snapshots. "
            f"Received: after_seconds={seconds!r}"
        )
    return tuple(sorted(require_int("after_seconds", moment) for moment in seconds))
