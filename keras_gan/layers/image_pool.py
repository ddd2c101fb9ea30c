"""The pool of earlier images that a discriminator sees again."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int
from keras_gan._replicas import all_rows, own_rows


@keras.saving.register_keras_serializable(package="keras_gan")
class ImagePool(keras.layers.Layer):
    """Returns the given images, and replaces about half of them by earlier ones.

    A discriminator that sees only the newest images forgets what it learnt about earlier ones, and the game goes in
    circles. While the pool fills, images are stored and returned. When it is full, each image is exchanged for a random
    one from the pool with probability 1/2; otherwise it is returned and not stored. Shrivastava et al. 2016
    (arXiv 1612.07828), section 2.3; the rule comes from the code of Zhu et al. 2017 (arXiv 1703.10593), whose pool
    holds 50 images.

    The images of one batch are exchanged for different images from the pool. Several replicas share one pool, with the
    images that one device would have seen.

    Args:
        size: int, how many images the pool holds; 0 for no pool, which returns all images unchanged.

    Example:
        >>> import tensorflow as tf
        >>> pool = ImagePool(2)
        >>> first = pool(tf.constant([[1.0], [2.0]]), seed=(0, 0))
        >>> second = pool(tf.constant([[3.0], [4.0]]), seed=(0, 1))
        >>> first.numpy().ravel().tolist(), set(second.numpy().ravel()) <= {1.0, 2.0, 3.0, 4.0}
        ([1.0, 2.0], True)
    """

    def __init__(self, size=50, **kwargs):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.size = require_int("size", size, low=0)

    def build(self, input_shape):
        """Create the variables that store the images."""
        kept = {"trainable": False, "aggregation": "only_first_replica", "initializer": "zeros"}
        self.images = self.add_weight(name="images", shape=(self.size, *input_shape[1:]), **kept)
        self.count = self.add_weight(name="count", shape=(), dtype="int32", **kept)

    def call(self, images, seed):
        """Return as many images as are given.

        Args:
            images: float32 `(batch, ...)`.
            seed: int tensor of shape (2,).

        Returns:
            float32 tensor of the shape of `images`.
        """
        if self.size == 0:
            return images
        everyone = tf.stop_gradient(all_rows(images))
        slots, is_stored, is_exchanged = self._slots(tf.shape(everyone)[0], seed)
        pool, column = self.images.value, (-1, *(1,) * (everyone.shape.rank - 1))
        returned = tf.where(tf.reshape(is_exchanged, column), tf.gather(pool, slots), everyone)
        writes = (slots == tf.range(self.size)[:, tf.newaxis]) & (is_stored | is_exchanged)
        is_written = tf.reshape(tf.reduce_any(writes, axis=1), column)
        self.images.assign(
            tf.where(is_written, tf.gather(everyone, tf.argmax(tf.cast(writes, tf.int32), axis=1)), pool)
        )
        self.count.assign(tf.minimum(self.size, self.count.value + tf.shape(everyone)[0]))
        return tf.ensure_shape(own_rows(returned), images.shape)

    def _slots(self, rows, seed):
        """A place in the pool for each row, and whether the row is stored there or exchanged."""
        count, index = self.count.value, tf.range(rows)
        numbers = _random.shared_uniform((self.size + rows,), seed)
        is_stored = count + index < self.size
        # A random order of the places. Those that are free, or that this batch fills, come last.
        order = tf.argsort(tf.where(tf.range(self.size) < count, numbers[: self.size], 2.0))
        is_exchanged = ~is_stored & (numbers[self.size :] < 0.5) & (index < count)
        slots = tf.where(
            is_stored, tf.minimum(count + index, self.size - 1), tf.gather(order, tf.minimum(index, self.size - 1))
        )
        return slots, is_stored, is_exchanged

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        del config["trainable"], config["dtype"]
        return {**config, "size": self.size}
