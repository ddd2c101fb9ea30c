"""What a training will need, from a few of its steps; nothing is written."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import io
import sys
import time
import typing

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan import _words
from keras_gan.callbacks import TrainingHealth, image_grid
from keras_gan.callbacks.health.training_health import probes_due

# The first one compiles.
_CALLS = 3
# Its name, twice, and its shape and type.
_BYTES_AROUND_AN_ARRAY = 500
# In seconds: when `ImageSnapshots` takes its first picture of a GAN that trains.
_FIRST_PICTURE = 10.0
# Steps between two probes of `TrainingHealth`, its default.
_PROBE_EVERY = 100


class Needs(typing.NamedTuple):
    """What was measured.

    Attributes:
        first_step: seconds of the first step, which compiles.
        step: seconds of every other step.
        picture: seconds of a picture.
        picture_size: bytes of a picture.
        checkpoint: seconds of a checkpoint, without those of the disk.
        first_probe: seconds of the first probe of the health monitor, which compiles; every other takes a step's.
    """

    first_step: float
    step: float
    picture: float
    picture_size: int
    checkpoint: float
    first_probe: float


class _Clock(keras.callbacks.Callback):
    """Reads the clock before training and after each call of the training step."""

    def on_train_begin(self, logs=None):
        self.times = [time.perf_counter()]

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter())


def measure(gan, images, steps_per_execution=1, *, health=True):
    """Train a GAN for a few steps, draw a picture, collect a checkpoint, and probe its health; return the `Needs`."""
    clock = _Clock()
    gan.fit(images, steps_per_epoch=_CALLS * steps_per_execution, callbacks=[clock], verbose=0)
    first, *others = np.diff(clock.times)
    _picture(gan)
    picture, picture_size = _timed(lambda: _picture(gan))
    checkpoint, _ = _timed(lambda: _write_checkpoint(gan, io.BytesIO()))
    first_probe = _first_probe(gan, images, steps_per_execution) if health else 0.0
    return Needs(first, min(others) / steps_per_execution, picture, picture_size, checkpoint, first_probe)


def describe(needs, gan, *, steps, steps_per_epoch, keep_checkpoints, checkpoint_every=None, evaluate_every=None):
    """Return what a run of so many steps will need, as text."""
    epochs = steps // steps_per_epoch
    checkpoints = -(-steps // (checkpoint_every or steps_per_epoch))
    checkpoint = checkpoint_size(gan)
    # gan.keras, perhaps best.keras, and one more checkpoint while the oldest is still there.
    files = checkpoint * (min(checkpoints, keep_checkpoints) + 2 + bool(evaluate_every))
    # Each one is in the GIF, and in the events for TensorBoard.
    pictures = 3 * needs.picture_size * (epochs + 1)
    probes = probes_due(steps, _PROBE_EVERY) * needs.step if needs.first_probe else 0.0
    seconds = needs.first_step + needs.step * (steps - 1) + needs.picture * (epochs + 1)
    seconds += needs.first_probe + probes + needs.checkpoint * checkpoints
    first_picture = needs.first_probe + min(
        needs.first_step + needs.step * (steps_per_epoch - 1), max(needs.first_step, _FIRST_PICTURE + needs.step)
    )
    compiling = f"{_words.duration(needs.first_step)} for the first one, which compiles"
    first = f"the first picture comes after {_words.duration(first_picture)}"
    return "\n".join(
        [
            f"Speed: {_words.pace(needs.step)}, and {compiling}.",
            f"Time: {steps:,} steps take about {_words.duration(seconds)}; {first}.",
            f"Not counted: {_not_counted(epochs, evaluate_every)}.",
            f"Memory: at most {' and '.join(_peaks())} so far.",
            f"Disk: {_words.file_size(checkpoint)} a checkpoint, about {_words.file_size(files + pictures)} in all.",
            "Nothing was written. The same command without --dry_run begins the run.",
        ]
    )


def _not_counted(epochs, evaluate_every):
    """Say what takes time, too: how long measurements of samples take depends on the extractor and its cache."""
    if evaluate_every == 0:
        return "writing to the disk"
    count = 1 if evaluate_every is None else -(-epochs // evaluate_every)
    return f"writing to the disk, and {'the measurement at the end' if count == 1 else f'{count} measurements'}"


def checkpoint_size(gan):
    """Return the bytes of a checkpoint, without its few kilobytes of text."""
    variables = gan.training_variables().values()
    return sum(_BYTES_AROUND_AN_ARRAY + int(np.prod(variable.shape)) * _bytes(variable) for variable in variables)


def _bytes(variable):
    """The bytes of each number of a variable."""
    return tf.as_dtype(keras.backend.standardize_dtype(variable.dtype)).size


def _timed(call):
    """Return the seconds of a call, and what it returned."""
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def _write_checkpoint(gan, file):
    """Write what a checkpoint holds."""
    np.savez(file, **{name: np.asarray(variable) for name, variable in gan.training_variables().items()})


def _first_probe(gan, images, steps_per_execution):
    """Return the seconds of the first probe, on which training waits."""
    begun, ended = _Clock(), _Clock()
    callbacks = [begun, TrainingHealth(images), ended]
    gan.fit(images, steps_per_epoch=steps_per_execution, callbacks=callbacks, verbose=0)
    return ended.times[0] - begun.times[0]


def _picture(gan):
    """Draw the picture of a snapshot, and return how many bytes its file has."""
    grid = image_grid(gan.generate(64, seed=0))
    file = io.BytesIO()
    Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid).save(file, "PNG")
    return file.tell()


def _peaks():
    """The largest use of the computer's memory, and of a GPU's memory if there is one."""
    peaks = []
    try:
        import resource
    except ImportError:  # on Windows
        pass
    else:
        # Kilobytes, but bytes on macOS.
        unit = 1 if sys.platform == "darwin" else 1024
        peaks.append(_words.file_size(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    for gpu in tf.config.list_logical_devices("GPU"):
        peak = tf.config.experimental.get_memory_info(gpu.name)["peak"]
        peaks.append(f"{_words.file_size(peak)} on {gpu.name.removeprefix('/device:')}")
    return peaks or ["an unknown amount"]
