"""Counting the steps of an epoch."""


def steps_done(batch, params):
    """Say how many steps of the epoch are done when Keras reports the end of a batch.

    With `steps_per_execution` Keras counts the last execution of an epoch as a full one, though the epoch may end
    within it.

    Args:
        batch: what Keras hands to `on_train_batch_end`: the last step's number, from 0.
        params: the callback's `params`, where "steps" is the epoch's length, or None where nobody knows it.

    Returns:
        Number of steps.

    Example:
        >>> steps_done(5, {"steps": 5}), steps_done(5, {"steps": 100}), steps_done(5, {"steps": None})
        (5, 6, 6)
    """
    return min(batch + 1, params["steps"] or batch + 1)
