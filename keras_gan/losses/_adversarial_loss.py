"""The contract of every adversarial loss."""

import abc

import tensorflow as tf

from keras_gan._configurable import Configurable
from keras_gan._tensors import require_floats


class AdversarialLoss(Configurable, abc.ABC):
    """One paper's two objectives, side by side: what the discriminator minimises and what the generator minimises.

    A loss is pure: it has no variables, draws no random numbers and steps no optimizer. Both methods take logits (the
    discriminator's raw output, no sigmoid) of shape `(batch, 1)` or a patch map `(batch, height, width, 1)`, of any
    float type, and return a float32 scalar: the mean over the batch and, in a patch map, over its positions. They raise
    a `ValueError` for logits that are not numbers, or that are empty.

    Attributes:
        relativistic: whether the generator's loss depends on the real logits. If not, a training step saves the
            discriminator's pass over the real images, and gives `generator_loss` None as `real_logits`.
    """

    relativistic = False

    @abc.abstractmethod
    def discriminator_loss(self, real_logits, fake_logits):
        """Return what the discriminator minimises, a float32 scalar."""

    @abc.abstractmethod
    def generator_loss(self, real_logits, fake_logits):
        """Return what the generator minimises, a float32 scalar."""


def as_float32(name, logits):
    """Logits as float32: squares and means of float16 logits overflow."""
    return tf.cast(require_floats(name, logits), tf.float32)
