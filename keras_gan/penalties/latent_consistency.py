"""Consistency regularisation of the latents: the discriminator's half."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import Penalty, mean_logits


@keras.saving.register_keras_serializable(package="keras_gan")
class LatentConsistency(Penalty):
    """Keeps the logits of the images of nearby latents equal.

    It is the discriminator's half of latent consistency (zCR); `LatentDiversity` is the generator's. With the weight
    lambda, and one e for each latent:

        lambda  E[ (D(G(z)) - D(G(z + sigma e)))^2 ],   z, e ~ N(0, I)

    Zhao et al. 2020 (arXiv 2002.04724), algorithm 2, with lambda 5 and sigma 0.03. The latents are new ones, so the
    penalty takes two more passes of both networks. D of a patch map is its mean. It needs a GAN, whose critic knows
    the generator, and whose latents are normal.

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        sigma: size of the change, above 0.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, `sigma` is not a number above 0, or
            (from a call) the critic knows no generator.

    Example:
        >>> import keras_gan
        >>> penalties = [LatentConsistency(5.0), keras_gan.penalties.LatentDiversity(0.5)]
        >>> networks = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8)
        >>> gan = keras_gan.HingeGAN(*networks, penalties=penalties)
        >>> [penalty.player for penalty in gan.penalties]
        ['discriminator', 'generator']
    """

    name = "latent_consistency"

    def __init__(self, weight=5.0, *, sigma=0.03):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.sigma = require_number("sigma", sigma, low=0.0, open_low=True)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`.

        The critic has the generator in its attribute `generator`, a function of latents with `latent_shape`.
        """
        generator = getattr(critic, "generator", None)
        if generator is None:
            raise ValueError(
                "The penalty draws samples, and the critic knows no generator. In a model of your own, give the "
                f"`Critic` its `generator=`. Received: critic={critic!r}"
            )
        fakes = require_float_images("fake_images", fake_images)
        of_latents, of_change = _random.seeds_of(seed, 2)
        rows = fakes.shape[0] or tf.shape(fakes)[0]
        latents = _random.normal((rows, *generator.latent_shape), of_latents)
        nearby = latents + self.sigma * _random.normal_like(latents, of_change)
        here, there = (mean_logits(critic(generator(points))) for points in (latents, nearby))
        return at(self.weight, step) * tf.reduce_mean(tf.square(here - there))

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "sigma": self.sigma}
