"""What the tests of several metrics share."""

import gc
import itertools
import tracemalloc

import pytest


@pytest.fixture
def bytes_left():
    """The function that calls another one 50 times, and returns how many bytes of Python and NumPy stay allocated.

    It looks at three rounds and takes the least, because TensorFlow fills caches of its own now and then: what a call
    leaves behind is there in every round. It also returns the set of all values.
    """

    def measure(function):
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

    return measure
