"""What the tests share: two logical devices for the replica tests, an order."""

import errno
import gc
import importlib.util
import pathlib
import sys

import keras
import pytest
import tensorflow as tf
from absl import flags

_CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(_CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

# The objects of the imports stay: without this, the collector checks them again and again, a tenth of the time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)

# Slow files first, so that two processes that share the tests end at about the same time.
_FIRST = (
    "gans/test_contract.py",
    "training/test__fitting.py",
    "health/test_training_health.py",
    "cli/test_train.py",
    "test_train_runs.py",
    "gans/test_workers.py",
    "test_readme.py",
    "test_demo.py",
)


def pytest_collection_modifyitems(items):
    """Run the long files first."""
    items.sort(key=lambda item: not str(item.path).endswith(_FIRST))


@pytest.fixture(scope="session")
def two_replicas():
    """One strategy for all tests of the session.

    Every strategy numbers its collective operations from the same start, and TensorFlow refuses a number that an
    earlier strategy of the process has used for another shape.
    """
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(scope="module")
def load_script():
    """The function that imports a script of the repository as a module, with the modules in its folder.

    Its flags are removed with it, so that other scripts can define the same ones.
    """
    before, names, search_path = set(flags.FLAGS), [], list(sys.path)

    def load(*parts):
        path = pathlib.Path(__file__).parents[1].joinpath(*parts)
        names.append(f"keras_gan_script_{path.stem}")
        # As Python does for a script that it runs.
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(names[-1], path)
        module = sys.modules[names[-1]] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.path[:] = search_path
    flags.FLAGS.remove_flag_values(set(flags.FLAGS) - before)
    for name in names:
        del sys.modules[name]


@pytest.fixture
def full_disk(monkeypatch):
    """Makes every write to a file fail after it is called."""

    def write_bytes(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    return lambda: monkeypatch.setattr(pathlib.Path, "write_bytes", write_bytes)


class _Killed(BaseException):
    """What ends training without any hook being called, as a kill does."""


class _Kill(keras.callbacks.Callback):
    """Ends training after a number of its steps, when everything else was done."""

    goes_last = True

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.after:
            raise _Killed


@pytest.fixture(scope="session")
def train_until_killed():
    """The function that calls another one, which trains, with a callback that kills it after a number of steps."""

    def run(train, *, after=1):
        with pytest.raises(_Killed):
            train(_Kill(after))

    return run
