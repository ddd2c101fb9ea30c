"""What `fit` refuses among the callbacks of Keras: those that would fail during training, or do nothing."""

import string

import keras

# Those that need the single optimizer or the single loss of other models, and what to use instead.
_UNSERVED = {
    "LearningRateScheduler": "give the optimizers a schedule of `keras_gan.schedules` or `keras.optimizers.schedules`",
    "ReduceLROnPlateau": "give the optimizers a schedule, or call `model.scale_learning_rates` in a callback",
    "BackupAndRestore": "use `keras_gan.callbacks.Checkpoint`",
    "SwapEMAWeights": "give the model `ema_half_life=`",
    "TerminateOnNaN": "use `keras_gan.callbacks.TrainingHealth`, which stops at the first NaN",
}


def refuse(callbacks, losses=(), *, validates=False):
    """Raise a ValueError for what is no callback, and for a callback of Keras that cannot do its work.

    Args:
        callbacks: what a method of the model was given.
        losses: names of the losses that the logs will hold; none outside `fit`.
        validates: whether the logs will hold them for validation data too.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    callbacks = [] if callbacks is None else callbacks
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"`callbacks` must be a list of keras.callbacks.Callback. Received: an entry {callback!r}")
        name = type(callback).__name__
        unserved = next((kind for kind in _UNSERVED if isinstance(callback, getattr(keras.callbacks, kind))), None)
        if unserved is not None:
            raise ValueError(
                f"`keras.callbacks.{unserved}` needs the single optimizer or loss of other models, but a GAN has one "
                f"for each player. Instead, {_UNSERVED[unserved]}. Received: callbacks with a {name}"
            )
        if isinstance(callback, keras.callbacks.TensorBoard) and callback.write_steps_per_second:
            raise ValueError(
                "`keras.callbacks.TensorBoard(write_steps_per_second=True)` counts the steps of a single optimizer, "
                "which this model does not have: leave it False, and use `keras_gan.callbacks.Throughput`. "
                "Received: write_steps_per_second=True"
            )
        if losses:
            _require_direction(callback, losses)
            _require_a_value(callback, losses, validates)


def _require_a_value(callback, losses, validates):
    """Raise a ValueError for a callback that needs a loss which the logs will not hold."""
    for argument, name in _needed(callback):
        validated = name.removeprefix("val_")
        shown = f"Received: {type(callback).__name__} with {argument}={getattr(callback, argument)!r}"
        if validated == "loss" and "loss" not in losses:
            raise ValueError(
                f"A GAN has no single loss, so its logs have no `{name}`. They have {', '.join(losses)}, with the "
                "prefix `val_` for `validation_data`, and what callbacks before this one add, such as "
                f"`keras_gan.callbacks.Evaluate`. {shown}"
            )
        if name != validated and validated in losses and not validates:
            raise ValueError(f"Without `validation_data` the logs have no `{name}`: give them to `fit`. {shown}")


def _needed(callback):
    """The names of logs that a callback needs, each with the argument that names it."""
    watches = isinstance(callback, keras.callbacks.EarlyStopping) or getattr(callback, "save_best_only", False)
    if watches and isinstance(getattr(callback, "monitor", None), str):
        yield "monitor", callback.monitor
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        for _, name, _, _ in string.Formatter().parse(callback.filepath):
            if name is not None:
                yield "filepath", name


def _require_direction(callback, losses):
    """Raise a ValueError for a callback that watches a loss and was not told whether lower is better."""
    watched = str(getattr(callback, "monitor", None)).removeprefix("val_")
    if watched in losses and getattr(callback, "mode", None) == "auto" and getattr(callback, "save_best_only", True):
        name = type(callback).__name__
        raise ValueError(
            f'`keras.callbacks.{name}` must be told which values are better, as in `{name}(..., mode="min")`. To keep '
            "the best GAN, `keras_gan.callbacks.Evaluate(..., best=...)` measures images, of which losses say little. "
            f"Received: monitor={callback.monitor!r}, mode='auto'"
        )
