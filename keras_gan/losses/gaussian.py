"""The normal likelihood."""

import math

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.losses._likelihood import Likelihood, require_levels


@keras.saving.register_keras_serializable(package="keras_gan")
class Gaussian(Likelihood):
    """Normal likelihood: each number of an image is the decoder's, with noise of one standard deviation s.

    With x an image of D numbers, m the decoder's image and w the width of a level:

        log p(x|z) = sum_i (-1/2 ((x_i - m_i) / s)^2 - log s - 1/2 log 2 pi)  +  D log w

    Kingma and Welling 2013 (arXiv 1312.6114), appendix C.2. s weighs the squared errors against the divergence of the
    codes: with `scale` fixed it is an option of the same kind as a beta; learnt, it becomes the root of the mean
    squared error and needs no tuning (Rybkin et al. 2020, arXiv 2006.13202).

    Pixels have levels, and a density of levels has no bound: where many pixels are always black, s goes to 0 and the
    likelihood to infinity. So images are first moved from their level by uniform noise as wide as a level, w =
    2 / (levels - 1). With D log w, the mean over this noise is then at most the log of the probability of the levels
    themselves (Theis et al. 2015, arXiv 1511.01844, section 3.1), which can be compared with other likelihoods.
    Without levels, add D log w to compare: for 28x28 pixels of 256 levels, -3,800.9 nats, or 6.99 bits more a pixel.

    Args:
        scale: float, s; None if the decoder returns "log_scale", log s: of the shape of the images, or with 1 where one
            number is for a whole axis.
        levels: int, how many levels the numbers of an image have; None for numbers without levels, as a density.

    Raises:
        ValueError: if `scale` is not above 0, or `levels` is no integer of at least 2.

    Example:
        >>> import tensorflow as tf
        >>> images = tf.zeros((2, 1, 1, 1))
        >>> Gaussian(scale=1.0, levels=None).log_likelihood(images, {"images": images + 1.0}).numpy().round(3).tolist()
        [-1.4190000295639038, -1.4190000295639038]
    """

    def __init__(self, scale=None, levels=256):
        self.scale = None if scale is None else require_number("scale", scale, low=0.0, open_low=True)
        self.levels = None if levels is None else require_levels(levels)

    @property
    def takes(self):
        """The outputs of a decoder that it needs: a learnt scale is one of them."""
        return ("images", "log_scale") if self.scale is None else ("images",)

    @property
    def noise_width(self):
        """The width of a level; 0 without levels."""
        return 0.0 if self.levels is None else 2.0 / (self.levels - 1)

    def _log_likelihoods(self, images, made):
        log_scale = made["log_scale"] if self.scale is None else tf.constant(math.log(self.scale))
        squares = tf.square((images - made["images"]) * tf.exp(-log_scale))
        constant = -0.5 * math.log(2.0 * math.pi) + (math.log(self.noise_width) if self.levels else 0.0)
        return -0.5 * squares - log_scale + constant

    def get_config(self):
        """Return the constructor's arguments."""
        return {"scale": self.scale, "levels": self.levels}
