"""The gradient penalty of DRAGAN."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._replicas import mean_over_replicas
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import (
    Penalty,
    finite_sqrt,
    require_separate_samples,
    squared_gradient_norms,
    warn_of_wrong_second_gradients,
)


@keras.saving.register_keras_serializable(package="keras_gan")
class DRAGAN(Penalty):
    """Keeps the norm of the critic's gradient near a target around the real images.

    Where the gradient is steep at real images, the game tends to end in a local equilibrium, and modes are lost. It
    looks at the neighbourhood of the data alone, so it needs no fakes. With the weight lambda and the target k:

        lambda  E[ (|grad D(x + d)| - k)^2 ],   x real,   d ~ N(0, (c std(x))^2 I)

    Kodali et al. 2017 (arXiv 1705.07215), section 2.3: the noise is normal as in the paper. Its size follows the
    authors' code, half of the standard deviation of all pixels of the batch. (There the noise is uniform, always
    positive, and taken at a random place between x and x + d.)

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        target: the desired norm k, at least 0.
        noise: c, at least 0.

    Raises:
        ValueError: if an argument is not a number of at least 0 (`weight` may be a schedule), or (from `validate`) if
            the critic has BatchNormalization.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(DRAGAN(10.0)(lambda x: x @ slope, points, None))   # 10 * (5 - 1)^2
        160.0
    """

    name = "dragan"

    def __init__(self, weight=10.0, *, target=1.0, noise=0.5):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.target = require_number("target", target, low=0.0)
        self.noise = require_number("noise", noise, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        images = tf.cast(require_float_images("real_images", real_images), tf.float32)
        (seed,) = _random.seeds_of(seed, 1)
        nearby = images + self.noise * _standard_deviation(images) * _random.normal_like(images, seed)
        norms = finite_sqrt(squared_gradient_norms(critic, nearby))
        return at(self.weight, step) * tf.reduce_mean(tf.square(norms - self.target))

    def validate(self, network):
        """Raise a ValueError that names the layer if the critic has BatchNormalization."""
        require_separate_samples(network)
        warn_of_wrong_second_gradients(network)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "target": self.target, "noise": self.noise}


def _standard_deviation(images):
    """That of all numbers of a batch, on replicas of the global batch."""
    mean = mean_over_replicas(tf.reduce_mean(images))
    return tf.sqrt(mean_over_replicas(tf.reduce_mean(tf.square(images - mean))))
