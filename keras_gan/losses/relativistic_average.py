"""The relativistic average loss."""

import keras
import tensorflow as tf

from keras_gan._replicas import mean_over_replicas
from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticAverage(AdversarialLoss):
    """The relativistic average loss: is this image more realistic than the average of the other kind?

    With s the softplus, x real and y fake logits, and their means X and Y over the batch (and the positions of a
    patch map; over all replicas where there are several):

        discriminator: (E[s(-(x - Y))] + E[s(y - X)]) / 2
        generator:     (E[s(-(y - X))] + E[s(x - Y)]) / 2

    In both losses, both terms carry a gradient. Jolicoeur-Martineau 2018 (arXiv 1807.00734), equations 8 and 9; the
    factor 1/2 comes from the author's published code.

    Example:
        >>> import tensorflow as tf
        >>> real, fake = tf.fill((4, 1), 1e4), tf.fill((4, 1), -1e4)
        >>> loss = RelativisticAverage()
        >>> float(loss.discriminator_loss(real, fake)), float(loss.generator_loss(real, fake))
        (0.0, 20000.0)
    """

    relativistic = True

    def discriminator_loss(self, real_logits, fake_logits):
        """Return the mean of the two comparisons, a float32 scalar of at least 0."""
        real, fake = as_float32("real_logits", real_logits), as_float32("fake_logits", fake_logits)
        return _mean_softplus_differences(fake, real)

    def generator_loss(self, real_logits, fake_logits):
        """Return the mean of the two comparisons with the roles exchanged, a float32 scalar of at least 0."""
        real, fake = as_float32("real_logits", real_logits), as_float32("fake_logits", fake_logits)
        return _mean_softplus_differences(real, fake)


def _mean_softplus_differences(low, high):
    """Return (E[s(low - mean(high))] + E[s(mean(low) - high)]) / 2."""
    low_mean, high_mean = tf.unstack(mean_over_replicas(tf.stack([tf.reduce_mean(low), tf.reduce_mean(high)])))
    low_term = tf.reduce_mean(tf.nn.softplus(low - high_mean))
    high_term = tf.reduce_mean(tf.nn.softplus(low_mean - high))
    return 0.5 * (low_term + high_term)
