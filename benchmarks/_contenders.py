"""The GANs that are compared after equal time, each with settings that were chosen together."""

import dataclasses
import inspect
from collections.abc import Callable

import keras

import keras_gan
from keras_gan import networks, presets
from keras_gan.penalties import R1, Lazy, PathLength
from keras_gan.schedules import Cosine, cosines


@dataclasses.dataclass(frozen=True)
class Contender:
    """A way to build a compiled GAN.

    Args:
        make: function of the images' shape, the steps of the training and the seed that returns the GAN.
        batch_size: int, images in a minibatch.
    """

    make: Callable
    batch_size: int = 64

    @property
    def fingerprint(self):
        """The settings as text: a run with others is another run."""
        return f"{inspect.getsource(self.make)} {self.batch_size}"


def adam(rate, beta_1=0.0, beta_2=0.99):
    """Return an optimizer for each player."""
    return [keras.optimizers.Adam(rate, beta_1, beta_2, epsilon=1e-8) for _ in range(2)]


def dcgan(image_shape, steps, seed):  # noqa: ARG001
    """The recipe of the preset for small grey pictures: DCGAN, non-saturating loss, R1."""
    return presets.get("digits").make_gan(image_shape, seed=seed)


def sn_hinge(image_shape, steps, seed):  # noqa: ARG001
    """SNGAN: residual networks, spectral normalisation, hinge loss."""
    players = networks.resnet(image_shape=image_shape, latent_dim=64, generator_width=32, discriminator_width=32)
    gan = keras_gan.HingeGAN(*players, discriminator_steps=1, ema_half_life=5000.0, seed=seed)
    gan.compile(
        keras.optimizers.Adam(2e-4, 0.0, 0.9, epsilon=1e-8), keras.optimizers.Adam(4e-4, 0.0, 0.9, epsilon=1e-8)
    )
    return gan


def stylegan2(image_shape, steps, seed):  # noqa: ARG001
    """StyleGAN2 with small networks."""
    players = networks.stylegan2(image_shape=image_shape, latent_dim=64, width=16, max_width=64, mapping_layers=2)
    penalties = [Lazy(R1(4.0), every=16), Lazy(PathLength(2.0), every=4)]
    gan = keras_gan.StyleGAN2(*players, penalties=penalties, seed=seed)
    gan.compile()
    return gan


def r3gan(image_shape, steps, seed):
    """R3GAN with small networks, whose rates, weights and half-life change along one cosine."""
    players = networks.r3gan(image_shape=image_shape, width=(64, 48, 32, 16), blocks=1)
    return _r3gan(players, steps, seed)


def vit(image_shape, steps, seed):
    """The transformer with the objective of R3GAN."""
    players = networks.vit(image_shape=image_shape, patch_size=8, width=64, depth=2)
    return _r3gan(players, steps, seed)


def _r3gan(players, steps, seed):
    falls = cosines(
        steps, gamma=(1.0, 0.1), learning_rate=(5e-4, 1e-4), beta_2=(0.9, 0.99), half_life=(500.0, 10_000.0)
    )
    gan = keras_gan.R3GAN(*players, gamma=falls.gamma, ema_half_life=falls.half_life, seed=seed)
    gan.compile(*(keras.optimizers.Adam(falls.learning_rate, 0.0, falls.beta_2, epsilon=1e-8) for _ in range(2)))
    return gan


def adversarial_flow(image_shape, steps, seed):
    """The adversarial flow between noise and images, by a small U-shaped network."""
    players = networks.noise_unet(image_shape=image_shape, width=16, stages=3)
    weight = Cosine(0.2, 0.005, steps)
    gan = keras_gan.AdversarialFlow(*players, transport_weight=weight, ema_half_life=5000.0, seed=seed)
    gan.compile()
    return gan


ALL = {
    "dcgan": Contender(dcgan),
    "sn_hinge": Contender(sn_hinge),
    "stylegan2": Contender(stylegan2, batch_size=32),
    "r3gan": Contender(r3gan),
    "vit": Contender(vit),
    "adversarial_flow": Contender(adversarial_flow),
}
