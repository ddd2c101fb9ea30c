"""What all families of masks have in common."""

import abc

import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._configurable import Configurable
from keras_gan._tensors import require_seed_pair


class Masks(Configurable, abc.ABC):
    """A family of masks: each call draws some of them.

    The masks are a function of the seed alone. A training step draws them from its own seed, so a run that resumes sees
    the same holes as one that was never stopped. On several replicas each gets its own rows of the masks that one
    device would draw.

    A subclass defines `holes`, and `get_config` if it has arguments. To save models with it, register the class with
    `keras.saving.register_keras_serializable`.

    Example:
        >>> class LeftHalf(Masks):
        ...     def holes(self, count, sides, seed):
        ...         height, width = sides
        ...         return tf.broadcast_to(tf.range(width) < width // 2, (count, height, width))
        >>> LeftHalf()(1, (1, 4), seed=[0, 0]).numpy().ravel().tolist()
        [1.0, 1.0, 0.0, 0.0]
    """

    def __call__(self, count, sides, *, seed):
        """Draw masks.

        Args:
            count: int or scalar tensor, how many; inside a step on several replicas, the rows of this replica.
            sides: tuple (height, width) of the pictures, of ints or scalar tensors.
            seed: two integers, such as those of `StepNoise.next_seed`.

        Returns:
            float32 tensor `(count, height, width, 1)`: 1 in the hole, 0 where the picture is known.

        Raises:
            ValueError: if an argument is of another type or out of range.
        """
        count = count if tf.is_tensor(count) else require_int("count", count)
        holes = self.holes(count, _require_sides(sides), tf.cast(require_seed_pair(seed), tf.int64))
        return tf.cast(holes, tf.float32)[..., tf.newaxis]

    @abc.abstractmethod
    def holes(self, count, sides, seed):
        """Draw masks as booleans.

        Args:
            count: int or scalar tensor.
            sides: tuple (height, width) of ints or int32 scalar tensors.
            seed: int64 tensor of shape (2,).

        Returns:
            bool tensor `(count, height, width)`, True in the hole.
        """


def _require_sides(sides):
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        raise ValueError(f"`sides` must be a tuple (height, width). Received: sides={sides!r}")
    return tuple(tf.cast(side, tf.int32) if tf.is_tensor(side) else require_int("sides", side) for side in sides)
