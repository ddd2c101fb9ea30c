"""The loss of the original GAN as a zero-sum game."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32
from keras_gan.losses._cross_entropy import discriminator_cross_entropy


@keras.saving.register_keras_serializable(package="keras_gan")
class Minimax(AdversarialLoss):
    """The zero-sum game: the generator minimises the same value that the discriminator maximises.

    The theory describes the optimum of this game. In practice `NonSaturating` is used instead, because here the
    generator's gradient vanishes as soon as the discriminator rejects its samples with confidence. With s the
    softplus, s(a) = log(1 + exp(a)), x real and y fake logits, and the real label alpha:

        discriminator: E[alpha s(-x) + (1 - alpha) s(x)] + E[s(y)]
        generator:     -E[s(y)]

    Goodfellow et al. 2014 (arXiv 1406.2661), equation 1. One-sided label smoothing: Salimans et al. 2016
    (arXiv 1606.03498), section 3.4; only the real label is smoothed, because a smoothed fake label would reward the
    generator for the samples that it already makes.

    Args:
        real_label: target probability alpha of real images, in (0, 1]; 1 is the original, 0.9 the usual smoothing.

    Raises:
        ValueError: if `real_label` is not in (0, 1].

    Example:
        >>> import tensorflow as tf
        >>> undecided = tf.zeros((4, 1))
        >>> round(float(Minimax().discriminator_loss(undecided, undecided)), 4)   # 2 log 2
        1.3863
    """

    def __init__(self, *, real_label=1.0):
        self.real_label = require_number("real_label", real_label, low=0.0, high=1.0, open_low=True)

    def discriminator_loss(self, real_logits, fake_logits):
        """Return the mean cross-entropy of both sets of logits, a float32 scalar."""
        return discriminator_cross_entropy(real_logits, fake_logits, self.real_label)

    def generator_loss(self, real_logits, fake_logits):  # noqa: ARG002
        """Return -E[s(y)], a float32 scalar of at most 0."""
        return -tf.reduce_mean(tf.nn.softplus(as_float32("fake_logits", fake_logits)))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"real_label": self.real_label}
