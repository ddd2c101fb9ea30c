"""What the tests of networks share."""

import keras
import pytest


@pytest.fixture
def float64():
    """Finite differences need the digits; the inputs of the networks follow `floatx`."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
