"""The speed of training."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import time
import warnings

import keras

from keras_gan.callbacks._steps import steps_done


class Throughput(keras.callbacks.Callback):
    """Logs real images per second, so that Keras's progress bar and `History` show them.

    Steps per second cannot be compared between batch sizes, or between GANs with different numbers of
    discriminator steps. Real images per second can. After each step and each epoch, the logs contain

        images_per_second = real images since the epoch began / seconds since the epoch began

    and after each epoch also `seconds_per_kimg`, the seconds for a thousand images. The first step of training
    does not count, because it includes the compilation. So a first epoch with one step logs nothing.
    Validation at the end of an epoch does not count either.

    Put this callback before those that write the logs. It reads the clock when Keras has the losses of a step,
    which is when the device has finished the step. The callback itself does not wait for the device.

    Example:
        >>> class Model:
        ...     images_per_step = 64
        >>> throughput = Throughput()
        >>> throughput.set_model(Model())
        >>> throughput.set_params({"steps": 2})
        >>> throughput.on_train_begin()
        >>> throughput.on_epoch_begin(0)
        >>> compiling, running = {}, {}
        >>> throughput.on_train_batch_end(0, compiling)
        >>> throughput.on_train_batch_end(1, running)
        >>> sorted(compiling), sorted(running)
        ([], ['images_per_second'])
    """

    def on_train_begin(self, logs=None):
        """Read how many images a step takes."""
        self._compiled = False
        self._images_per_step = getattr(self.model, "images_per_step", None)
        if self._images_per_step is None:
            warnings.warn(
                "Throughput logs nothing, because the model does not say how many images a training step takes "
                "(`images_per_step` is None). Give the model an attribute `images_per_step`.",
                stacklevel=2,
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock, unless the first step still has to compile."""
        self._begin = (0, time.perf_counter()) if self._compiled else None
        self._latest = self._begin

    def on_train_batch_begin(self, batch, logs=None):
        """Do not count the steps of an earlier process when training resumes in the middle of an epoch."""
        if self._begin is not None and self._latest == self._begin:
            self._begin = self._latest = (batch, self._begin[1])

    def on_train_batch_end(self, batch, logs=None):
        """Add `images_per_second`."""
        self._latest = (steps_done(batch, self.params), time.perf_counter())
        if self._begin is None:
            self._begin = self._latest
            self._compiled = True
        self._log(logs)

    def on_epoch_end(self, epoch, logs=None):
        """Add the epoch's `images_per_second` and `seconds_per_kimg`."""
        self._log(logs)
        if logs is not None and "images_per_second" in logs:
            logs["seconds_per_kimg"] = 1000.0 / logs["images_per_second"]

    def get_state(self):
        """Return no state for checkpoints, because the clock and the compilation belong to this process."""
        return {}

    def _log(self, logs):
        if logs is None or self._images_per_step is None or self._latest == self._begin:
            return
        steps, seconds = (late - early for late, early in zip(self._latest, self._begin, strict=True))
        logs["images_per_second"] = steps * self._images_per_step / seconds
