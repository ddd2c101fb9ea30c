"""The contract of every adversarial loss."""

import abc

import tensorflow as tf

from keras_gan._configurable import Configurable


class AdversarialLoss(Configurable, abc.ABC):
    """One paper's two objectives, side by side: what the discriminator minimises and what the generator minimises.

    A loss is pure: it has no variables, draws no random numbers and steps no optimizer. Both methods take logits (the
    discriminator's raw output, no sigmoid) of shape `(batch, 1)` or a patch map `(batch, height, width, 1)`, of any
    float type, and return a float32 scalar: the mean over the batch and, in a patch map, over its positions.

    Attributes:
        relativistic: whether the generator's loss depends on the real logits. If not, a training step saves the
            discriminator's pass over the real images.
    """

    relativistic = False

    @abc.abstractmethod
    def discriminator_loss(self, real_logits, fake_logits):
        """Return what the discriminator minimises, a float32 scalar."""

    @abc.abstractmethod
    def generator_loss(self, real_logits, fake_logits):
        """Return what the generator minimises, a float32 scalar."""


def as_float32(logits):
    """Logits as float32: squares and means of float16 logits overflow."""
    return tf.cast(logits, tf.float32)


def require_pairs(real_logits, fake_logits):
    """Raise a ValueError unless both sets of logits have the same shape, which a comparison of pairs needs."""
    real_shape, fake_shape = tf.convert_to_tensor(real_logits).shape, tf.convert_to_tensor(fake_logits).shape
    if not real_shape.is_compatible_with(fake_shape):
        raise ValueError(
            "A relativistic loss compares each real image with a generated one, so both sets of logits must have the "
            "same shape. Generate as many images as the real batch holds. "
            f"Received: real_logits.shape={tuple(real_shape)}, fake_logits.shape={tuple(fake_shape)}"
        )
