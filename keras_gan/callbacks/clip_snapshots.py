"""Clips during training, as films."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._files import write_atomically
from keras_gan.callbacks._snapshots import Snapshots
from keras_gan.callbacks.image_grid import draw_grid
from keras_gan.callbacks.write_film import film_of, require_clips, require_frames_per_second


class ClipSnapshots(Snapshots):
    """Writes films of clips from the same latents again and again.

    Whether samples move as they should, no single picture shows. Each file, `epoch_0003.gif` or `step_0001500.gif`, is
    a grid of clips that all run at the same time, again and again. TensorBoard shows their frames instead, a clip in
    each row. All that `ImageSnapshots` says of times, numbers, moments and disks holds here, too; on the same models,
    that callback writes the frames as pictures, and a GIF of the whole training.

    The model decides what a snapshot holds: a model with a method `snapshot_clips(num_clips, *, seed)` returns the
    clips and the number of columns itself, from `inputs` where they are given here: a `VideoGAN` continues first
    frames. For any other model, they are what `generate(num_clips, seed=...)` returns. If such a model has an integer
    `num_classes`, row i has class i.

    Args:
        directory: where the files go. It is made if it does not exist.
        every: take a snapshot after this many units.
        unit: "epoch" or "step".
        num_clips: clips in a snapshot. With classes: the most clips, equally many of each.
        frames_per_second: number, at most 50.
        seed: seed of the latents.
        log_dir: directory for TensorBoard, which shows the frames as "samples"; or None.
        inputs: what the model makes its clips of, an array or a dict of arrays by name; None for a model that draws
            them.
        after_seconds: list or tuple of seconds of training, in whole numbers, after which a snapshot is taken in
            addition; empty for none.

    Raises:
        ValueError: if an argument is out of range or a directory cannot be written; when training begins, if the model
            has neither `snapshot_clips` nor `generate`, it needs `inputs` or does not take them, its samples are no
            clips, or a side of the grid has more than the 65,535 pixels of a GIF.

    Example:
        >>> import pathlib, tempfile
        >>> import keras, numpy as np
        >>> class Director(keras.Model):
        ...     def generate(self, num_clips, *, seed):
        ...         return np.zeros((num_clips, 5, 8, 8, 3), "float32")
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> snapshots = ClipSnapshots(directory, num_clips=4)
        >>> snapshots.set_model(Director())
        >>> snapshots.on_train_begin()
        >>> snapshots.on_epoch_begin(0)
        >>> snapshots.on_train_end()
        >>> [file.name for file in directory.iterdir()]
        ['epoch_0000.gif']
    """

    _noun, _suffix, _method = "films", ".gif", "snapshot_clips"
    _training_state = Snapshots._training_state

    def __init__(
        self,
        directory,
        *,
        every=1,
        unit="epoch",
        num_clips=16,
        frames_per_second=10,
        seed=0,
        log_dir=None,
        inputs=None,
        after_seconds=(30, 60, 120, 300),
    ):
        self.num_clips = require_int("num_clips", num_clips)
        self.frames_per_second = require_frames_per_second(frames_per_second)
        super().__init__(
            directory,
            every=every,
            unit=unit,
            count=self.num_clips,
            seed=seed,
            log_dir=log_dir,
            inputs=inputs,
            after_seconds=after_seconds,
        )

    def _taken(self):
        clips, columns = self._samples_and_columns()
        return require_clips(clips), columns

    def _refuse(self, taken):
        clips, columns = taken
        film_of(clips[:, :1], columns, self.frames_per_second)

    def _write(self, taken, stem):
        write_atomically(self.directory / f"{stem}.gif", film_of(*taken, self.frames_per_second))

    def _show(self, taken, step):
        clips, _ = taken
        strips = draw_grid(clips.reshape(-1, *clips.shape[2:]), columns=clips.shape[1])
        tf.summary.image("samples", strips[np.newaxis], step=step)
