"""Consistency regularisation of the latents: the generator's half."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_function, require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_floats
from keras_gan.penalties._penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_gan")
class LatentDiversity(Penalty):
    """Drives the images of nearby latents apart, so that the generator uses its latents: a penalty of the generator.

    It is the generator's half of latent consistency (zCR); `LatentConsistency` is the discriminator's. Both together
    keep the images apart and on the same side of the discriminator. With the weight lambda, and one e for each latent:

        -lambda  E[ (G(z) - G(z + sigma e))^2 ],   e ~ N(0, I)

    where E is also the mean over the pixels and channels, so that the weight suits any size of image. Zhao et al. 2020
    (arXiv 2002.04724), algorithm 2, with lambda 0.5 and sigma 0.03. It has no lower bound unless that of the images,
    which for a generator that ends in a tanh is [-1, 1].

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        sigma: size of the change, above 0.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, or `sigma` is not a number above 0.

    Example:
        >>> import tensorflow as tf
        >>> value = LatentDiversity(0.5, sigma=0.1)(lambda z: 3.0 * z, tf.zeros((40_000, 2)))
        >>> abs(float(value) / (-0.5 * (3 * 0.1) ** 2) - 1) < 0.05
        True
    """

    name, player = "latent_diversity", "generator"

    def __init__(self, weight=0.5, *, sigma=0.03):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.sigma = require_number("sigma", sigma, low=0.0, open_low=True)

    def __call__(self, generator, latents, *, seed=None, step=0):
        """Return the weighted penalty.

        Args:
            generator: maps latents to samples `(batch, ...)`.
            latents: float32 `(batch, ...)`.
            seed: as in `Penalty.__call__`.
            step: as in `Penalty.__call__`.

        Returns:
            float32 scalar, at most 0.
        """
        require_function("generator", generator)
        latents = tf.cast(require_floats("latents", latents), tf.float32)
        (seed,) = _random.seeds_of(seed, 1)
        nearby = latents + self.sigma * _random.normal_like(latents, seed)
        here, there = (tf.cast(generator(points), tf.float32) for points in (latents, nearby))
        return -at(self.weight, step) * tf.reduce_mean(tf.square(here - there))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "sigma": self.sigma}
