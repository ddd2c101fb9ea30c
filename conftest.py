"""What the tests share with the examples in the docstrings, which stand outside of tests/: quiet start-up, a seed."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import pytest


@pytest.fixture(autouse=True)
def _fresh_seed():
    """Each test and each example draws the same numbers, alone or in the whole suite."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
