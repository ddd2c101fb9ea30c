"""The LeCam regulariser."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan.penalties._penalty import Penalty, judged
from keras_gan.penalties._running_means import RunningMeans


@keras.saving.register_keras_serializable(package="keras_gan")
class LeCam(Penalty):
    """Holds the logits of each kind of images back at what the other kind usually gets.

    With few training images, a discriminator soon tells them from the fakes by heart, and its logits grow. With the
    weight lambda, and the running means a_R and a_F of the logits of real and fake images, which get no gradient:

        lambda  ( E[ relu(D(x) - a_F)^2 ] + E[ relu(a_R - D(y))^2 ] ),   x real, y fake

    Tseng et al. 2021 (arXiv 2104.03310), equation 4. The relu is in the authors' code and not in the paper, where the
    two squares also pull real logits up to a_F and fakes down to a_R. As in that code, the means move before they are
    used. Before training step `begin` they are those of the last batch, and the penalty is 0. With several optimizer
    updates in a step, or gradient accumulation, the means move more than once in it.

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        decay: the share of a mean that stays in each update, in [0, 1]: 0.99 in the authors' StyleGAN2, 0.9 in their
            BigGAN.
        begin: int, the first training step with the penalty.

    Raises:
        ValueError: if an argument is out of range, or the penalty is given to a second GAN.

    Example:
        >>> import tensorflow as tf
        >>> real, fake = tf.fill((4, 1), 3.0), tf.fill((4, 1), 1.0)
        >>> penalty = LeCam(1.0, decay=0.0, begin=0)
        >>> float(penalty(lambda logits: logits, real, fake))   # (3 - 1)^2 + (3 - 1)^2
        8.0
    """

    name = "lecam"

    def __init__(self, weight=0.3, *, decay=0.99, begin=1000):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.decay = require_number("decay", decay, low=0.0, high=1.0)
        self.begin = require_int("begin", begin, low=0)

    def make_state(self):
        """Return the layer with the running means of the logits."""
        return RunningMeans("real", "fake")

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0, and move the means; see `Penalty.__call__`."""
        if self.state is None:
            self.build()
        logits = {
            "real": judged(critic, "real_images", real_images),
            "fake": judged(critic, "fake_images", fake_images),
        }
        has_begun = tf.cast(step >= self.begin, tf.float32)
        means = {
            kind: self.state.move(kind, tf.reduce_mean(values), self.decay * has_begun)
            for kind, values in logits.items()
        }
        excess = tf.reduce_mean(tf.square(tf.nn.relu(logits["real"] - means["fake"])))
        excess += tf.reduce_mean(tf.square(tf.nn.relu(means["real"] - logits["fake"])))
        return has_begun * at(self.weight, step) * excess

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "decay": self.decay, "begin": self.begin}
