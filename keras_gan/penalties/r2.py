"""The R2 penalty."""

import keras
import tensorflow as tf

from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import Penalty, squared_gradient_norms, warn_of_wrong_second_gradients


@keras.saving.register_keras_serializable(package="keras_gan")
class R2(Penalty):
    """Zero-centred gradient penalty on generated images.

    It does for the fakes what `R1` does for the real images. A relativistic loss needs both: with R1 alone, the
    gradient at the fakes can grow without limit. With the weight gamma, D the logit (or the mean of a patch map):

        gamma / 2  E[ |grad_y D(y)|^2 ],   y fake

    Mescheder et al. 2018 (arXiv 1801.04406), equation 10; Huang et al. 2024 (R3GAN, arXiv 2501.05441), equation 4.
    Next to `R1` it costs one more backward pass: the passes of both kinds of images are those of the loss.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(R2(10.0)(lambda y: y @ slope, None, points))   # 10 / 2 * (3^2 + 4^2)
        125.0
    """

    name = "r2"

    def __init__(self, weight=10.0):
        self.weight = require_quantity("weight", weight, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        norms = squared_gradient_norms(critic, require_float_images("fake_images", fake_images))
        return 0.5 * at(self.weight, step) * tf.reduce_mean(norms)

    def validate(self, network):
        """Warn of layers whose second gradient is wrong."""
        warn_of_wrong_second_gradients(network)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight)}
