"""How well a discriminator tells two kinds of images apart, read from its logits."""

import numpy as np
import tensorflow as tf

# Wide enough for every boundary in use; a few hundred evaluations of a loss, once a training.
_LOGITS = np.linspace(-8.0, 8.0, 129, dtype=np.float32)
_ROUNDING = 1e-5


def undecided_logit(loss):
    """Find the logit of images that the discriminator cannot place: the boundary between real and fake.

    It is the u at which the discriminator's loss for logits that all equal u is least: 0 for the cross-entropy and
    the hinge, halfway between the targets for least squares. A critic's loss depends on differences of logits alone,
    so every u is as good: there is no boundary.

    Args:
        loss: adversarial loss.

    Returns:
        float, the middle of the least values in [-8, 8]; None for a critic.
    """
    constants = tf.constant(_LOGITS)[:, None, None]
    losses = np.array([loss.discriminator_loss(logits, logits) for logits in constants])
    tolerance = _ROUNDING * np.abs(losses).max()
    least = _LOGITS[losses <= losses.min() + tolerance]
    return None if len(least) == len(_LOGITS) else float(least[[0, -1]].mean())


def ranked_pairs(real_logits, fake_logits):
    """Share of pairs in which the real image has the higher mean logit, ties counted half; a float32 scalar."""
    real, fake = (tf.reduce_mean(tf.reshape(each, (each.shape[0], -1)), axis=1) for each in (real_logits, fake_logits))
    return tf.reduce_mean(0.5 * (1.0 + tf.sign(real[:, None] - fake[None, :])))


def slope(tape, discriminator_loss, real_logits, fake_logits):
    """Sum of the sizes of the loss's derivatives in all logits, from a tape that recorded it; a float32 scalar."""
    gradients = tape.gradient(discriminator_loss, [real_logits, fake_logits])
    return tf.add_n([tf.reduce_sum(tf.abs(tf.cast(gradient, tf.float32))) for gradient in gradients])


def undecided_slope(loss, logit, shape):
    """What `slope` is where a discriminator gives one logit to all images; a float32 scalar."""
    logits = tf.fill(shape, logit)
    real_logits, fake_logits = tf.identity(logits), tf.identity(logits)
    with tf.GradientTape() as tape:
        tape.watch([real_logits, fake_logits])
        value = loss.discriminator_loss(real_logits, fake_logits)
    return slope(tape, value, real_logits, fake_logits)
