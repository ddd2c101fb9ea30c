"""Workers that begin together: one that fails leaves no other waiting."""

import concurrent.futures
import threading

import numpy as np
import pytest

from keras_gan.callbacks._workers import on_every_worker


class Workers:
    """A strategy for two threads. What they gather is complete when both have come."""

    def __init__(self):
        self.rows, self.barrier = [], threading.Barrier(2, timeout=10)

    def experimental_distribute_values_from_function(self, function):
        return function(None)

    def gather(self, here, axis):
        self.rows.append(here)
        self.barrier.wait()
        return np.concatenate(self.rows, axis)


def together(*acts):
    """What each of two workers returns or raises."""
    strategy = Workers()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(on_every_worker, strategy, act, int) for act in acts]
    return [future.exception() or future.result() for future in futures]


def failing(error):
    def act():
        raise error

    return act


def test_each_worker_learns_the_numbers_of_all():
    (first, numbers), (second, same) = together(lambda: 3.5, lambda: 10**12)
    assert (first, second) == (3.5, 10**12)
    assert sorted(numbers) == sorted(same) == [3, 10**12]


@pytest.mark.parametrize("error", [ValueError("The directory is täken."), OSError(5, "broken"), MemoryError()])
def test_an_error_of_one_worker_is_an_error_of_all(error):
    failed, other = together(failing(error), lambda: 3)
    assert failed is error
    assert type(other) is ValueError
    assert str(other) == (str(error) or "MemoryError")


def test_two_workers_that_fail_have_each_its_own_error():
    errors = ValueError("one"), ValueError("two")
    assert together(*map(failing, errors)) == list(errors)


def test_a_long_message_is_cut():
    _, other = together(failing(ValueError(3000 * "ä")), lambda: 3)
    assert str(other) == 1000 * "ä"
