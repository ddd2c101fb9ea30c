"""The R2 penalty without a second gradient."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan.penalties._penalty import Penalty, refuse_random_layers, squared_slopes


@keras.saving.register_keras_serializable(package="keras_gan")
class ApproximateR2(Penalty):
    """`R2` by finite differences: one more pass of the critic in place of the gradient of a gradient.

    With the weight gamma, D the logit (or the mean of a patch map), and one n for each image:

        gamma / 2  E[ ((D(y + sigma n) - D(y)) / sigma)^2 ],   y fake,   n ~ N(0, I)

    It does for the fakes what `ApproximateR1` does for the real images; see there for the paper, the precision that it
    needs, and how noisy it is.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.
        sigma: size of the step, above 0, for images in [-1, 1].

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, `sigma` is not a number above 0, or
            (from `validate`) a layer of the critic draws random numbers.

    Example:
        >>> import tensorflow as tf
        >>> slope, points = tf.constant([[3.0], [4.0]]), tf.zeros((40_000, 2))
        >>> value = ApproximateR2(10.0)(lambda y: y @ slope, None, points, seed=tf.constant([0, 1], tf.int64))
        >>> abs(float(value) / 125.0 - 1) < 0.02   # 10 / 2 * (3^2 + 4^2)
        True
    """

    name = "approximate_r2"

    def __init__(self, weight=10.0, *, sigma=0.01):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.sigma = require_number("sigma", sigma, low=0.0, open_low=True)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        slopes = squared_slopes(critic, "fake_images", fake_images, self.sigma, seed)
        return 0.5 * at(self.weight, step) * tf.reduce_mean(slopes)

    def validate(self, network):
        """Raise a ValueError that names the layer if the critic draws random numbers."""
        refuse_random_layers(network)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "sigma": self.sigma}
