"""The drift penalty."""

import keras
import tensorflow as tf

from keras_gan._quantity import at, require_quantity, serialised
from keras_gan.penalties._penalty import Penalty, judged


@keras.saving.register_keras_serializable(package="keras_gan")
class Drift(Penalty):
    """Keeps the logits of real images near 0.

    A Wasserstein loss depends only on the difference between the logits of real and fake images, so both may drift away
    together until they are too large for their type. With the weight epsilon:

        epsilon  E[ D(x)^2 ],   x real

    Karras et al. 2018 (ProGAN, arXiv 1710.10196), appendix A.1, next to `GradientPenalty(10.0)`. In a patch map, the
    mean runs over its positions too.

    Args:
        weight: epsilon, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> float(Drift(0.5)(lambda logits: logits, tf.constant([[1.0], [3.0]]), None))   # 0.5 (1 + 9) / 2
        2.5
    """

    name = "drift"

    def __init__(self, weight=1e-3):
        self.weight = require_quantity("weight", weight, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        return at(self.weight, step) * tf.reduce_mean(tf.square(judged(critic, "real_images", real_images)))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight)}
