"""The discriminator's side of the original GAN, which its two generator losses share."""

import tensorflow as tf

from keras_gan.losses._adversarial_loss import as_float32


def discriminator_cross_entropy(real_logits, fake_logits, real_label):
    """Cross-entropy of real logits against `real_label` plus that of fake logits against 0: means, a float32 scalar.

    With s the softplus, alpha s(-x) + (1 - alpha) s(x) = s(-x) + (1 - alpha) x. This form saves an exponential and is
    exact for logits of any size.
    """
    real_logits, fake_logits = as_float32("real_logits", real_logits), as_float32("fake_logits", fake_logits)
    real_term = tf.nn.softplus(-real_logits) + (1.0 - real_label) * real_logits
    return tf.reduce_mean(real_term) + tf.reduce_mean(tf.nn.softplus(fake_logits))
