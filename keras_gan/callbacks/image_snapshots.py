"""Pictures of samples during training."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import io
import numbers
import os
import re
import time
import warnings

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan import _gif
from keras_gan._arguments import require_bool, require_choice, require_int, require_seed
from keras_gan._files import remove_leftovers, replacement, writable_directory, write_atomically
from keras_gan.callbacks._disk_guard import DiskGuard
from keras_gan.callbacks._steps import steps_done, training_step
from keras_gan.callbacks.image_grid import draw_grid

_NUMBER_DIGITS = {"epoch": 4, "step": 7}
_GIF = "snapshots.gif"


class ImageSnapshots(keras.callbacks.Callback):
    """Writes a grid of samples from the same latents again and again, and a GIF of all the grids at the end.

    The losses of a GAN do not show how good its samples are. Pictures from the same latents do, because only the
    weights differ. The first one is taken before training, so that the GIF starts with noise.

    The model decides what a picture shows. A model with a method `snapshot(num_images, *, seed)` returns the images
    and the number of columns itself; if `inputs` are given here, the method receives them too: a `CycleGAN` shows them
    next to their translations and these translated back, a `StarGAN` next to a translation to each domain, a `VAEGAN`
    next to their reconstructions. For any other model, the picture shows what `generate(num_images, seed=...)`
    returns. If such a model has an integer `num_classes`, row i shows class i, and
    `generate` receives `labels` too.

    The files are `epoch_0003.png` (after three epochs) or `step_0001500.png`, and `snapshots.gif`. A run that
    resumes, by a `Checkpoint` or with `initial_epoch`, continues the numbers, and its GIF holds the earlier
    pictures too. A new picture replaces an old one with the same number.

    Where an epoch takes long, the first minutes show whether the GAN learns at all. So there are also pictures such as
    `after_0030s.png`, when training has run for each of `after_seconds` and no other picture was taken since the one
    before. They are not in the GIF, whose frames are equally far apart, and not in TensorBoard. A run that resumes from
    a `Checkpoint` continues the clock, too. No picture changes what is trained.

    A reader never sees a part of a file. A write that fails during training gives one warning.

    Args:
        directory: where the files go. It is made if it does not exist.
        every: take a picture after this many units.
        unit: "epoch" or "step".
        num_images: images in the grid. With classes: the most images, in rows of equal length.
        seed: seed of the latents.
        gif: whether to write `snapshots.gif` when training ends.
        log_dir: directory for TensorBoard, which shows the grids as "samples"; or None.
        inputs: images to translate or reconstruct, an array or a dict of arrays by name; None for a model that draws
            its images.
        after_seconds: list or tuple of seconds of training, in whole numbers, after which a picture is taken in
            addition; empty for none.
        zoom: int of at least 2, to show below each row of images the middle of each, so many times as large: what a
            model that restores images does to single pixels. None shows the images alone.

    Raises:
        ValueError: if an argument is out of range or a directory cannot be written; when training begins,
            if the model has neither `snapshot` nor `generate`, it needs `inputs` or does not take them, its images
            are neither grey nor RGB, or a side of the grid has more than the 65,535 pixels of a GIF.

    Example:
        >>> import pathlib, tempfile
        >>> import keras, numpy as np
        >>> class Painter(keras.Model):
        ...     def generate(self, num_images, *, seed):
        ...         return np.zeros((num_images, 8, 8, 3), "float32")
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> snapshots = ImageSnapshots(directory, num_images=4)
        >>> snapshots.set_model(Painter())
        >>> snapshots.on_train_begin()
        >>> for epoch in range(2):
        ...     snapshots.on_epoch_begin(epoch)
        ...     snapshots.on_epoch_end(epoch)
        >>> snapshots.on_train_end()
        >>> sorted(file.name for file in directory.iterdir())
        ['epoch_0000.png', 'epoch_0001.png', 'epoch_0002.png', 'snapshots.gif']
    """

    _training_state = ("_number", "_number_at_epoch_begin", "_seconds")

    def __init__(
        self,
        directory,
        *,
        every=1,
        unit="epoch",
        num_images=64,
        seed=0,
        gif=True,
        log_dir=None,
        inputs=None,
        after_seconds=(10, 30, 60, 120, 300),
        zoom=None,
    ):
        super().__init__()
        require_choice("unit", unit, _NUMBER_DIGITS)
        self.every = require_int("every", every)
        self.unit = unit
        self.num_images = require_int("num_images", num_images)
        self.seed = require_seed(seed)
        self.gif, self.inputs = require_bool("gif", gif), _require_inputs(inputs)
        self.after_seconds = _require_moments(after_seconds)
        self.zoom = None if zoom is None else require_int("zoom", zoom, low=2)
        self.directory = writable_directory(directory, "directory")
        self.log_dir = None if log_dir is None else writable_directory(log_dir, "log_dir")

    def on_train_begin(self, logs=None):
        """Take the first picture, so that images that cannot be drawn are an error before training."""
        self._guard = DiskGuard(f"some of the pictures in {self.directory}")
        self._first_grid = self._sample()
        if self.gif and max(self._first_grid.shape[:2]) > _gif.LONGEST_SIDE:
            height, width = self._first_grid.shape[:2]
            raise ValueError(
                f"A side of a GIF has at most {_gif.LONGEST_SIDE:,} pixels. Draw fewer images, or give `gif=False`. "
                f"Received: a grid of {width:,} x {height:,} pixels, num_images={self.num_images}"
            )
        # A plain number, because a checkpoint stores it.
        self._number = None
        self._missing = []
        self._seconds, self._clock, self._is_fresh = 0.0, None, False
        for pattern in (f"{self.unit}_*.png", "after_*.png", _GIF):
            remove_leftovers(self.directory, pattern)
        self._writer = None if self.log_dir is None else tf.summary.create_file_writer(os.fspath(self.log_dir))

    def on_epoch_begin(self, epoch, logs=None):
        """Write the first picture of a new run, and warn about what went wrong in the previous epoch."""
        self._guard.warn()
        if self._number is None:
            self._number = self._first_number(epoch)
            if epoch == 0:
                self._write_next(self._first_grid)
                self._is_fresh = False
        self._done = 0
        # Training may have gone back to an earlier epoch.
        if self.unit == "epoch":
            self._number = epoch
        elif self.params["steps"] is not None:
            self._number_at_epoch_begin = epoch * self.params["steps"]
        else:
            self._number_at_epoch_begin = None

    def on_train_batch_begin(self, batch, logs=None):
        """Count the steps, because training may resume in the middle of an epoch."""
        self._done = batch
        if self._clock is None:
            self._clock = time.perf_counter()
        if self.unit == "epoch":
            return
        if self._number_at_epoch_begin is None:
            self._number_at_epoch_begin = self._number - batch
        self._number = self._number_at_epoch_begin + batch

    def on_train_batch_end(self, batch, logs=None):
        """Take a picture every `every` steps, and at the moments of `after_seconds`."""
        self._done = steps_done(batch, self.params)
        if self.unit == "step":
            self._advance_to(self._number_at_epoch_begin + self._done)
        elif self._done == self.params["steps"] and (self._number + 1) % self.every == 0:
            # The epoch ends with a picture.
            self._is_fresh = True
        self._advance_clock()

    def on_epoch_end(self, epoch, logs=None):
        """Take a picture every `every` epochs."""
        if self.unit == "epoch":
            self._advance_to(epoch + 1)

    def on_train_end(self, logs=None):
        """Write the GIF."""
        # Without a number, the run that was to resume had no epoch left.
        if self.gif and self._number is not None:
            with self._guard:
                self._write_gif()
            self._warn_of_missing_frames()
        if self._writer is not None:
            with self._guard:
                self._writer.close()
        self._guard.warn()

    def seconds_to_next(self, seconds_per_step):
        """Return how long it takes to the next picture, for a callback that shows it.

        Args:
            seconds_per_step: number, the seconds of a training step.

        Returns:
            float; None if training ends before, or the length of an epoch is unknown.
        """
        steps = self.params["steps"]
        if steps is None:
            return None
        if self.unit == "epoch":
            left = (self.every - self._number % self.every) * steps - self._done
            end = (self.params["epochs"] - self._number) * steps - self._done
        else:
            left = self.every - self._number % self.every
            end = self.params["epochs"] * steps - self._number
        # A moment is left out if a picture was taken since the one before it.
        moments = [moment for moment in self.after_seconds if moment > self._seconds][int(self._is_fresh) :]
        waits = [left * seconds_per_step, *(moment - self._seconds for moment in moments)]
        return min(waits) if min(waits) <= end * seconds_per_step else None

    def _first_number(self, epoch):
        if self.unit == "epoch" or epoch == 0:
            return epoch
        if self.params["steps"] is not None:
            return epoch * self.params["steps"]
        # The length of the data set is not known yet. The last picture is the best clue to the number of steps.
        return max(self._pictures(), default=0)

    def _advance_to(self, number):
        # Several steps may run in one call (`steps_per_execution`) and jump over the exact multiple.
        due = number // self.every > self._number // self.every
        self._number = number
        if due:
            self._write_next(self._sample())

    def _advance_clock(self):
        """Take a picture if a moment of `after_seconds` has come, and none was taken since the one before."""
        now, before = time.perf_counter(), self._seconds
        # Added up, because a checkpoint keeps the seconds of earlier processes, but not their clock.
        self._seconds += now - self._clock
        self._clock = now
        passed = [moment for moment in self.after_seconds if before < moment <= self._seconds]
        if passed and not self._is_fresh:
            self._write(self._sample(), f"after_{passed[-1]:04d}s.png")
        if passed:
            self._is_fresh = False

    def _sample(self):
        images, columns = self._images_and_columns()
        return draw_grid(images, columns=columns, zoom=self.zoom)

    def _images_and_columns(self):
        """Return the images of one picture, and its number of columns or None for a nearly square grid."""
        if hasattr(self.model, "snapshot"):
            given = {} if self.inputs is None else {"inputs": self.inputs}
            return self.model.snapshot(self.num_images, seed=self.seed, **given)
        if self.inputs is not None:
            raise ValueError(
                "This model draws its images from a seed and takes no others: leave `inputs` out, or give the model a "
                f"`snapshot(num_images, *, seed, inputs)`. Received: inputs for a {type(self.model).__name__}"
            )
        if not hasattr(self.model, "generate"):
            raise ValueError(
                "ImageSnapshots draws what `model.generate` or `model.snapshot` returns, and this model has neither. "
                "Use a keras_gan model, or give the model a `generate`. "
                f"Received: model={type(self.model).__name__}"
            )
        num_classes = getattr(self.model, "num_classes", None)
        if not isinstance(num_classes, numbers.Integral):
            return self.model.generate(self.num_images, seed=self.seed), None
        rows = min(num_classes, self.num_images)
        columns = self.num_images // rows
        labels = np.repeat(np.arange(rows, dtype=np.int32), columns)
        return self.model.generate(len(labels), labels=labels, seed=self.seed), columns

    def _write(self, grid, name):
        buffer = io.BytesIO()
        Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid).save(buffer, "PNG")
        with self._guard:
            write_atomically(self.directory / name, buffer.getvalue())

    def _write_next(self, grid):
        """Write a picture that becomes a frame of the GIF."""
        self._write(grid, f"{self.unit}_{self._number:0{_NUMBER_DIGITS[self.unit]}d}.png")
        self._is_fresh = True
        if self._writer is not None:
            with self._guard, self._writer.as_default():
                # On the axis of the losses.
                step = training_step(self.model, self._number)
                tf.summary.image("samples", grid[np.newaxis], step=step)
                self._writer.flush()

    def _write_gif(self):
        # Pictures with later numbers come from an earlier run and do not belong in this GIF.
        paths = [path for number, path in sorted(self._pictures().items()) if number <= self._number]
        sizes = {path: _gif.size_of(path) for path in paths}
        self._missing = [path.name for path in paths if sizes[path] is None]
        good = [path for path in paths if sizes[path] is not None]
        if good:
            with replacement(self.directory / _GIF) as temporary, temporary.open("wb") as file:
                _gif.write_gif(file, map(_gif.read, good), [sizes[path] for path in good])

    def _warn_of_missing_frames(self):
        if self._missing:
            more = f" and {len(self._missing) - 1} more" if len(self._missing) > 1 else ""
            warnings.warn(
                f"{self.directory / _GIF} is without {self._missing[0]}{more}: the pictures are damaged, or too large.",
                stacklevel=2,
            )

    def _pictures(self):
        """Return a dict that maps the number of each picture in the directory to its file."""
        matches = (re.fullmatch(rf"{self.unit}_(\d+)\.png", path.name) for path in self.directory.iterdir())
        return {int(match[1]): self.directory / match[0] for match in matches if match}


def _require_inputs(inputs):
    for images in inputs.values() if isinstance(inputs, dict) else [] if inputs is None else [inputs]:
        if len(getattr(images, "shape", ())) == 0:
            raise ValueError(
                "`inputs` must be an array of images, or a dict of such arrays by the names of the model's inputs. "
                f"Received: inputs={inputs!r:.80}"
            )
    return inputs


def _require_moments(seconds):
    if not isinstance(seconds, list | tuple):
        raise ValueError(
            "`after_seconds` must be a list or tuple of whole numbers, which is empty for no such pictures. "
            f"Received: after_seconds={seconds!r}"
        )
    return tuple(sorted(require_int("after_seconds", moment) for moment in seconds))
