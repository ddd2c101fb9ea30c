"""What several workers of one training do together, so that none waits for one that has failed."""

import numpy as np
import tensorflow as tf

_BYTES_OF_A_MESSAGE = 2000


def on_every_worker(strategy, act, number_of):
    """Call a function on every worker. If it fails on one of them, it is an error on all.

    Otherwise the others would wait without end for the one that failed.

    Args:
        strategy: `tf.distribute.Strategy` of the workers, all of which call this.
        act: function without arguments.
        number_of: function of what `act` returns: an integer, for the others.

    Returns:
        What `act` returned here, and the list of the integers of all replicas.

    Raises:
        ValueError, OSError, MemoryError: what `act` raised here, or a ValueError of the same text as on another worker.
    """
    result = error = None
    try:
        result = act()
    except (ValueError, OSError, MemoryError) as failure:
        error = failure
    text = "" if error is None else str(error) or type(error).__name__
    numbers, texts = _of_all(strategy, -1 if error else number_of(result), text)
    if error is not None:
        raise error
    if any(texts):
        raise ValueError(next(filter(None, texts)))
    return result, numbers


def _of_all(strategy, number, text):
    """The numbers and the texts of all replicas. A collective operation needs one shape and knows no strings."""
    letters = text.encode()[:_BYTES_OF_A_MESSAGE].ljust(_BYTES_OF_A_MESSAGE, b"\0")
    row = np.array([[number, *letters]], np.int64)
    rows = strategy.gather(strategy.experimental_distribute_values_from_function(lambda _: tf.constant(row)), axis=0)
    rows = np.asarray(rows)
    texts = [bytes(letters.tolist()).rstrip(b"\0").decode(errors="ignore") for letters in rows[:, 1:]]
    return rows[:, 0].tolist(), texts
