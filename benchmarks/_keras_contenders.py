"""The Keras halves of the comparison: this package, and the textbook."""

import time

import keras
import numpy as np
import tensorflow as tf
from _cases import step_flops
from _flops import forward
from _keras_nets import build, with_stock_layers
from _textbook import TextbookCycleGAN, TextbookGAN, TextbookWGANGP, losses

import keras_gan
from keras_gan.penalties import R1, R2, ApproximateR1, ApproximateR2

_GANS = {
    "non_saturating": keras_gan.NonSaturatingGAN,
    "wasserstein_gp": keras_gan.WGANGP,
    "hinge": keras_gan.HingeGAN,
}


class KerasContender:
    """Trains with `fit` on a batch in memory, and takes the time of each step."""

    def __init__(self, case, bfloat16, jit_compile):
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
        networks = build(case)
        self.flops_per_step = step_flops(case, *(forward(network) for network in networks))
        self.parameters = [_num_parameters(network) for network in networks]
        if case.loss == "cycle":
            self.gan, rows = self.make_cycle(case, [*networks, *build(case)], jit_compile), case.batch_size
        else:
            self.gan, rows = self.make(case, networks, jit_compile)
        shape = (rows, case.image_size, case.image_size, 3)
        draw = np.random.default_rng(0).uniform
        drawn = [tf.constant(draw(-1.0, 1.0, shape).astype("float32")) for _ in range(1 + (case.loss == "cycle"))]
        batch = dict(zip(("source", "target"), drawn, strict=True)) if case.loss == "cycle" else drawn[0]
        self.images = tf.data.Dataset.from_tensors(batch).repeat()

    def run(self, num_steps):
        """Train so many steps; the seconds of each."""
        clock = Clock()
        self.gan.fit(self.images, epochs=1, steps_per_epoch=num_steps, shuffle=False, verbose=0, callbacks=[clock])
        return clock.seconds

    @staticmethod
    def matrix_product(size, bfloat16):
        """A function that multiplies two matrices of this size and waits for the result."""
        matrix = tf.cast(tf.random.normal((size, size)), tf.bfloat16 if bfloat16 else tf.float32)
        product = tf.function(lambda: tf.matmul(matrix, matrix)[0, 0])
        return lambda: product().numpy()


class Ours(KerasContender):
    """This package."""

    options = staticmethod(dict)

    @classmethod
    def make(cls, case, networks, jit_compile):
        """The compiled GAN, and the rows of one batch of its data."""
        gan = _GANS[case.loss](*networks, discriminator_steps=case.discriminator_steps, seed=0, **cls.options())
        gan.compile(_adam(case), _adam(case), jit_compile=jit_compile)
        return gan, case.batch_size

    @staticmethod
    def make_cycle(case, networks, jit_compile):
        """The compiled CycleGAN of two translators, each followed by the discriminator of what it makes."""
        forth, of_target, back, of_source = networks
        gan = keras_gan.CycleGAN(forth, back, of_source, of_target, seed=0)
        players = {f"{player}_optimizer": _adam(case) for player in gan.players}
        gan.compile(**players, jit_compile=jit_compile)
        return gan


class ExactPenalties(Ours):
    """This package with R1 and R2, the gradients of gradients."""

    @staticmethod
    def options():
        """The GAN's further arguments."""
        return {"penalties": [R1(1.0), R2(1.0)]}


class ApproximatePenalties(Ours):
    """This package with R1 and R2 by finite differences."""

    @staticmethod
    def options():
        """The GAN's further arguments."""
        return {"penalties": [ApproximateR1(1.0), ApproximateR2(1.0)]}


class Textbook(KerasContender):
    """The Keras guides' code."""

    @staticmethod
    def make(case, networks, jit_compile):
        """The compiled GAN, and the rows of one batch of its data."""
        generator, discriminator = (with_stock_layers(network) for network in networks)
        if case.loss == "wasserstein_gp":
            gan = TextbookWGANGP(discriminator, generator, case.latent_dim, case.discriminator_steps)
        else:
            gan = TextbookGAN(discriminator, generator, case.latent_dim)
        gan.compile(_adam(case), _adam(case), *losses(case.loss), jit_compile=jit_compile)
        return gan, case.images_per_step

    @staticmethod
    def make_cycle(case, networks, jit_compile):
        """The compiled CycleGAN of two translators, each followed by the discriminator of what it makes."""
        forth, of_target, back, of_source = map(with_stock_layers, networks)
        gan = TextbookCycleGAN(forth, back, of_source, of_target)
        gan.compile([_adam(case) for _ in range(4)], jit_compile=jit_compile)
        return gan


class Clock(keras.callbacks.Callback):
    """Seconds from the beginning to the end of each step."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
        """Start."""
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        """Stop; Keras has the losses by now."""
        self.seconds.append(time.perf_counter() - self._start)


def _adam(case):
    return keras.optimizers.Adam(case.learning_rate, *case.betas, epsilon=1e-8)


def _num_parameters(network):
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
