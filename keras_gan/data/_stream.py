"""The endless, resumable order of the batches."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan.data._mapped import MappedImages
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData


class Stream:
    """Maps a step to its batch: a pure function of (seed, step).

    Position p = step * batch_size + i of the stream belongs to epoch e = p // N, and holds the image that the
    permutation of (seed, e) puts at p % N. The stream keeps no state between steps, so it can begin at any step.

    Args:
        data: N images, N >= batch_size, and their labels.
        preprocessing: whether to flip and to dequantise.
        batch_size: images in a batch.
        seed: seed of the order, the random parts, the flips and the noise.
        size: (height, width) of the random part that is cut from each image; None for the whole image.
        noise_seed: seed of the noise; None for `seed`. Streams that differ in it alone have pairs of images.
        grid: parts begin at multiples of so many pixels. Streams of images of two sizes have the same parts if the
            larger ones have the factor between them as their grid.
    """

    def __init__(
        self,
        data: ImageData,
        *,
        preprocessing: Preprocessing,
        batch_size: int,
        seed: int,
        size: tuple[int, int] | None = None,
        noise_seed: int | None = None,
        grid: int = 1,
    ):
        self.preprocessing = preprocessing
        self.grid = grid
        self.batch_size = batch_size
        self.num_images = len(data.images)
        self.image_shape = data.images.shape[1:] if size is None else (*size, data.images.shape[-1])
        # tf.data runs on the host: images on the accelerator would be copied back for every batch.
        with tf.device("CPU:0"):
            self.seed = tf.constant(seed, tf.int64)
            self.noise_seed = self.seed if noise_seed is None else tf.constant(noise_seed, tf.int64)
            self.images = data.images if isinstance(data.images, MappedImages) else tf.constant(data.images)
            self.labels = None if data.labels is None else tf.constant(data.labels)

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        return endless(self.batch, start_step, self.batch_size)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of every image once, in the order of the source and unchanged; the last may be smaller."""
        return one_pass(self.plain_batch, self.num_images, self.batch_size)

    def plain_batch(self, numbers: tf.Tensor):
        """Return images by their numbers as `one_pass` does, or (images, labels) where there are labels."""
        images = self._middle(self._gather(numbers))
        images = images if images.dtype == tf.float32 else _to_plain_range(images)
        return images if self.labels is None else (images, tf.gather(self.labels, numbers))

    def batch(self, step: tf.Tensor):
        """Return the images of one step, or (images, labels) where there are labels."""
        indices = self.indices(step)
        images = self._cut(self._gather(indices), step)
        if self.preprocessing.flip:
            images = tf.where(self._coins(step), tf.reverse(images, axis=[2]), images)
        images = self._scale(images, step)
        return images if self.labels is None else (images, tf.gather(self.labels, indices))

    def indices(self, step: tf.Tensor) -> tf.Tensor:
        """Return which images a step holds: int64 (batch_size,) in [0, N)."""
        return shuffled(step, batch_size=self.batch_size, count=self.num_images, seed=self.seed)

    def __len__(self) -> int:
        """How many images make an epoch."""
        return self.num_images

    def _gather(self, indices: tf.Tensor) -> tf.Tensor:
        if not isinstance(self.images, MappedImages):
            return tf.gather(self.images, indices)
        # As a tensor, tf.data would copy the whole file into memory.
        images = tf.numpy_function(self.images.take, [indices], self.images.dtype, stateful=False)
        return tf.ensure_shape(images, (*indices.shape, *self.images.shape[1:]))

    @property
    def _slack(self) -> tuple[int, int]:
        """How many steps of the grid the height and the width have more than a part."""
        return tuple(
            (whole - part) // self.grid
            for whole, part in zip(self.images.shape[1:3], self.image_shape[:2], strict=True)
        )

    def _cut(self, images: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Cut a random part from each image."""
        if images.shape[1:3] == self.image_shape[:2]:
            return images
        # Negative second seeds: those of the flips and of the noise are not.
        draws = self._uniform((self.batch_size, 2), -1 - step)
        # Rounded down, and below slack + 1: the largest float32 below 1 times an integer does not round up to it.
        corners = self.grid * tf.cast(draws * (np.array(self._slack, np.float32) + 1), tf.int32)
        height, width, channels = self.image_shape

        def part(image_and_corner):
            image, corner = image_and_corner
            return tf.slice(image, (corner[0], corner[1], 0), (height, width, channels))

        return tf.map_fn(part, (images, corners), fn_output_signature=tf.TensorSpec(self.image_shape, images.dtype))

    def _middle(self, images: tf.Tensor) -> tf.Tensor:
        (top, left), (height, width, _) = (slack // 2 * self.grid for slack in self._slack), self.image_shape
        return images[:, top : top + height, left : left + width]

    def _coins(self, step: tf.Tensor) -> tf.Tensor:
        # Even second seeds for the flips, odd ones for the noise: the two must not share their random bits.
        return self._uniform((self.batch_size, 1, 1, 1), 2 * step) < 0.5

    def _scale(self, images: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        if images.dtype == tf.float32:
            return images
        if not self.preprocessing.dequantize:
            return _to_plain_range(images)
        noise = self._uniform(images.shape, 2 * step + 1, self.noise_seed)
        return tf.cast(images, tf.float32) / 128.0 - 1.0 + noise / 128.0

    def _uniform(self, shape: tuple[int, ...], stream: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        seed = self.seed if seed is None else seed
        return tf.random.stateless_uniform(shape, tf.stack([seed, stream]), alg="philox")


class Streams:
    """Streams of images that come together, in batches that are dicts.

    An epoch is a pass over the stream with the most images; the others begin again before it ends.

    Args:
        streams: `Stream` by the name of the field; all of one batch size, and without labels.
    """

    def __init__(self, streams: dict[str, Stream]):
        self.streams = streams
        self.batch_size = next(iter(streams.values())).batch_size
        self.num_images = max(stream.num_images for stream in streams.values())

    def __len__(self) -> int:
        """How many images make an epoch."""
        return self.num_images

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        return endless(self._of_each(Stream.batch), start_step, self.batch_size)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of every image once, in order and unchanged; streams with fewer images begin again."""
        batch = self._of_each(lambda stream, numbers: stream.plain_batch(numbers % stream.num_images))
        return one_pass(batch, self.num_images, self.batch_size)

    def _of_each(self, batch: Callable) -> Callable:
        return lambda place: {name: batch(stream, place) for name, stream in self.streams.items()}


def shuffled(step: tf.Tensor, *, batch_size: int, count: int, seed: tf.Tensor) -> tf.Tensor:
    """Return which samples a step holds: int64 (batch_size,) in [0, count).

    Each epoch has its own order, a function of the seed and the epoch.

    Args:
        step: int64 scalar.
        batch_size: samples in a batch, at most `count`.
        count: how many samples there are.
        seed: int64 scalar.
    """
    positions = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    epochs, offsets = positions // count, positions % count
    last = tf.constant(count - 1, tf.int64)
    # A batch is not larger than the data, so it touches at most two epochs.
    ending, beginning = (
        tf.random.experimental.index_shuffle(offsets, tf.stack([seed, epochs[0] + later]), last) for later in (0, 1)
    )
    return tf.where(epochs == epochs[0], ending, beginning)


def endless(batch: Callable, start_step: int, batch_size: int) -> tf.data.Dataset:
    """Return what a function makes of each step from `start_step` on."""
    last_step = np.iinfo(np.int64).max // (2 * batch_size)
    steps = tf.data.Dataset.range(start_step, last_step)
    # No training reaches the last step. Keras recognises endless data by the cardinality.
    steps = steps.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    batches = steps.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.prefetch(tf.data.AUTOTUNE).with_options(options)


def one_pass(batch: Callable, num_images: int, batch_size: int) -> tf.data.Dataset:
    """Return what a function makes of the numbers of the images, in batches."""
    numbers = tf.data.Dataset.range(num_images).batch(batch_size)
    return numbers.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(1)


def _to_plain_range(images: tf.Tensor) -> tf.Tensor:
    return tf.cast(images, tf.float32) / 127.5 - 1.0
