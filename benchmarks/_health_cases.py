"""Short runs on digits at 32x32, ordinary ones and ones that are set up to fail, for training_health.py."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
from keras.optimizers import SGD, Adam, RMSprop

import keras_gan
from keras_gan import networks
from keras_gan.penalties import R1

_CLASSES = 10


@dataclasses.dataclass(frozen=True)
class Case:
    """One way to train.

    Attributes:
        gan: name of the model's class.
        name: what tells it from other cases of this model.
        networks: function that builds the networks.
        optimizers: functions that make the generator's and the discriminator's optimizer; one stands for both.
        steps: training steps.
        options: arguments of the model.
        labels: whether it takes labels.
        colour: whether the digits are tinted.
    """

    gan: str
    name: str
    networks: Callable
    optimizers: tuple
    steps: int
    options: dict = dataclasses.field(default_factory=dict)
    labels: bool = False
    colour: bool = False

    def data(self, seed):
        """Return the real images as `fit` and `TrainingHealth` take them."""
        digits = keras_gan.data.load("digits", image_size=32, batch_size=64, seed=seed, labels=self.labels)
        if not self.colour:
            return digits
        images = keras_gan.data.load("digits", image_size=32, batch_size=digits.num_images, seed=seed)
        return keras_gan.data.load(_tinted(next(iter(images)).numpy()), batch_size=64, seed=seed)

    def build(self, seed):
        """Return the compiled GAN."""
        keras.utils.set_random_seed(seed)
        gan = getattr(keras_gan, self.gan)(*self.networks(), seed=seed, **self.options)
        first, *_, last = (self.optimizers[0], *self.optimizers)
        gan.compile(first(), last())
        return gan

    def conditions(self, count):
        """Return what `generate` needs besides the number of samples."""
        return {"labels": np.arange(count) % _CLASSES} if self.labels else {}


def _tinted(images):
    """Give each digit a colour of its own: float32 `(num_images, 32, 32, 3)` in [-1, 1]."""
    colours = np.random.default_rng(0).uniform(0.3, 1.0, (len(images), 1, 1, 3))
    colours /= colours.max(axis=-1, keepdims=True)
    return ((images + 1.0) * colours - 1.0).astype("float32")


def _dcgan():
    return _plain(discriminator_normalization="batch")


def _plain(**options):
    settings = {"image_shape": (32, 32, 1), "latent_dim": 64, "width": 16, "spectral_normalization": False}
    return networks.dcgan(**settings | options)


# Without the normalisation that the package has by default.
_BARE = {"image_shape": (32, 32, 1), "generator_normalization": None, "spectral_normalization": False}


def _mlp():
    return networks.mlp(**_BARE, latent_dim=64, width=256)


def _wide_mlp():
    return networks.mlp(**_BARE)


def _coloured():
    return _plain(image_shape=(32, 32, 3))


def _conditional():
    return _plain(num_classes=_CLASSES)


def _acgan():
    return networks.acgan(image_shape=(32, 32, 1), num_classes=_CLASSES, latent_dim=64, width=16)


def _spectral():
    return _plain(spectral_normalization=True)


def _of_the_presets():
    return _plain(latent_dim=100, width=32)


def _adam(*settings):
    return lambda: Adam(*settings)


def _sgd():
    return SGD(0.1, 0.5)


_R1 = {"penalties": [R1(0.1)]}
_FAST, _CLASSIC = (_adam(1e-3, 0.0, 0.99),), (_adam(2e-4, 0.5),)

ORDINARY = (
    Case("NonSaturatingGAN", "the recipe of the presets", _of_the_presets, _FAST, 300, {**_R1, "ema_half_life": 5000}),
    Case("NonSaturatingGAN", "dcgan", _dcgan, _CLASSIC, 1200),
    Case("NonSaturatingGAN", "mlp, R1", _mlp, (_adam(1e-3, 0.5),), 800, _R1),
    Case("NonSaturatingGAN", "dcgan for classes, R1", _conditional, _FAST, 400, _R1, labels=True),
    Case("NonSaturatingGAN", "dcgan, colour, R1", _coloured, _FAST, 400, _R1, colour=True),
    Case("LSGAN", "dcgan, Adam(1e-3)", _dcgan, (_adam(1e-3, 0.5),), 500),
    Case("WGANGP", "dcgan, Adam(1e-3)", _plain, (_adam(1e-3, 0.0, 0.9),), 150),
    Case("WGANGP", "mlp, Adam(5e-4)", _mlp, (_adam(5e-4, 0.5, 0.9),), 400),
    Case("HingeGAN", "dcgan, spectral", _spectral, (_adam(1e-3, 0.0, 0.9),), 500, {"discriminator_steps": 1}),
    Case("RelativisticGAN", "dcgan, R1", _plain, _FAST, 400, _R1),
    Case("RelativisticAverageGAN", "dcgan, R1", _plain, _FAST, 400, _R1),
    Case("ACGAN", "acgan", _acgan, _CLASSIC, 600, labels=True),
)
BROKEN = (
    Case("LSGAN", "mlp, Adam(1e-3)", _mlp, (_adam(1e-3, 0.5),), 700),
    Case("LSGAN", "mlp of its own width, Adam(1e-3)", _wide_mlp, (_adam(1e-3, 0.5),), 700),
    Case("NonSaturatingGAN", "dcgan, SGD(0.1)", _dcgan, (_sgd,), 700),
    Case("NonSaturatingGAN", "mlp, SGD(0.1)", _mlp, (_sgd,), 800),
    Case("NonSaturatingGAN", "mlp, Adam(2e-2)", _mlp, (_adam(2e-2, 0.5),), 800),
    Case("NonSaturatingGAN", "dcgan, generator at rate 0", _dcgan, (_adam(0.0), _adam(2e-4, 0.5)), 600),
    Case("NonSaturatingGAN", "dcgan, discriminator too slow", _plain, (_adam(5e-3, 0.5), _adam(1e-5, 0.5)), 400),
    Case("MinimaxGAN", "mlp, SGD(0.1)", _mlp, (_sgd,), 800),
    Case("RelativisticGAN", "dcgan, Adam(2e-4)", _dcgan, _CLASSIC, 700),
    Case("RelativisticGAN", "mlp, Adam(2e-4)", _mlp, _CLASSIC, 800),
    Case("HingeGAN", "dcgan without a norm", _plain, (_adam(2e-4, 0.0, 0.9),), 200),
    Case("HingeGAN", "mlp", _mlp, (_adam(2e-4, 0.0, 0.9),), 800),
    Case("WGANGP", "dcgan without the penalty", _plain, (_adam(1e-3, 0.5),), 200, {"penalties": []}),
    Case("WGANGP", "mlp, generator too fast", _mlp, (_adam(5e-2, 0.0, 0.9), _adam(1e-4, 0.0, 0.9)), 300),
    Case("WGAN", "mlp, RMSprop(0.1)", _mlp, (lambda: RMSprop(0.1),), 300),
)
