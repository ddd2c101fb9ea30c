"""From good images to batches of pairs with their degraded selves."""

import os
from collections.abc import Callable

import tensorflow as tf

from keras_gan._identity import identity
from keras_gan.data._as_source import as_source
from keras_gan.data._reading import (
    as_cache_dir,
    as_dataset,
    fits_of,
    read_whole,
    require_batch,
    require_place,
    require_preprocessing,
)
from keras_gan.data._stream import Stream, endless, one_pass
from keras_gan.data.degradation import Degradation
from keras_gan.data.preprocessing import Preprocessing

# Not the seeds of the order, the parts and the flips.
_OTHER = 0x3333_3333


def load_degraded(
    source,
    degradation: Degradation,
    *,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches of pairs, a dict: "target", good images in [-1, 1], and "source", their degraded selves.

    For models that restore images, such as `SRGAN`. Each source is made from its target in the batch, after the random
    part and the flip, so both show the same. The degradation draws its numbers from the seed, the step and the place in
    the batch: so each image is degraded in another way each time, and `start_step` and `from_step` resume bit for bit.

    All that `load` promises holds here. To train on parts of large images at their own resolution, cut them by `Parts`;
    with a `load_size` of their size, each batch has a random part of each:

        photographs = data.Parts("photographs/", 128, num_parts=5000)
        parts = data.Preprocessing(load_size=128, flip=True)
        data.load_degraded(photographs, data.Bicubic(4), image_size=96, batch_size=16, preprocessing=parts)

    Args:
        source: where the good images come from, as for `load`.
        degradation: `Degradation`, such as `Bicubic(4)`.
        split: as for `load`.
        image_size: as for `load`, of the targets: multiples of the degradation's scale.
        batch_size: pairs in a batch; at most the number of images.
        seed: seed of the order, the random parts, the flips and the degradation.
        start_step: the step of the first batch.
        preprocessing: `Preprocessing` of the targets.
        cache_dir: local folder for the prepared targets; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of dicts: "source" and "target", both float32 `(batch_size, height, width, channels)` in
        [-1, 1], of static shape. It has the attributes of the data set that `load` returns; `image_shape` is a dict by
        "source" and "target". In `one_pass`, each image is always degraded in the same way.

    Raises:
        FileNotFoundError: if a folder or a file does not exist.
        OSError: as for `load`.
        ValueError: as for `load`; or if the sides of the targets are not multiples of the scale, or the degradation
            returns images of another size.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> photographs = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), "uint8")
        >>> train = data.load_degraded(photographs, data.Bicubic(4), split="train", batch_size=4)
        >>> train.num_images, train.image_shape
        (36, {'source': (4, 4, 3), 'target': (16, 16, 3)})
        >>> batch = next(iter(train))
        >>> batch["source"].shape, batch["target"].shape
        (TensorShape([4, 4, 4, 3]), TensorShape([4, 16, 16, 3]))
    """
    require_place(batch_size, seed, start_step, split)
    if not isinstance(degradation, Degradation):
        raise ValueError(
            "`degradation` must be a `keras_gan.data.Degradation`, such as `Bicubic(4)`. "
            f"Received: degradation={degradation!r:.120}"
        )
    preprocessing = require_preprocessing(preprocessing)
    fit, size = fits_of(image_size, preprocessing)
    part = read_whole(as_source(source), split, fit, as_cache_dir(cache_dir)).part()
    require_batch(part, batch_size, preprocessing)
    images = part.data._replace(labels=None)
    targets = Stream(images, preprocessing=preprocessing, batch_size=batch_size, seed=seed, size=size)
    stream = DegradedStream(targets, degradation, seed ^ _OTHER)
    described = {"seed": seed, "preprocessing": repr(preprocessing), "degradation": repr(degradation)}
    return as_dataset(
        stream,
        start_step,
        split=part.split,
        num_images=len(images.images),
        num_held_out=part.num_held_out,
        num_classes=0,
        image_shape=stream.image_shape,
        class_names=None,
        identity={**identity([images.images]), **described, **part.about},
    )


class DegradedStream:
    """A stream of images, each with what a degradation makes of it.

    Args:
        targets: `Stream` without labels.
        degradation: `Degradation`.
        seed: seed of the degradation.
    """

    def __init__(self, targets: Stream, degradation: Degradation, seed: int):
        height, width, channels = targets.image_shape
        scale = degradation.scale
        if height % scale or width % scale:
            raise ValueError(
                f"The degradation makes images {scale} times lower and narrower, so height and width of the targets "
                f"must be multiples of {scale}: give such an `image_size`. Received: targets of {height}x{width}"
            )
        self._targets, self._degradation, self._seed = targets, degradation, seed
        self.batch_size, self.num_images = targets.batch_size, targets.num_images
        self.image_shape = {
            "source": (height // scale, width // scale, channels),
            "target": (height, width, channels),
        }

    def __len__(self) -> int:
        """How many pairs make an epoch."""
        return self.num_images

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        return endless(self._pairs(self._targets.batch, self._places), start_step, self.batch_size)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of every image once, in the order of the source; the last may be smaller."""
        # Negative places, unlike those in training.
        pairs = self._pairs(self._targets.plain_batch, lambda numbers: -1 - numbers)
        return one_pass(pairs, self.num_images, self.batch_size)

    def _places(self, step: tf.Tensor) -> tf.Tensor:
        """The places of a batch in the endless stream of images."""
        return step * self.batch_size + tf.range(self.batch_size, dtype=tf.int64)

    def _pairs(self, images: Callable, places: Callable) -> Callable:
        def pairs(index: tf.Tensor) -> dict[str, tf.Tensor]:
            target, place = images(index), places(index)
            seeds = tf.stack([tf.fill(tf.shape(place), tf.constant(self._seed, tf.int64)), place], axis=1)
            made = self._degradation(target, seeds)
            return {"source": self._checked(made, target), "target": target}

        return pairs

    def _checked(self, made, target):
        expected = (target.shape[0], *self.image_shape["source"])
        if made.dtype != tf.float32 or not made.shape.is_compatible_with(expected):
            raise ValueError(
                f"A degradation must return float32 images of shape {expected}. "
                f"Received: {self._degradation!r}, which returns {made.dtype.name} of shape {tuple(made.shape)}"
            )
        return tf.ensure_shape(made, expected)
