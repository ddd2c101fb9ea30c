"""The R1 penalty."""

import keras
import tensorflow as tf

from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import Penalty, squared_gradient_norms, warn_of_wrong_second_gradients


@keras.saving.register_keras_serializable(package="keras_gan")
class R1(Penalty):
    """Zero-centred gradient penalty on real images.

    When the generator matches the data, the discriminator should be flat. Without the penalty, the game circles around
    this point and does not reach it. With the weight gamma, D the logit (or the mean of a patch map):

        gamma / 2  E[ |grad_x D(x)|^2 ],   x real

    Mescheder et al. 2018 (arXiv 1801.04406), equation 9. The authors' published code leaves out the factor 1/2, so
    its 10 is `R1(20.0)` here.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(R1(10.0)(lambda x: x @ slope, points, None))   # 10 / 2 * (3^2 + 4^2)
        125.0

        R3GAN (Huang et al. 2024, arXiv 2501.05441) decreases the weight along a cosine:

        >>> from keras_gan.schedules import Cosine
        >>> falling = R1(Cosine(10.0, 1.0, steps=1000))
        >>> [float(falling(lambda x: x @ slope, points, None, step=step)) for step in (0, 500, 1000)]
        [125.0, 68.75, 12.5]
    """

    name = "r1"

    def __init__(self, weight=10.0):
        self.weight = require_quantity("weight", weight, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        norms = squared_gradient_norms(critic, require_float_images("real_images", real_images))
        return 0.5 * at(self.weight, step) * tf.reduce_mean(norms)

    def validate(self, discriminator):
        """Warn of layers whose second gradient is wrong."""
        warn_of_wrong_second_gradients(discriminator)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight)}
