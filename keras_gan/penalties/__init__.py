"""Terms that a GAN adds to the objective of a player, each an object: `penalties=[R1(10.0)]`.

For a penalty of your own, subclass `Penalty`; gradient penalties are computed from `squared_gradient_norms`.
"""

from keras_gan.penalties._penalty import Penalty, mean_logits, squared_gradient_norms
from keras_gan.penalties.approximate_r1 import ApproximateR1
from keras_gan.penalties.approximate_r2 import ApproximateR2
from keras_gan.penalties.consistency_regularization import ConsistencyRegularization
from keras_gan.penalties.dragan import DRAGAN
from keras_gan.penalties.drift import Drift
from keras_gan.penalties.gradient_penalty import GradientPenalty
from keras_gan.penalties.latent_consistency import LatentConsistency
from keras_gan.penalties.latent_diversity import LatentDiversity
from keras_gan.penalties.lazy import Lazy
from keras_gan.penalties.lecam import LeCam
from keras_gan.penalties.orthogonal import Orthogonal
from keras_gan.penalties.path_length import PathLength
from keras_gan.penalties.r1 import R1
from keras_gan.penalties.r2 import R2

__all__ = [
    "DRAGAN",
    "R1",
    "R2",
    "ApproximateR1",
    "ApproximateR2",
    "ConsistencyRegularization",
    "Drift",
    "GradientPenalty",
    "LatentConsistency",
    "LatentDiversity",
    "Lazy",
    "LeCam",
    "Orthogonal",
    "PathLength",
    "Penalty",
    "mean_logits",
    "squared_gradient_norms",
]
