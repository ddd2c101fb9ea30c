"""The hinge loss."""

import keras
import tensorflow as tf

from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32


@keras.saving.register_keras_serializable(package="keras_gan")
class Hinge(AdversarialLoss):
    """The hinge: the discriminator stops pushing on samples that are already on the right side of its margin.

    With x real and y fake logits:

        discriminator: E[max(0, 1 - x)] + E[max(0, 1 + y)]
        generator:     -E[y]

    Lim and Ye 2017 (arXiv 1705.02894), equations 23 to 25; Miyato et al. 2018 (arXiv 1802.05957), equations 16 and 17.
    There is no hinge in the generator's loss.

    Example:
        >>> import tensorflow as tf
        >>> float(Hinge().discriminator_loss(tf.fill((4, 1), 2.0), tf.fill((4, 1), -0.5)))
        0.5
    """

    def discriminator_loss(self, real_logits, fake_logits):
        """Return the mean violations of the two margins, a float32 scalar of at least 0."""
        real_term = tf.reduce_mean(tf.nn.relu(1.0 - as_float32("real_logits", real_logits)))
        fake_term = tf.reduce_mean(tf.nn.relu(1.0 + as_float32("fake_logits", fake_logits)))
        return real_term + fake_term

    def generator_loss(self, real_logits, fake_logits):  # noqa: ARG002
        """Return -E[y], a float32 scalar."""
        return -tf.reduce_mean(as_float32("fake_logits", fake_logits))
