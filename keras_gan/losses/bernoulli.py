"""The likelihood of black and white."""

import keras
import tensorflow as tf

from keras_gan.losses._likelihood import Likelihood


@keras.saving.register_keras_serializable(package="keras_gan")
class Bernoulli(Likelihood):
    """Bernoulli likelihood: each number of an image is 1 or -1, with a probability that the decoder returns as a logit.

    With t = (x + 1) / 2 in [0, 1], l the decoder's logits and s the softplus:

        log p(x|z) = sum_i (t_i l_i - s(l_i))

    Kingma and Welling 2013 (arXiv 1312.6114), appendix C.1. It is a probability for pictures of two levels alone, such
    as binarised digits. Grey pictures are taken too, as the expectation of their binarisation, as is usual; the value
    is then no likelihood of the grey picture (Loaiza-Ganem and Cunningham 2019, arXiv 1907.06845), and bits a number
    cannot be compared with those of other likelihoods.

    Example:
        >>> import tensorflow as tf
        >>> white = tf.ones((1, 1, 2, 1))
        >>> Bernoulli().log_likelihood(white, {"logits": 0.0 * white}).numpy().round(3).tolist()
        [-1.3860000371932983]
    """

    takes = ("logits",)

    def _log_likelihoods(self, images, made):
        targets = 0.5 * (images + 1.0)
        return -tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=made["logits"])
