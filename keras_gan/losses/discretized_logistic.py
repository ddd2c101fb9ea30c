"""The likelihood of levels."""

import keras
import tensorflow as tf

from keras_gan.losses._likelihood import Likelihood, nearest_level, require_levels


@keras.saving.register_keras_serializable(package="keras_gan")
class DiscretizedLogistic(Likelihood):
    """Discretised logistic likelihood: the probability that a logistic number falls into the level of each pixel.

    With m the decoder's image, s its scale, w = 2 / (levels - 1) the width of a level and S the sigmoid:

        log p(x|z) = sum_i log(S((x_i - m_i + w/2) / s) - S((x_i - m_i - w/2) / s))

    where the lowest level reaches to minus infinity and the highest to infinity. Kingma et al. 2016 (arXiv 1606.04934),
    appendix D; Salimans et al. 2017 (arXiv 1701.05517), section 2.1. It is the probability of the levels themselves, so
    images need no noise. The edges give black and white pixels all the probability beyond them.

    Args:
        levels: int, how many levels the numbers of an image have. Each number counts as the level nearest to it.

    Raises:
        ValueError: if `levels` is no integer of at least 2.

    Example:
        >>> import tensorflow as tf
        >>> white, made = tf.ones((1, 1, 1, 1)), {"images": tf.zeros((1, 1, 1, 1)), "log_scale": tf.zeros((1, 1, 1, 1))}
        >>> DiscretizedLogistic(levels=2).log_likelihood(white, made).numpy().round(3).tolist()
        [-0.6930000185966492]
    """

    takes = ("images", "log_scale")

    def __init__(self, levels=256):
        self.levels = require_levels(levels)

    def _log_likelihoods(self, images, made):
        images, half = nearest_level(images, self.levels), 1.0 / (self.levels - 1)
        sharpness = tf.exp(-made["log_scale"])
        upper, lower = ((images - made["images"] + shift) * sharpness for shift in (half, -half))
        below, above = -tf.nn.softplus(-upper), -tf.nn.softplus(lower)
        # S(a) - S(b) = S(a) S(-b) (1 - exp(b - a)): no difference of numbers near 1.
        between = below + above + tf.math.log(-tf.math.expm1(-2.0 * half * sharpness))
        return tf.where(images < half - 1.0, below, tf.where(images > 1.0 - half, above, between))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"levels": self.levels}
