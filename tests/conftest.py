"""What every test shares: quiet start-up, two logical devices for the replica tests, a fixed seed."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import pytest
import tensorflow as tf

_CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(_CPU, [tf.config.LogicalDeviceConfiguration()] * 2)


@pytest.fixture(scope="session")
def two_replicas():
    """One strategy for all tests of the session.

    Every strategy numbers its collective operations from the same start, and TensorFlow refuses a number that an
    earlier strategy of the process has used for another shape.
    """
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(autouse=True)
def _fresh_seed():
    """Each test draws the same numbers alone as in the whole suite."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
