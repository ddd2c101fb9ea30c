import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics._hashing import priorities_of
from keras_gan.metrics._reservoir import Reservoir

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(150, 3)).astype(np.float32)


class Variable:
    """What a metric's variables can do of which a reservoir makes use."""

    def __init__(self, name, shape, dtype):
        self.value = tf.zeros(shape, dtype)

    def assign(self, value):
        self.value = value


def _kept(reservoir):
    priorities, rows = (variable.value.numpy() for variable in reservoir.variables)
    return {row.tobytes() for row in rows[priorities > 0]}


def _filled(rows, batch_size, *, size=50, seed=0):
    reservoir = Reservoir(Variable, "rows", size, 3)
    for start in range(0, len(rows), batch_size):
        batch = tf.constant(rows[start : start + batch_size])
        reservoir.update(batch, priorities_of(batch, seed))
    return reservoir


def test_everything_is_kept_while_there_is_room():
    assert _kept(_filled(ROWS[:50], 7)) == {row.tobytes() for row in ROWS[:50]}
    assert len(_kept(_filled(ROWS[:20], 7))) == 20


@pytest.mark.parametrize("batch_size", [1, 7, 49, 50, 51, 150])
def test_the_rows_of_highest_priority_are_kept(batch_size):
    highest = np.argsort(priorities_of(ROWS, 0))[-50:]
    assert _kept(_filled(ROWS, batch_size)) == {row.tobytes() for row in ROWS[highest]}


def test_the_order_changes_nothing():
    assert _kept(_filled(RNG.permutation(ROWS), 33)) == _kept(_filled(ROWS, 33))


def test_merged_parts_are_the_whole():
    merged, other = _filled(ROWS[:30], 33), _filled(ROWS[30:], 33)
    merged.merge(other)
    assert _kept(merged) == _kept(_filled(ROWS, 33))


def test_an_empty_batch():
    assert len(_kept(_filled(ROWS[:0], 1))) == 0
    reservoir = _filled(ROWS[:10], 10)
    reservoir.update(tf.constant(ROWS[:0]), priorities_of(ROWS[:0], 0))
    assert len(_kept(reservoir)) == 10
