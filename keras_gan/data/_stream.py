"""The endless, resumable order of the batches."""

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
        seed: seed of the order, the flips and the noise.
    """

    def __init__(self, data: ImageData, *, preprocessing: Preprocessing, batch_size: int, seed: int):
        self.preprocessing = preprocessing
        self.batch_size = batch_size
        self.num_images = len(data.images)
        # tf.data runs on the host: images on the accelerator would be copied back for every batch.
        with tf.device("CPU:0"):
            self.seed = tf.constant(seed, tf.int64)
            self.images = data.images if isinstance(data.images, MappedImages) else tf.constant(data.images)
            self.labels = None if data.labels is None else tf.constant(data.labels, tf.int32)

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        last_step = np.iinfo(np.int64).max // (2 * self.batch_size)
        steps = tf.data.Dataset.range(start_step, last_step)
        # No training reaches the last step. Keras recognises endless data by the cardinality.
        steps = steps.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        batches = steps.map(self.batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return batches.prefetch(tf.data.AUTOTUNE).with_options(options)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of every image once, in the order of the source and unchanged; the last may be smaller."""
        indices = tf.data.Dataset.range(self.num_images).batch(self.batch_size)
        return indices.map(self._plain_batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(1)

    def _plain_batch(self, indices: tf.Tensor):
        images = self._gather(indices)
        images = images if images.dtype == tf.float32 else _to_plain_range(images)
        return images if self.labels is None else (images, tf.gather(self.labels, indices))

    def batch(self, step: tf.Tensor):
        """Return the images of one step, or (images, labels) where there are labels."""
        indices = self.indices(step)
        images = self._gather(indices)
        if self.preprocessing.flip:
            images = tf.where(self._coins(step), tf.reverse(images, axis=[2]), images)
        images = self._scale(images, step)
        return images if self.labels is None else (images, tf.gather(self.labels, indices))

    def _gather(self, indices: tf.Tensor) -> tf.Tensor:
        if not isinstance(self.images, MappedImages):
            return tf.gather(self.images, indices)
        # As a tensor, tf.data would copy the whole file into memory.
        images = tf.numpy_function(self.images.take, [indices], self.images.dtype, stateful=False)
        return tf.ensure_shape(images, (*indices.shape, *self.images.shape[1:]))

    def indices(self, step: tf.Tensor) -> tf.Tensor:
        """Return which images a step holds: int64 (batch_size,) in [0, N)."""
        positions = step * self.batch_size + tf.range(self.batch_size, dtype=tf.int64)
        epochs, offsets = positions // self.num_images, positions % self.num_images
        # A batch is not larger than the data, so it touches at most two epochs.
        ending, beginning = (self._shuffle(offsets, epochs[0] + later) for later in (0, 1))
        return tf.where(epochs == epochs[0], ending, beginning)

    def _shuffle(self, offsets: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
        last = tf.constant(self.num_images - 1, tf.int64)
        return tf.random.experimental.index_shuffle(offsets, tf.stack([self.seed, epoch]), last)

    def _coins(self, step: tf.Tensor) -> tf.Tensor:
        # Even second seeds for the flips, odd ones for the noise: the two must not share their random bits.
        return self._uniform((self.batch_size, 1, 1, 1), 2 * step) < 0.5

    def _scale(self, images: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        if images.dtype == tf.float32:
            return images
        if not self.preprocessing.dequantize:
            return _to_plain_range(images)
        return tf.cast(images, tf.float32) / 128.0 - 1.0 + self._uniform(images.shape, 2 * step + 1) / 128.0

    def _uniform(self, shape: tuple[int, ...], stream: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_uniform(shape, tf.stack([self.seed, stream]), alg="philox")


def _to_plain_range(images: tf.Tensor) -> tf.Tensor:
    return tf.cast(images, tf.float32) / 127.5 - 1.0
