"""Adversarial losses: the generator's and the discriminator's formula of one paper, side by side.

Each takes the logits of both players and is pure, so you can use it in a training loop of your own. The models of
`keras_gan.gans` have their losses built in. `Perceptual`, `Style` and `feature_matching` compare images with their
targets, in the features of a network, and `TotalVariation` looks at the images alone.
`Gaussian`, `Bernoulli` and `DiscretizedLogistic` are likelihoods of images, for a `VAE`.
"""

from keras_gan.losses._adversarial_loss import AdversarialLoss
from keras_gan.losses._likelihood import Likelihood
from keras_gan.losses.bernoulli import Bernoulli
from keras_gan.losses.discretized_logistic import DiscretizedLogistic
from keras_gan.losses.feature_matching import feature_matching
from keras_gan.losses.gaussian import Gaussian
from keras_gan.losses.hinge import Hinge
from keras_gan.losses.least_squares import LeastSquares
from keras_gan.losses.minimax import Minimax
from keras_gan.losses.non_saturating import NonSaturating
from keras_gan.losses.perceptual import Perceptual
from keras_gan.losses.relativistic import Relativistic
from keras_gan.losses.relativistic_average import RelativisticAverage
from keras_gan.losses.style import Style
from keras_gan.losses.total_variation import TotalVariation
from keras_gan.losses.wasserstein import Wasserstein

__all__ = [
    "AdversarialLoss",
    "Bernoulli",
    "DiscretizedLogistic",
    "Gaussian",
    "Hinge",
    "LeastSquares",
    "Likelihood",
    "Minimax",
    "NonSaturating",
    "Perceptual",
    "Relativistic",
    "RelativisticAverage",
    "Style",
    "TotalVariation",
    "Wasserstein",
    "feature_matching",
]
