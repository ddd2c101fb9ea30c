"""The gradient penalty of WGAN-GP."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_bool, require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import (
    Penalty,
    finite_sqrt,
    require_separate_samples,
    squared_gradient_norms,
    warn_of_wrong_second_gradients,
)


@keras.saving.register_keras_serializable(package="keras_gan")
class GradientPenalty(Penalty):
    """Keeps the norm of the critic's gradient near a target between real and fake images.

    A critic that is 1-Lipschitz in this soft sense needs no weight clipping. With the weight lambda, target k, and
    one epsilon for each sample:

        lambda  E[ (|grad_z D(z)| - k)^2 ],   z = epsilon x + (1 - epsilon) y,   epsilon ~ U[0, 1)

    x real and y fake; the norm runs over all dimensions of one sample. Gulrajani et al. 2017 (arXiv 1704.00028),
    equation 3 and algorithm 1. Where the gradient is exactly 0, the norm has no derivative, and 0 is used.

    With `one_sided`, only norms above the target are penalised, lambda E[max(0, |grad_z D(z)| - k)^2]: a Lipschitz
    constraint bounds the slope from above alone. The paper names this variant in section 4; it performed no better
    there. With `target=0.0` the penalty is zero-centred, as `R1` is, but between the two kinds of images.

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        target: the desired norm k, at least 0.
        one_sided: bool, whether norms below the target are left alone.

    Raises:
        ValueError: if an argument is not a number of at least 0 (`weight` may be a schedule) or not a bool, or (from
            `validate`) if the critic has BatchNormalization.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(GradientPenalty(10.0)(lambda x: x @ slope, points, -points))   # 10 * (5 - 1)^2
        160.0
    """

    name = "gradient_penalty"

    def __init__(self, weight=10.0, *, target=1.0, one_sided=False):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.target = require_number("target", target, low=0.0)
        self.one_sided = require_bool("one_sided", one_sided)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        between = _interpolate(real_images, fake_images, seed)
        excess = finite_sqrt(squared_gradient_norms(critic, between)) - self.target
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return at(self.weight, step) * tf.reduce_mean(tf.square(excess))

    def validate(self, discriminator):
        """Raise a ValueError that names the layer if the critic has BatchNormalization."""
        require_separate_samples(discriminator)
        warn_of_wrong_second_gradients(discriminator)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "target": self.target, "one_sided": self.one_sided}


def _interpolate(real_images, fake_images, seed):
    """Points on the straight lines between pairs of images, each with its own epsilon."""
    real_images, fake_images = (
        require_float_images("real_images", real_images),
        require_float_images("fake_images", fake_images),
    )
    if not real_images.shape.is_compatible_with(fake_images.shape):
        raise ValueError(
            "The gradient penalty draws lines between pairs of a real and a generated image, so both sets must have "
            f"the same shape. Received: real_images.shape={tuple(real_images.shape)}, "
            f"fake_images.shape={tuple(fake_images.shape)}"
        )
    rows = real_images.shape[0] or tf.shape(real_images)[0]
    shape = (rows,) + (1,) * (real_images.shape.rank - 1)
    epsilon = tf.random.uniform(shape) if seed is None else _random.uniform(shape, seed)
    return fake_images + epsilon * (real_images - fake_images)
