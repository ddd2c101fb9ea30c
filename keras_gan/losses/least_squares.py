"""The least-squares loss."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.losses._adversarial_loss import AdversarialLoss, as_float32


@keras.saving.register_keras_serializable(package="keras_gan")
class LeastSquares(AdversarialLoss):
    """Least squares: samples far on the right side of the decision boundary are still pulled towards the data.

    With x real and y fake logits:

        discriminator: E[(x - b)^2] / 2 + E[(y - a)^2] / 2
        generator:     E[(y - c)^2] / 2

    Mao et al. 2016 (arXiv 1611.04076), equations 2, 8 (a, b, c = -1, 1, 0, the Pearson chi-squared divergence) and
    9 (0, 1, 1, the default).

    Args:
        a: the discriminator's target for fake images.
        b: the discriminator's target for real images.
        c: the value that the generator wants the discriminator to give to its images.

    Raises:
        ValueError: if a target is not a finite number, or `a` equals `b`.

    Example:
        >>> import tensorflow as tf
        >>> float(LeastSquares().discriminator_loss(tf.ones((4, 1)), tf.fill((4, 1), 2.0)))
        2.0
    """

    def __init__(self, *, a=0.0, b=1.0, c=1.0):
        self.a, self.b, self.c = require_number("a", a), require_number("b", b), require_number("c", c)
        if self.a == self.b:
            raise ValueError(
                "The discriminator cannot learn if its targets for fake images (`a`) and for real images (`b`) are "
                f"equal. Give them different values. Received: a={a}, b={b}"
            )

    def discriminator_loss(self, real_logits, fake_logits):
        """Return half the mean squared distances to the two targets, a float32 scalar of at least 0."""
        real_term = tf.reduce_mean(tf.square(as_float32("real_logits", real_logits) - self.b))
        fake_term = tf.reduce_mean(tf.square(as_float32("fake_logits", fake_logits) - self.a))
        return 0.5 * (real_term + fake_term)

    def generator_loss(self, real_logits, fake_logits):  # noqa: ARG002
        """Return half the mean squared distance to `c`, a float32 scalar of at least 0."""
        return 0.5 * tf.reduce_mean(tf.square(as_float32("fake_logits", fake_logits) - self.c))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"a": self.a, "b": self.b, "c": self.c}
