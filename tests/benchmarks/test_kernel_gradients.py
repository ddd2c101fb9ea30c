"""The benchmark of the gradients of kernels: both ways compute the same."""

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "kernel_gradients.py")


def test_both_contenders_compute_the_same_and_take_turns(benchmark):
    x, g = tf.random.normal((2, 8, 8, 3)), tf.random.normal((2, 4, 4, 5))
    operation, product = benchmark.contenders((4, 4, 3, 5))
    np.testing.assert_allclose(operation(x, g), product(x, g), rtol=1e-4, atol=1e-4)
    with flagsaver.flagsaver():
        flags.FLAGS(["kernel_gradients.py", "--calls=2"])
        assert all(time > 0 for time in benchmark.milliseconds((operation, product), x, g))
