"""The relativistic loss on pairs."""

import keras
import tensorflow as tf

from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32


@keras.saving.register_keras_serializable(package="keras_gan")
class Relativistic(AdversarialLoss):
    """The relativistic pairing loss: is this real image more realistic than this generated one?

    The generator must reduce the difference of the two logits instead of raising its own logit. So a generator that
    drops whole modes of the data still gets a gradient.

    With s the softplus, x real and y fake logits, paired by their index:

        discriminator: E[s(-(x - y))]
        generator:     E[s(-(y - x))]

    Jolicoeur-Martineau 2018 (arXiv 1807.00734), section 4.1 (RSGAN).

    Raises:
        ValueError: from both losses, if the two sets of logits differ in shape.

    Example:
        >>> import tensorflow as tf
        >>> loss = Relativistic()
        >>> real, fake = tf.fill((4, 1), 10001.0), tf.fill((4, 1), 1.0)
        >>> float(loss.discriminator_loss(real, fake)), float(loss.generator_loss(real, fake))
        (0.0, 10000.0)
    """

    relativistic = True

    def discriminator_loss(self, real_logits, fake_logits):
        """Return E[s(y - x)], a float32 scalar of at least 0."""
        real, fake = _pairs(real_logits, fake_logits)
        return tf.reduce_mean(tf.nn.softplus(fake - real))

    def generator_loss(self, real_logits, fake_logits):
        """Return E[s(x - y)], a float32 scalar of at least 0."""
        real, fake = _pairs(real_logits, fake_logits)
        return tf.reduce_mean(tf.nn.softplus(real - fake))


def _pairs(real_logits, fake_logits):
    """Return both as float32, or raise a ValueError unless they have the same shape."""
    real, fake = as_float32("real_logits", real_logits), as_float32("fake_logits", fake_logits)
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            "A relativistic loss compares each real image with a generated one, so both sets of logits must have the "
            "same shape. Generate as many images as the real batch holds. "
            f"Received: real_logits.shape={tuple(real.shape)}, fake_logits.shape={tuple(fake.shape)}"
        )
    return real, fake
