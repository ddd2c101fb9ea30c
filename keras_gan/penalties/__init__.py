"""Terms that a GAN adds to its discriminator's objective, each an object: `penalties=[R1(10.0)]`.

For a penalty of your own, subclass `Penalty`; gradient penalties are computed from `squared_gradient_norms`.
"""

from keras_gan.penalties._penalty import Penalty, mean_logits, squared_gradient_norms
from keras_gan.penalties.gradient_penalty import GradientPenalty
from keras_gan.penalties.lazy import Lazy
from keras_gan.penalties.r1 import R1

__all__ = ["R1", "GradientPenalty", "Lazy", "Penalty", "mean_logits", "squared_gradient_norms"]
