"""The loss that most GANs have been trained with since the first one."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32
from keras_gan.losses._cross_entropy import discriminator_cross_entropy


@keras.saving.register_keras_serializable(package="keras_gan")
class NonSaturating(AdversarialLoss):
    """The original GAN in practice: the generator maximises the probability that its samples are called real.

    The fixed point is the same as for `Minimax`, but the gradient is largest, not smallest, when the discriminator
    rejects a sample with confidence. With s the softplus, x real and y fake logits, and the real label alpha:

        discriminator: E[alpha s(-x) + (1 - alpha) s(x)] + E[s(y)]
        generator:     E[s(-y)]

    Goodfellow et al. 2014 (arXiv 1406.2661), section 3, last paragraph. One-sided label smoothing: Salimans et al.
    2016 (arXiv 1606.03498), section 3.4; the generator's own target is never smoothed.

    Args:
        real_label: target probability alpha of real images, in (0, 1]; 1 is the original, 0.9 the usual smoothing.

    Raises:
        ValueError: if `real_label` is not in (0, 1].

    Example:
        >>> import tensorflow as tf
        >>> rejected = tf.fill((4, 1), -1e4)
        >>> float(NonSaturating().generator_loss(None, rejected))
        10000.0
    """

    def __init__(self, *, real_label=1.0):
        self.real_label = require_number("real_label", real_label, low=0.0, high=1.0, open_low=True)

    def discriminator_loss(self, real_logits, fake_logits):
        """Return the mean cross-entropy of both sets of logits, a float32 scalar."""
        return discriminator_cross_entropy(real_logits, fake_logits, self.real_label)

    def generator_loss(self, real_logits, fake_logits):  # noqa: ARG002
        """Return E[s(-y)], a float32 scalar of at least 0."""
        return tf.reduce_mean(tf.nn.softplus(-as_float32("fake_logits", fake_logits)))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"real_label": self.real_label}
