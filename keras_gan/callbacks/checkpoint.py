"""Checkpoints from which a training that was killed goes on."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import warnings

import keras
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._files import writable_directory
from keras_gan._fit_control import FitPosition
from keras_gan._version import __version__
from keras_gan.callbacks import _checkpoint_state
from keras_gan.callbacks._checkpoint_files import CheckpointFolder
from keras_gan.callbacks._checkpoint_state import CallbackStates, named
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._steps import steps_done


class Checkpoint(keras.callbacks.Callback):
    """Saves all that training changes, and goes on from there when the same program is run again.

    A run that is killed at any moment and started again ends with the same weights, to the bit, as one that was never
    stopped. Nothing has to be said in the second call: where `run_dir` holds checkpoints, `fit` restores the newest
    one, finishes the epoch that was in progress and goes on to `epochs`, which may be more than before.

    A checkpoint holds what `gan.fingerprint()` covers (networks, averaged generator, spectral-norm vectors, both
    optimizers with learning rates and loss scales, every random state), the place in the data, the means of the epoch
    in progress, and what the other callbacks have learnt: `get_state()` of a callback that has it (`set_state(state)`
    gets it back; anything that JSON can hold), of any other its plain attributes that training has changed. So
    `EarlyStopping` and `ModelCheckpoint` keep their best value. What is not kept: arrays, such as the `best_weights`
    of `EarlyStopping`; what a callback writes by itself goes on if it says so, as `CSVLogger(append=True)`.

    The files are `run_dir/checkpoints/step_000001200.npz`. Each is written under another name, brought to the disk and
    moved into place, and carries checksums: a damaged one is passed over with a warning, for the one before. NaN and
    infinity are never saved. A write that fails costs one warning; with several workers only the chief writes.

    Args:
        run_dir: directory of the run; made if need be. Several workers must share it.
        every: a checkpoint is written after this many units, and at the end.
        unit: "epoch" or "step".
        keep: number of checkpoints to keep, the newest ones.

    Raises:
        ValueError: if an argument is out of its range or the directory cannot be written; when training begins, if
            the checkpoints are of another GAN or all damaged, or the model is not one of keras_gan.

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
        Going on from step 4: ...step_000000004.npz
        True
    """

    # All others have taken note of a step when it is saved.
    goes_last = True

    def __init__(self, run_dir, *, every=1, unit="epoch", keep=3):
        super().__init__()
        if unit not in ("epoch", "step"):
            raise ValueError(f'`unit` must be "epoch" or "step". Received: unit={unit!r}')
        self.every = require_int("every", every)
        self.unit = unit
        self.keep = require_int("keep", keep)
        self.run_dir = writable_directory(run_dir, "run_dir")
        self._folder = CheckpointFolder(self.run_dir / "checkpoints", self.keep)
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
            FitPosition where training goes on, or None where nothing was saved yet.

        Raises:
            ValueError: if the checkpoints are of another GAN or all damaged, or not the same for every worker.
        """
        self._others = [callback for callback in callbacks if not isinstance(callback, Checkpoint)]
        self._guard = DiskGuard(f"some of the checkpoints in {self._folder.path}")
        self._not_finite, self._warned = [], False
        self._reached = self._saved_position = None
        self._collected = {}
        self._is_chief = self.model.distribute_strategy.extended.should_checkpoint
        if self._is_chief:
            self._folder.remove_leftovers()
        self._restored = self._restore()
        return None if self._restored is None else self._go_on_from(self._restored)

    def on_train_begin(self, logs=None):
        """Refuse a `fit` that does not know of checkpoints."""
        if self._others is None:
            raise ValueError(
                "Checkpoint goes with the `fit` of a GAN of keras_gan, which lets it restore the model; for another "
                f"model there is keras.callbacks.BackupAndRestore. Received: model={type(self.model).__name__}"
            )

    def after_train_begin(self):
        """Restore what the other callbacks had learnt, after they have forgotten it in `on_train_begin`."""
        self._states = CallbackStates(self._others)
        if self._restored is not None:
            self._states.restore(self._restored.meta["callbacks"])
        # Its arrays are in the model now.
        self._restored = None

    def on_epoch_begin(self, epoch, logs=None):
        """Say what went wrong in the epoch before."""
        self._warn()
        self._epoch = epoch
        self._epoch_start = None
        self._cut_short = self._due_at_epoch_end = False

    def on_train_batch_begin(self, batch, logs=None):
        """Take note of the steps done; the model is asked once an epoch, for the answer may come from a device."""
        if self._epoch_start is None:
            self._epoch_start = self._step() - batch
        self._steps_before = self._epoch_start + batch

    def on_train_batch_end(self, batch, logs=None):
        """Save every so many steps, and where training is stopped in the middle of an epoch."""
        done = steps_done(batch, self.params)
        # Several steps may run in one call (`steps_per_execution`) and pass over the very multiple.
        due = self.unit == "step" and (self._epoch_start + done) // self.every > self._steps_before // self.every
        if done == self.params["steps"]:
            # The epoch's end belongs to its last step: what is due is saved when every callback has taken note of it.
            self._due_at_epoch_end = due
            return
        self._reached = FitPosition(self._epoch, done)
        self._cut_short = self.model.stop_training
        if due or self._cut_short:
            self._save(self._reached)

    def on_epoch_end(self, epoch, logs=None):
        """Save every so many epochs, and at the end."""
        if self._cut_short:
            return
        self._reached = FitPosition(epoch + 1)
        due = (epoch + 1) % self.every == 0 if self.unit == "epoch" else self._due_at_epoch_end
        # The end is saved here already: when training ends, some callbacks change the weights.
        if due or self.model.stop_training or epoch + 1 == self.params["epochs"]:
            self._save(self._reached)

    def on_train_end(self, logs=None):
        """Try once more if the end could not be saved, and say what went wrong."""
        if self._reached is not None:
            self._save(self._reached)
        self._warn()

    def rewind(self):
        """Put the model back to the newest checkpoint, while training.

        It is for a callback that then asks `fit` to go on from there. The other callbacks go back as well, but for
        those with a `get_state`: what they know, such as how often there was a rewind, is theirs to keep.

        Returns:
            FitPosition of the checkpoint.

        Raises:
            ValueError: if there is none, or all are damaged.
        """
        saved = self._restore()
        if saved is None:
            raise ValueError(
                f"There is no checkpoint to go back to: none has been written. Received: run_dir={str(self.run_dir)!r}"
            )
        self._states.rewind(saved.meta["callbacks"])
        return self._saved_position

    def _restore(self):
        """Put the newest checkpoint that is whole into the model, and return it; None if there is none."""
        saved = self._folder.read_newest()
        self._require_agreement(-1 if saved is None else saved.meta["step"])
        if saved is None:
            return None
        differences = _checkpoint_state.differences(self.model, saved.meta, saved.values)
        if differences:
            raise ValueError(
                f"The checkpoints of this run are of another GAN: {'; '.join(differences)}. Build the GAN as it was, "
                f"or choose another `run_dir`. Received: run_dir={str(self.run_dir)!r}"
            )
        _checkpoint_state.assign(self.model, saved.values)
        self._saved_position, self._collected = FitPosition(*saved.meta["position"]), {}
        return saved

    def _require_agreement(self, step):
        """Raise a ValueError if the workers of one training would go on from different steps."""
        strategy = self.model.distribute_strategy
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return
        here = strategy.experimental_distribute_values_from_function(lambda _: tf.constant([step], tf.int64))
        steps = strategy.gather(here, axis=0).numpy().tolist()
        if len(set(steps)) > 1:
            raise ValueError(
                "The workers do not see the same checkpoints: give all of them the same `run_dir`, on a disk that they "
                f"share. Received: run_dir={str(self.run_dir)!r}, with the newest step {steps} (-1: none)"
            )

    def _go_on_from(self, saved):
        position = self._saved_position
        if self._had_stopped(saved.meta["callbacks"]):
            position = FitPosition(max(position.epoch, self.params["epochs"]))
        if self._is_chief:
            finished = position.epoch >= self.params["epochs"]
            beginning = "Training had ended at" if finished else "Going on from"
            print(f"{beginning} step {saved.meta['step']:,}: {saved.path}")  # noqa: T201 - for people, as Keras's own
        return position

    def _had_stopped(self, states):
        """Whether an EarlyStopping had ended the training, and would again."""
        return any(
            states[name].get("stopped_epoch", 0) > 0 and states[name].get("wait", 0) >= callback.patience
            for name, callback in named(self._others).items()
            if isinstance(callback, keras.callbacks.EarlyStopping) and name in states
        )

    def _step(self):
        return int(_checkpoint_state.value(self.model.training_state.step))

    def _save(self, position):
        if position == self._saved_position:
            return
        # By all workers, for the means of the epoch are added up over them when they are read. And once for each place:
        # where the chief could not write, it alone knows, and tries again with what it has.
        if position not in self._collected:
            self._collected = {position: _checkpoint_state.collect(self.model)}
        if self._is_chief and not self._write(position, self._collected[position]):
            return
        self._saved_position, self._collected = position, {}

    def _write(self, position, values):
        """Write a checkpoint, and return whether that went well."""
        self._not_finite = _checkpoint_state.not_finite(values)
        if self._not_finite:
            return False
        meta = {
            "step": self._step(),
            "position": position,
            "classes": _checkpoint_state.classes(self.model),
            "paths": _checkpoint_state.paths(self.model),
            "versions": {"keras_gan": __version__, "keras": keras.__version__, "tensorflow": tf.__version__},
            "callbacks": self._states.collect(),
        }
        with self._guard:
            self._folder.write(meta["step"], meta, values)
            return True
        return False

    def _warn(self):
        self._guard.warn()
        if not self._not_finite or self._warned:
            return
        self._warned = True
        last = "there is none before it" if self.latest is None else f"the last good one is {self.latest}"
        warnings.warn(
            f"No checkpoint is written of a GAN that holds NaN or infinity, here in {self._not_finite[0]} and "
            f"{len(self._not_finite) - 1} variables more: {last}.",
            stacklevel=2,
        )
