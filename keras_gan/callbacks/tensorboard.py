"""Keras's events for TensorBoard, without the risk to training."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._files import writable_directory
from keras_gan.callbacks._checkpoint_state import STATE_OF_KERAS
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._steps import steps_done


class TensorBoard(keras.callbacks.TensorBoard):
    """`keras.callbacks.TensorBoard` for players: one axis of training steps, all learning rates, no name twice.

    The events have the names of Keras's, such as `epoch_d_loss` and `batch_d_loss`, but

    * the step of every event is the number of training steps that the model has taken, also in a run that resumes and
      with `steps_per_execution`. Keras counts epochs for some and executions for others;
    * `epoch_generator_learning_rate` and the like hold the rate of each player, a constant one too;
    * the histograms and images of weights begin with the network, as in `averaged_generator/hidden_0/kernel`, because
      layers of two networks may have the same name;
    * the numbers of an epoch are also written with `update_freq=n`. The numbers of a step then have every n-th step.

    Keras's own callback ends training on a full disk, which the other callbacks here survive. This one gives one
    warning, and after a failure it tries again with the next events. For a model that is not from keras_gan, its step
    is the number of steps of this training, and the weights and learning rates are as with Keras.

    Args:
        log_dir: directory of the events. It is made if it does not exist.
        **options: as in `keras.callbacks.TensorBoard`.

    Raises:
        ValueError: if the directory cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> import keras_gan, numpy as np
        >>> gan = keras_gan.NonSaturatingGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8))
        >>> gan.compile(run_eagerly=True)
        >>> log_dir = pathlib.Path(tempfile.mkdtemp())
        >>> tensorboard = TensorBoard(log_dir, write_graph=False)
        >>> history = gan.fit(np.zeros((32, 8, 8, 1), "float32"), callbacks=[tensorboard], verbose=0)
        >>> len(list(log_dir.glob("train/events*")))
        1
    """

    _training_state = STATE_OF_KERAS[keras.callbacks.TensorBoard]

    def __init__(self, log_dir="logs", **options):
        super().__init__(writable_directory(log_dir, "log_dir"), **options)

    def set_model(self, model):
        """Write the graph of the model, if asked for."""
        # The first hook of a training.
        self._guard = DiskGuard(f"some of the events in {self.log_dir}")
        with self._guard:
            super().set_model(model)

    def on_train_begin(self, logs=None):
        """Open the events."""
        self._step, self._epoch_start = 0, None
        with self._guard:
            super().on_train_begin(logs)

    def on_epoch_begin(self, epoch, logs=None):
        """Warn about what went wrong in the previous epoch."""
        self._guard.warn()
        self._epoch_start = None
        with self._guard:
            super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        """Begin a profile, if asked for."""
        if self._epoch_start is None:
            # The model is asked once an epoch, because the answer may have to come from a device.
            self._epoch_start = self._steps_taken() - batch
        self._step = self._epoch_start + batch
        with self._guard:
            super().on_train_batch_begin(batch, logs)
            if self.update_freq != "epoch":
                # For the events that a training step of the user's writes.
                tf.summary.experimental.set_step(self._step + 1)

    def on_train_batch_end(self, batch, logs=None):
        """Write the events of the batch, if asked for."""
        before, self._step = self._step, self._epoch_start + steps_done(batch, self.params)
        with self._guard:
            super().on_train_batch_end(batch, None)
            # Several steps may run in one execution and jump over the exact multiple.
            if self.update_freq != "epoch" and self._step // self.update_freq > before // self.update_freq:
                with tf.summary.record_if(True):
                    for name, value in (logs or {}).items():
                        tf.summary.scalar(f"batch_{name}", value, step=self._step)

    def on_epoch_end(self, epoch, logs=None):
        """Write the events of the epoch."""
        self._step = self._steps_taken()
        # With `update_freq=n`, Keras would leave them out if the epoch does not end at a multiple.
        with self._guard, tf.summary.record_if(True):
            self._log_epoch_metrics(self._step, logs)
            if self.histogram_freq and epoch % self.histogram_freq == 0:
                self._log_weights(self._step)
            if self.embeddings_freq and epoch % self.embeddings_freq == 0:
                self._log_embeddings(epoch)

    def on_test_begin(self, logs=None):
        """Turn to the events of the validation."""
        with self._guard:
            super().on_test_begin(logs)

    def on_test_batch_begin(self, batch, logs=None):
        """Count the batches of the validation."""
        with self._guard:
            super().on_test_batch_begin(batch, logs)

    def on_test_end(self, logs=None):
        """Write the events of the validation."""
        with self._guard:
            super().on_test_end(logs)

    def on_train_end(self, logs=None):
        """Close the events, and warn about what went wrong in the last epoch."""
        with self._guard:
            super().on_train_end(logs)
        self._guard.warn()

    def _pop_writer(self):
        # Keras calls this for every writer, also for one that it could not open. It writes what is left, and then the
        # caller opens the next one.
        if self._prev_summary_state:
            with self._guard:
                super()._pop_writer()

    def _steps_taken(self):
        state = getattr(self.model, "training_state", None)
        return self._step if state is None else int(np.asarray(state.step))

    def _collect_learning_rate(self, logs):
        players = getattr(self.model, "players", None)
        if players is None:
            return super()._collect_learning_rate(logs)
        # The logs have the scheduled ones. Joined, because `_learning_rate` alone is a private name of Keras.
        rates = {"_".join((name, "learning_rate")): player.optimizer.learning_rate for name, player in players.items()}
        return {**{name: float(keras.ops.convert_to_numpy(rate)) for name, rate in rates.items()}, **logs}

    def _log_weights(self, epoch):
        if not hasattr(self.model, "players"):
            super()._log_weights(epoch)
            return
        with self._train_writer.as_default():
            for name, network in _networks(self.model).items():
                for weight in network.weights:
                    tag = f"{name}/{weight.path.removeprefix(f'{network.name}/')}"
                    tf.summary.histogram(f"{tag}/histogram", weight, step=epoch)
                    if self.write_images:
                        self._log_weight_as_image(weight, f"{tag}/image", epoch)


def _networks(model):
    """The networks of all players and their averaged copies, by the names of the model's attributes."""
    players = model.players.values()
    averages = {f"averaged_{name}": network for player in players for name, network in player.averages.items()}
    return {name: network for player in players for name, network in player.networks.items()} | averages
