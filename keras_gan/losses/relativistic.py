"""The relativistic loss on pairs."""

import keras
import tensorflow as tf

from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32, require_pairs


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
        return _mean_softplus_difference(fake_logits, real_logits)

    def generator_loss(self, real_logits, fake_logits):
        """Return E[s(x - y)], a float32 scalar of at least 0."""
        return _mean_softplus_difference(real_logits, fake_logits)


def _mean_softplus_difference(first, second):
    require_pairs(first, second)
    return tf.reduce_mean(tf.nn.softplus(as_float32(first) - as_float32(second)))
