"""Checkpoints from which training resumes after a kill."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import warnings

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int
from keras_gan._files import writable_directory
from keras_gan._fit_control import FitPosition
from keras_gan._version import __version__
from keras_gan.callbacks import _checkpoint_settings, _checkpoint_state
from keras_gan.callbacks._checkpoint_files import CheckpointFolder
from keras_gan.callbacks._checkpoint_rates import NewRates, constant_rates, updates_per_step, with_rates_of
from keras_gan.callbacks._checkpoint_settings import BEGUN_AT
from keras_gan.callbacks._checkpoint_state import CallbackStates, named
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._interrupts import Interrupts
from keras_gan.callbacks._run_lock import RunLock
from keras_gan.callbacks._steps import steps_done
from keras_gan.callbacks._workers import on_every_worker


class Checkpoint(keras.callbacks.Callback):
    """Saves everything that training changes, and resumes from it when the same program runs again.

    A run that is killed at any moment and started again ends with the same weights, bit for bit, as a run that never
    stopped. The second call needs no extra argument: if `run_dir` holds checkpoints, `fit` restores the newest one,
    finishes the current epoch and continues to `epochs`, which may be more than before.

    A checkpoint holds

    * everything that `gan.fingerprint()` covers: the networks, the averaged generator, the spectral-norm vectors, the
      optimizers with their learning rates and loss scales, and every random state;
    * the place in the data, and the means of the current epoch;
    * the state of the other callbacks. If a callback has `get_state()`, it is what that returns, anything that JSON
      can store, and `set_state(state)` receives it again. Otherwise it is the attributes that training has changed and
      that hold numbers, or lists or dicts of numbers. Of Keras's own callbacks it is only what training changes, such
      as the best value of `EarlyStopping` and `ModelCheckpoint`: a file cannot set their arguments.

    It does not hold texts, tuples, sets or arrays in callbacks, such as the `best_weights` of `EarlyStopping`. A
    callback that writes its own file must be told to continue it, as with `CSVLogger(append=True)`.

    The files are `run_dir/checkpoints/step_000001200.npz`. Each is written under a temporary name, flushed to the disk
    and then renamed. It carries checksums: a damaged file is skipped with a warning, and the one before it is used.
    NaN and infinity are never saved. A write that fails gives one warning. With several workers only the chief writes.
    A file that cannot be read, for example because too many files are open, may be good: that is an error, and the file
    is kept.

    Ctrl-C and SIGTERM wait for the end of the step, save a checkpoint and then end the program: `fit` raises
    KeyboardInterrupt or SystemExit after one line that names the file. A second signal ends it at once, and so does the
    first one where there are several workers.

    Only one training at a time writes to a directory, with one Checkpoint. Meanwhile `run_dir/.lock` names its process.
    A killed process leaves the file, but not the lock.

    A checkpoint also holds the settings of its run: the arguments of the model, of its layers and of its optimizers,
    `gradient_accumulation_steps`, `loss_weights` and the seed, and of the data their shapes and types, the batch size,
    and a hash of the first and the last sample. Another model, other optimizers, or variables of other shapes or types
    (another width, or float16 instead of float32) are refused, because the state does not fit them. Any other
    difference gives one warning that names it, and training resumes with the new settings, also with new learning
    rates. What only the beginning of a run depends on, such as the seed and the initializers, stays as it was. A
    learning rate that training itself has changed, in a callback or by `scale_learning_rates`, is part of the state:
    it stays until the program gives the optimizer another one than before.

    Args:
        run_dir: directory of the run. It is made if it does not exist. Several workers must share it.
        every: write a checkpoint after this many units, and at the end.
        unit: "epoch" or "step".
        keep: number of checkpoints to keep, the newest ones.

    Attributes:
        phrase: function that gets the line about a resume and returns the line to print. A program whose users know
            the arguments by other names, such as flags, may replace it.

    Raises:
        ValueError: if an argument is out of range or the directory cannot be written; when training begins, if
            the checkpoints belong to another GAN or are all damaged, another training writes to the directory, or the
            model is not from keras_gan.

    Example:
        >>> import tempfile
        >>> import keras, keras_gan, numpy as np
        >>> run_dir, images = tempfile.mkdtemp(), np.zeros((32, 8, 8, 1), "float32")
        >>> def train(epochs, callbacks):
        ...     keras.utils.set_random_seed(0)
        ...     networks = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8)
        ...     gan = keras_gan.NonSaturatingGAN(*networks)
        ...     gan.compile(run_eagerly=True)
        ...     gan.fit(images, epochs=epochs, batch_size=8, verbose=0, callbacks=callbacks)
        ...     return gan.fingerprint()
        >>> stopped = train(1, [Checkpoint(run_dir)])
        >>> train(2, [Checkpoint(run_dir)]) == train(2, [])
        Resuming from step 4: ...step_000000004.npz
        True
    """

    # The other callbacks must have seen a step before it is saved.
    goes_last = True

    def __init__(self, run_dir, *, every=1, unit="epoch", keep=3):
        super().__init__()
        require_choice("unit", unit, ("epoch", "step"))
        self.every = require_int("every", every)
        self.unit = unit
        self.keep = require_int("keep", keep)
        self.run_dir = writable_directory(run_dir, "run_dir")
        self.phrase = str
        self._folder = CheckpointFolder(self.run_dir / "checkpoints", self.keep)
        self._lock, self._interrupts = RunLock(self.run_dir), Interrupts()
        self._others = None

    @property
    def latest(self):
        """Path of the newest checkpoint that is not known to be damaged, or None."""
        return self._folder.newest

    def on_fit_begin(self, callbacks):
        """Restore the newest checkpoint.

        Args:
            callbacks: list of all callbacks of this training.

        Returns:
            FitPosition where training resumes, or None if nothing was saved yet.

        Raises:
            ValueError: if the checkpoints belong to another GAN, are all damaged, or differ between workers, or another
                training writes to the directory.
            OSError, MemoryError: if the newest checkpoint cannot be read.
        """
        self._others = [callback for callback in callbacks if not isinstance(callback, Checkpoint)]
        self._guard = DiskGuard(f"some of the checkpoints in {self._folder.path}")
        self._not_finite, self._warned, self._warned_of_not_kept = [], False, False
        self._reached = self._saved_position = None
        self._collected, self._new_rates = {}, None
        self._is_chief = self.model.distribute_strategy.extended.should_checkpoint
        # Several workers save together, and a signal comes to one of them.
        if not self._has_workers():
            self._interrupts.watch()
        # Before the state is restored, which has the learning rates and the seed of the checkpoint.
        self._settings = _checkpoint_settings.collect(self.model, self.params.get("data", {}))
        self._restored = self._restore(self._read_first)
        return None if self._restored is None else self._resume_from(self._restored)

    def on_fit_end(self):
        """Let other processes train in the directory, also after an error."""
        self._interrupts.leave()
        self._lock.release()

    def on_train_begin(self, logs=None):
        """Raise an error if the model's `fit` does not support checkpoints."""
        if self._others is None:
            raise ValueError(
                "Checkpoint works only with the `fit` of a keras_gan model. For another model, use "
                f"keras.callbacks.BackupAndRestore. Received: model={type(self.model).__name__}"
            )

    def after_train_begin(self):
        """Restore the state of the other callbacks, which they have reset in `on_train_begin`."""
        self._states = CallbackStates(self._others)
        if self._restored is not None:
            self._states.restore(self._restored.meta["callbacks"])
        # Free the arrays, which are in the model now.
        self._restored = None

    def on_epoch_begin(self, epoch, logs=None):
        """Warn about what went wrong in the previous epoch."""
        self._warn()
        self._epoch = epoch
        self._epoch_start = None
        self._cut_short = self._due_at_epoch_end = False

    def on_train_batch_begin(self, batch, logs=None):
        """Count the steps. The model is asked once an epoch, because the answer may have to come from a device."""
        if self._epoch_start is None:
            self._epoch_start = self._step() - batch
        self._steps_before = self._epoch_start + batch

    def on_train_batch_end(self, batch, logs=None):
        """Save every `every` steps, and when training is stopped in the middle of an epoch."""
        done = steps_done(batch, self.params)
        # Several steps may run in one call (`steps_per_execution`) and jump over the exact multiple.
        due = self.unit == "step" and (self._epoch_start + done) // self.every > self._steps_before // self.every
        if done == self.params["steps"]:
            # The end of the epoch belongs to its last step: save after every callback has seen it.
            self._due_at_epoch_end = due
            return
        self._reached = FitPosition(self._epoch, done)
        self._cut_short = self.model.stop_training
        if due or self._cut_short or self._interrupts.received:
            self._save(self._reached)
        self._end_if_interrupted()

    def on_epoch_end(self, epoch, logs=None):
        """Save every `every` epochs, and at the end."""
        if self._cut_short:
            return
        self._reached = FitPosition(epoch + 1)
        due = (epoch + 1) % self.every == 0 if self.unit == "epoch" else self._due_at_epoch_end
        # Save the end here and not in `on_train_end`, where some callbacks change the weights.
        ends = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if due or ends or self._interrupts.received:
            self._save(self._reached)
        self._end_if_interrupted()

    def on_train_end(self, logs=None):
        """Try again if the end could not be saved, and warn about what went wrong."""
        if self._reached is not None:
            self._save(self._reached)
        self._warn()

    def rewind(self):
        """Return the model to the newest checkpoint, during training.

        A callback calls this and then asks `fit` to continue from there. The other callbacks go back too, except those
        with a `get_state`: they may have to remember something across rewinds, such as how many there were.

        Returns:
            FitPosition of the checkpoint.

        Raises:
            ValueError: if there is no checkpoint, or all are damaged.
        """
        saved = self._restore(self._folder.read_newest)
        if saved is None:
            raise ValueError(
                f"There is no checkpoint to return to: none has been written. Received: run_dir={str(self.run_dir)!r}"
            )
        self._states.rewind(saved.meta["callbacks"])
        return self._saved_position

    def _read_first(self):
        """Take the directory, and return the newest intact checkpoint in it or None."""
        if self._is_chief:
            self._lock.acquire()
            self._folder.remove_leftovers()
        saved = self._folder.read_newest()
        if saved is not None:
            # Now, because the rates of the program are overwritten next; a rewind takes the same ones.
            self._new_rates = NewRates(self.model, self._settings, saved)
        return saved

    def _restore(self, read):
        """Restore the checkpoint that a function reads into the model and return it, or None if there is none."""
        saved = self._agreed(read) if self._has_workers() else read()
        if saved is None:
            return None
        saved = with_rates_of(self.model, saved)
        differences = _checkpoint_state.differences(self.model, saved.meta, saved.values)
        if differences:
            raise ValueError(
                f"The checkpoints of this run belong to another GAN: {'; '.join(differences)}. Build the same GAN "
                f"again, or choose another `run_dir`. Received: run_dir={str(self.run_dir)!r}"
            )
        _checkpoint_state.assign(self.model, saved.values)
        if self._new_rates is not None:
            self._new_rates.assign(saved.meta["step"])
        self._saved_position, self._collected = FitPosition(*saved.meta["position"]), {}
        return saved

    def _agreed(self, read):
        """Return what a function reads; raise a ValueError if the workers would resume from different steps."""
        saved, steps = on_every_worker(
            self.model.distribute_strategy, read, lambda saved: -1 if saved is None else saved.meta["step"]
        )
        if len(set(steps)) > 1:
            raise ValueError(
                "The workers do not see the same checkpoints. Give all of them the same `run_dir`, on a disk that they "
                f"share. Received: run_dir={str(self.run_dir)!r}, newest step of each worker {steps} (-1: none)"
            )
        return saved

    def _has_workers(self):
        return isinstance(self.model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)

    def _end_if_interrupted(self):
        """After a signal: say where training stopped, and end the program."""
        if not self._interrupts.received:
            return
        self._warn()
        if self._saved_position == self._reached:
            print(f"\nStopped after step {self._step():,}. The same program resumes from {self.latest}")  # noqa: T201 - for people
        self._interrupts.obey()

    def _resume_from(self, saved):
        position = self._saved_position
        if self._had_stopped(saved.meta["callbacks"]):
            position = FitPosition(max(position.epoch, self.params["epochs"]))
        there, rates = _checkpoint_settings.settings_of(saved), list(constant_rates(self.model))
        if self._is_chief:
            print(self.phrase(self._beginning(saved, position)))  # noqa: T201 - for people, like Keras's own lines
            new, kept = _checkpoint_settings.differences(self._settings, there, rates, self._new_rates.changes)
            _checkpoint_settings.warn_of_differences(new, [*kept, *self._new_rates.kept], self.run_dir)
        if 0 < self._settings[BEGUN_AT] == saved.meta["step"] and BEGUN_AT in there:
            self._settings = _checkpoint_settings.continued(self._settings, there, rates)
        return position

    def _beginning(self, saved, position):
        """The line that says where training resumes, or that there is nothing left to train."""
        step, epochs = f"step {saved.meta['step']:,}", self.params["epochs"]
        if position.epoch < epochs:
            return f"Resuming from {step}: {saved.path}"
        if self._saved_position.epoch < epochs:
            state, further = "had ended early", "give EarlyStopping more `patience`"
        else:
            state, further = "is complete", f"give more `epochs` than {position.epoch}"
        return (
            f"This run {state} at {step}, so nothing is trained. To train on, {further}; to start again, choose "
            f"another `run_dir`, or delete {self._folder.path}"
        )

    def _had_stopped(self, states):
        """Return whether an EarlyStopping had ended the training and would end it again."""
        return any(
            _checkpoint_state.had_stopped(name, callback, states)
            for name, callback in named(self._others).items()
            if isinstance(callback, keras.callbacks.EarlyStopping)
        )

    def _step(self):
        return int(_checkpoint_state.value(self.model.training_state.step))

    def _save(self, position):
        if position == self._saved_position:
            return
        # All workers must collect, because reading the means of the epoch sums over the workers. Collect once for each
        # position: only the chief knows that a write failed, and it tries again with the values that it has.
        if position not in self._collected:
            self._collected = {position: _checkpoint_state.collect(self.model)}
        if self._is_chief and not self._write(position, self._collected[position]):
            return
        self._saved_position, self._collected = position, {}

    def _write(self, position, values):
        """Write a checkpoint, and return whether that succeeded."""
        self._not_finite = _checkpoint_state.not_finite(values)
        if self._not_finite:
            return False
        meta = {
            "step": self._step(),
            "position": position,
            "classes": _checkpoint_state.classes(self.model),
            "paths": _checkpoint_state.paths(self.model),
            "versions": {"keras_gan": __version__, "keras": keras.__version__, "tensorflow": tf.__version__},
            "settings": self._settings,
            "updates_per_step": updates_per_step(self.model),
            "callbacks": self._states.collect(),
        }
        with self._guard:
            self._folder.write(meta["step"], meta, values)
            return True
        return False

    def _warn(self):
        self._guard.warn()
        self._warn_of_what_is_not_kept()
        if not self._not_finite or self._warned:
            return
        self._warned = True
        last = "there is no earlier one" if self.latest is None else f"the last good one is {self.latest}"
        warnings.warn(
            f"No checkpoint is written while the GAN holds NaN or infinity, here in {self._not_finite[0]} and "
            f"{len(self._not_finite) - 1} more variables: {last}.",
            stacklevel=2,
        )

    def _warn_of_what_is_not_kept(self):
        not_kept = self._states.not_kept()
        if not_kept and not self._warned_of_not_kept:
            self._warned_of_not_kept = True
            warnings.warn(
                f"The checkpoints do not hold {', '.join(not_kept)}: from a callback they keep only numbers, and lists "
                "and dicts of numbers with texts as keys. If training needs it after a resume, give the callback "
                "`get_state()` and `set_state(state)`.",
                stacklevel=2,
            )
