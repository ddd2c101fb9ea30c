"""What the tests of several metrics share."""

import functools
import gc
import itertools
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def distribute():
    """The function that updates a metric on all replicas, each with its share of the rows.

    It is given the strategy, the method to call, and arrays. The first replica gets more rows than the others.
    """

    def run(strategy, update, *values):
        def share(value, context):
            rows = np.array_split(value, strategy.num_replicas_in_sync)
            return tf.constant(rows[context.replica_id_in_sync_group])

        shares = [
            strategy.experimental_distribute_values_from_function(functools.partial(share, value)) for value in values
        ]
        tf.function(lambda *arguments: strategy.run(update, args=arguments))(*shares)

    return run


@pytest.fixture
def check_fifty_evaluations():
    """The function that evaluates 50 times with a metric, and checks that one takes as much memory as all of them.

    It is given the metric and the batches of an evaluation, dicts of the arguments of `update_state`.
    """

    def check(metric, batches):
        update = tf.function(metric.update_state)

        def evaluate():
            for batch in batches:
                update(**{name: tf.constant(rows) for name, rows in batch.items()})
            value = metric.result()
            metric.reset_state()
            return value

        first = evaluate()
        left, values = _bytes_left(evaluate)
        assert values == {first}
        # Fifteen times the samples of one evaluation would be more.
        assert left < 15_000
        assert update.experimental_get_tracing_count() == 1

    return check


def _bytes_left(function):
    """How many bytes of Python and NumPy 15 calls of 50 leave allocated, and the set of all values.

    The least of three rounds, because TensorFlow fills caches of its own now and then: what a call leaves behind is
    there in every round.
    """
    values, held = set(), []
    tracemalloc.start()
    try:
        for calls in (5, 15, 15, 15):
            values |= {function() for _ in range(calls)}
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return min(after - before for before, after in itertools.pairwise(held)), values
