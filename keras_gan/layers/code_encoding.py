"""The codes of InfoGAN as a network takes them."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class CodeEncoding(keras.layers.Layer):
    """Codes as the numbers that a network takes: each category one-hot, then the continuous codes unchanged.

    People and files write a code as one row of numbers: `[3, -0.5, 1.0]` is category 3, followed by two continuous
    codes. A network must not take 3 as more than 2, so the generator of an `InfoGAN` begins with this layer. The layer
    also tells the GAN which codes there are, and how they are distributed: a category is uniform, and a continuous code
    is uniform in [-1, 1).

    Chen et al. 2016 (arXiv 1606.03657), section 4 and appendix C.

    Args:
        categories: tuple of int, the number of categories of each categorical code, at least 2; empty for none.
        num_continuous: int, the number of continuous codes.

    Attributes:
        num_codes: int, the numbers in one row of codes.
        size: int, the numbers that a row becomes.

    Returns:
        A tensor `(batch, size)`, in the layer's compute dtype.

    Raises:
        ValueError: if there is no code, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> CodeEncoding(categories=(3,), num_continuous=1)(np.array([[2.0, -0.5]], "float32")).numpy().tolist()
        [[0.0, 0.0, 1.0, -0.5]]
    """

    def __init__(self, categories=(), num_continuous=0, **kwargs):
        # No autocast: float16 holds whole numbers only up to 2048.
        super().__init__(autocast=False, **kwargs)
        self.categories = _require_categories(categories)
        self.num_continuous = require_int("num_continuous", num_continuous, low=0)
        self.num_codes = len(self.categories) + self.num_continuous
        self.size = sum(self.categories) + self.num_continuous
        if not self.num_codes:
            raise ValueError(
                "There must be at least one code, such as `categories=(10,)`. "
                f"Received: categories={categories!r}, num_continuous={num_continuous!r}"
            )
        self.built = True

    def call(self, codes):
        """Encode rows of codes, float32 `(batch, num_codes)`."""
        chosen, continuous = self.split(codes)
        one_hot = [tf.one_hot(column, depth) for column, depth in zip(chosen, self.categories, strict=True)]
        return tf.cast(tf.concat([*one_hot, continuous], axis=-1), self.compute_dtype)

    def split(self, codes):
        """Return the categories, a list of int32 `(batch,)`, and the continuous codes, `(batch, num_continuous)`."""
        count = len(self.categories)
        chosen = [tf.cast(tf.round(codes[:, index]), tf.int32) for index in range(count)]
        return chosen, codes[:, count:]

    def drawn(self, numbers):
        """Return the codes that uniform numbers stand for.

        Args:
            numbers: float32 `(batch, num_codes)` in [0, 1).

        Returns:
            float32 tensor `(batch, num_codes)`.
        """
        count = len(self.categories)
        chosen = tf.floor(numbers[:, :count] * tf.constant(self.categories, tf.float32, (count,)))
        return tf.concat([chosen, 2.0 * numbers[:, count:] - 1.0], axis=-1)

    def described(self):
        """Return what a row of codes holds, in words for messages."""
        parts = [f"a category from 0 to {number - 1}" for number in self.categories]
        if self.num_continuous:
            parts.append(f"{self.num_continuous} finite number{'s' * (self.num_continuous > 1)}")
        return ", then ".join(parts)

    def compute_output_shape(self, input_shape):
        """Return `(batch, size)`."""
        return (input_shape[0], self.size)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "categories": self.categories, "num_continuous": self.num_continuous}


def _require_categories(categories):
    if not isinstance(categories, tuple | list):
        raise ValueError(
            "`categories` must be a tuple with the number of categories of each categorical code, such as (10,). "
            f"Received: categories={categories!r}"
        )
    return tuple(require_int("categories", number, low=2) for number in categories)
