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
from keras_gan.callbacks import image_grid

# The first one compiles.
_CALLS = 3
# Its name, twice, and its shape and type.
_BYTES_AROUND_AN_ARRAY = 500
# In seconds: when `ImageSnapshots` takes its first picture of a GAN that trains.
_FIRST_PICTURE = 10.0


class Needs(typing.NamedTuple):
    """What was measured.

    Attributes:
        first_step: seconds of the first step, which compiles.
        step: seconds of every other step.
        picture: seconds of a picture.
        picture_size: bytes of a picture.
    """

    first_step: float
    step: float
    picture: float
    picture_size: int


class _Clock(keras.callbacks.Callback):
    """Reads the clock before training and after each call of the training step."""

    def on_train_begin(self, logs=None):
        self.times = [time.perf_counter()]

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter())


def measure(gan, images, steps_per_execution=1):
    """Train a GAN for a few steps and draw a picture; return the `Needs`."""
    clock = _Clock()
    gan.fit(images, steps_per_epoch=_CALLS * steps_per_execution, callbacks=[clock], verbose=0)
    first, *others = np.diff(clock.times)
    _picture(gan)
    began = time.perf_counter()
    picture_size = _picture(gan)
    return Needs(first, min(others) / steps_per_execution, time.perf_counter() - began, picture_size)


def describe(needs, gan, *, steps, steps_per_epoch, keep_checkpoints, evaluate_every=0):
    """Return what a run of so many steps will need, as text."""
    epochs = steps // steps_per_epoch
    checkpoint = checkpoint_size(gan)
    # gan.keras, perhaps best.keras, and one more checkpoint while the oldest is still there.
    files = checkpoint * (min(epochs, keep_checkpoints) + 2 + bool(evaluate_every))
    # Each one is in the GIF, and in the events for TensorBoard.
    pictures = 3 * needs.picture_size * (epochs + 1)
    seconds = needs.first_step + needs.step * (steps - 1) + needs.picture * (epochs + 1)
    first_picture = min(
        needs.first_step + needs.step * (steps_per_epoch - 1), max(needs.first_step, _FIRST_PICTURE + needs.step)
    )
    compiling = f"{_words.duration(needs.first_step)} for the first one, which compiles"
    first = f"the first picture comes after {_words.duration(first_picture)}"
    return "\n".join(
        [
            f"Speed: {_words.pace(needs.step)}, and {compiling}.",
            f"Time: {steps:,} steps take about {_words.duration(seconds)}; {first}.",
            f"Memory: at most {' and '.join(_peaks())} so far.",
            f"Disk: {_words.file_size(checkpoint)} a checkpoint, about {_words.file_size(files + pictures)} in all.",
            "Nothing was written. The same command without --dry_run begins the run.",
        ]
    )


def checkpoint_size(gan):
    """Return the bytes of a checkpoint, without its few kilobytes of text."""
    variables = gan.training_variables().values()
    return sum(_BYTES_AROUND_AN_ARRAY + int(np.prod(variable.shape)) * _bytes(variable) for variable in variables)


def _bytes(variable):
    """The bytes of each number of a variable."""
    return tf.as_dtype(keras.backend.standardize_dtype(variable.dtype)).size


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
