"""Counting the steps of an epoch, and of the whole training."""

import keras


def training_step(model, otherwise):
    """Return how many training steps a model has taken, or `otherwise` for a model that does not count them."""
    state = getattr(model, "training_state", None)
    return otherwise if state is None else int(keras.ops.convert_to_numpy(state.step))


def steps_done(batch, params):
    """Return how many steps of the epoch are done when Keras reports the end of a batch.

    With `steps_per_execution` Keras counts the last execution of an epoch as a full one, even if the epoch ends
    in the middle of it.

    Args:
        batch: what Keras passes to `on_train_batch_end`: the number of the last step, from 0.
        params: the callback's `params`. "steps" in it is the length of the epoch, or None if it is unknown.

    Returns:
        Number of steps.

    Example:
        >>> steps_done(5, {"steps": 5}), steps_done(5, {"steps": 100}), steps_done(5, {"steps": None})
        (5, 6, 6)
    """
    return min(batch + 1, params["steps"] or batch + 1)
