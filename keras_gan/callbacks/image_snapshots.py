"""Pictures of samples during training."""

import io
import warnings

import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan import _gif
from keras_gan._arguments import require_bool, require_int
from keras_gan._files import replacement, write_atomically
from keras_gan.callbacks._snapshots import Snapshots
from keras_gan.callbacks.image_grid import draw_grid

_GIF = "snapshots.gif"


class ImageSnapshots(Snapshots):
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

    _training_state = Snapshots._training_state

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
        self.num_images = require_int("num_images", num_images)
        self.gif = require_bool("gif", gif)
        self.zoom = None if zoom is None else require_int("zoom", zoom, low=2)
        super().__init__(
            directory,
            every=every,
            unit=unit,
            count=self.num_images,
            seed=seed,
            log_dir=log_dir,
            inputs=inputs,
            after_seconds=after_seconds,
        )

    def _taken(self):
        images, columns = self._samples_and_columns()
        return draw_grid(images, columns=columns, zoom=self.zoom)

    def _refuse(self, taken):
        if self.gif and max(taken.shape[:2]) > _gif.LONGEST_SIDE:
            height, width = taken.shape[:2]
            raise ValueError(
                f"A side of a GIF has at most {_gif.LONGEST_SIDE:,} pixels. Draw fewer images, or give `gif=False`. "
                f"Received: a grid of {width:,} x {height:,} pixels, num_images={self.num_images}"
            )

    def _write(self, taken, stem):
        write_atomically(self.directory / f"{stem}.png", png_of(taken))

    def _show(self, taken, step):
        tf.summary.image("samples", taken[np.newaxis], step=step)

    def _finish(self):
        if not self.gif:
            return
        missing = []
        with self._guard:
            missing = self._write_gif()
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            warnings.warn(
                f"{self.directory / _GIF} is without {missing[0]}{more}: the pictures are damaged, or too large.",
                stacklevel=2,
            )

    def _write_gif(self):
        """Write the GIF; return the names of the pictures that cannot be its frames."""
        # Pictures with later numbers come from an earlier run and do not belong in this GIF.
        paths = [path for number, path in sorted(self._written().items()) if number <= self._number]
        sizes = {path: _gif.size_of(path) for path in paths}
        good = [path for path in paths if sizes[path] is not None]
        if good:
            with replacement(self.directory / _GIF) as temporary, temporary.open("wb") as file:
                _gif.write_gif(file, map(_gif.read, good), [sizes[path] for path in good])
        return [path.name for path in paths if sizes[path] is None]


def png_of(picture):
    """The bytes of a PNG of a picture, uint8 `(height, width, channels)`."""
    buffer = io.BytesIO()
    Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture).save(buffer, "PNG")
    return buffer.getvalue()
