"""The Wasserstein loss."""

import keras
import tensorflow as tf

from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32


@keras.saving.register_keras_serializable(package="keras_gan")
class Wasserstein(AdversarialLoss):
    """The dual form of the Wasserstein distance: a Lipschitz critic rates real images above fake ones.

    With x real and y fake logits (here they are ratings):

        critic:    E[y] - E[x]
        generator: -E[y]

    The negative critic loss estimates K times the distance, for a critic of unknown Lipschitz constant K. The model
    keeps the critic Lipschitz: `WGAN` by clipping weights, `WGANGP` by a gradient penalty.
    Arjovsky et al. 2017 (arXiv 1701.07875), equations 2 and 3 and algorithm 1.

    Example:
        >>> import tensorflow as tf
        >>> float(Wasserstein().discriminator_loss(tf.fill((4, 1), 3.0), tf.fill((4, 1), 1.0)))
        -2.0
    """

    def discriminator_loss(self, real_logits, fake_logits):
        """Return E[y] - E[x], a float32 scalar."""
        return tf.reduce_mean(as_float32("fake_logits", fake_logits)) - tf.reduce_mean(
            as_float32("real_logits", real_logits)
        )

    def generator_loss(self, real_logits, fake_logits):  # noqa: ARG002
        """Return -E[y], a float32 scalar."""
        return -tf.reduce_mean(as_float32("fake_logits", fake_logits))
