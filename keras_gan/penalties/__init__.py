"""Terms that a GAN adds to its discriminator's objective, each an object: `penalties=[R1(10.0)]`.

For a penalty of your own, subclass `Penalty`; gradient penalties are computed from `squared_gradient_norms`.
"""

from keras_gan.penalties._penalty import Penalty, mean_logits, squared_gradient_norms
from keras_gan.penalties.gradient_penalty import GradientPenalty
from keras_gan.penalties.lazy import Lazy
from keras_gan.penalties.r1 import R1
from keras_gan.penalties.r2 import R2

__all__ = ["R1", "R2", "GradientPenalty", "Lazy", "Penalty", "mean_logits", "squared_gradient_norms"]
