"""One `fit` in several pieces."""

import keras

from keras_gan._fit_control import FitPosition, RestartFit


class Pieces(keras.callbacks.CallbackList):
    """The callbacks of a `fit` that runs in several pieces. The callbacks see one piece.

    Each call of Keras's `fit` begins at the first step of an epoch and reads its data from the beginning. If training
    resumes in the middle of an epoch, or a callback restores an earlier state, several such calls are needed. Here the
    batches are numbered within the whole epoch, and training begins and ends once.

    Args:
        callbacks: list of Keras callbacks, or None; those with a true attribute `goes_last` are moved to the end.
        model: the model that is trained.
        **params: `verbose`, `epochs` and `steps` (of an epoch, or None if unknown), for the callbacks.
    """

    def __init__(self, callbacks, model, **params):
        super().__init__(callbacks, add_history=True, add_progbar=params["verbose"] != 0, model=model, **params)
        # Also after Keras's own callbacks.
        self.callbacks.sort(key=lambda callback: getattr(callback, "goes_last", False))
        self._offset = 0
        self._begun = False
        self._final_logs = None

    def resumed_position(self):
        """Let the callbacks restore the model; return its FitPosition after that, or None."""
        positions = [c.on_fit_begin(self.callbacks) for c in self.callbacks if hasattr(c, "on_fit_begin")]
        return next((position for position in positions if position is not None), None)

    def run(self, position, fit_piece):
        """Train from a FitPosition to the last epoch.

        Args:
            position: FitPosition to begin at.
            fit_piece: function of `(position, last_epoch)` that calls Keras's `fit` from a position to the end of
                epoch `last_epoch`.
        """
        epochs, steps = self.params["epochs"], self.params["steps"]
        while not self._begun or (position.epoch < epochs and not self.model.stop_training):
            if steps is not None and position.steps >= steps:
                position = FitPosition(position.epoch + 1)
            self._offset = position.steps
            try:
                # The epoch in progress is a separate, shorter piece.
                self.model._epoch_goes_on = position.steps > 0
                last = position.epoch + 1 if position.steps else epochs
                fit_piece(position, last)
                position = FitPosition(last)
            except RestartFit as restart:
                position = restart.position
                self.model.stop_training = False
        super().on_train_end(self._final_logs)

    def on_train_begin(self, logs=None):
        """Pass on the beginning of the first piece only."""
        if self._begun:
            return
        self._begun = True
        super().on_train_begin(logs)
        for callback in self.callbacks:
            if hasattr(callback, "after_train_begin"):
                callback.after_train_begin()

    def on_train_end(self, logs=None):
        """Keep the logs: the piece may not be the last."""
        self._final_logs = logs

    def on_train_batch_begin(self, batch, logs=None):
        """Number the batch within the whole epoch."""
        super().on_train_batch_begin(batch + self._offset, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Number the batch within the whole epoch."""
        super().on_train_batch_end(batch + self._offset, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Pass on; the epochs after a resumed one begin at their first step."""
        super().on_epoch_end(epoch, logs)
        self._offset = 0
