"""Keras's events for TensorBoard, without the risk to training."""

import keras

from keras_gan._files import writable_directory
from keras_gan.callbacks._checkpoint_state import STATE_OF_KERAS
from keras_gan.callbacks._disk_guard import DiskGuard


class TensorBoard(keras.callbacks.TensorBoard):
    """`keras.callbacks.TensorBoard`, which gives one warning when its events cannot be written.

    Keras's own callback ends training on a full disk, which the other callbacks here survive. This one writes the same
    events, and after a failure it tries again with the next ones.

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
        with self._guard:
            super().on_train_begin(logs)

    def on_epoch_begin(self, epoch, logs=None):
        """Warn about what went wrong in the previous epoch."""
        self._guard.warn()
        with self._guard:
            super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        """Begin a profile, if asked for."""
        with self._guard:
            super().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Write the events of the batch, if asked for."""
        with self._guard:
            super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Write the events of the epoch."""
        with self._guard:
            super().on_epoch_end(epoch, logs)

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
