"""The benchmark of the data pipeline: its clock and its table."""

import time

import pytest
import tensorflow as tf


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "data.py")


def test_the_seconds_of_a_batch_leave_the_start_out(benchmark):
    def slow(step):
        time.sleep(0.2 if step == 0 else 0.02)
        return step

    dataset = tf.data.Dataset.range(100).map(lambda step: tf.numpy_function(slow, [step], tf.int64))
    assert 0.02 <= benchmark.seconds_per_batch(dataset, 5) < 0.04 + 0.2 / 5


def test_the_table_compares_with_the_fastest_step(benchmark):
    lines = list(benchmark.rows({"digits": 0.001}, {"graph": 0.05, "XLA": 0.02}, batch_size=64))
    assert lines == ["| digits | 1000 | 64000 | 20.0 |", "| graph | 20 | 1280 |  |", "| XLA | 50 | 3200 |  |"]
