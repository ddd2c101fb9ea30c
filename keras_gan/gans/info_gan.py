"""InfoGAN: codes that the discriminator can read from the images."""

import math
import typing

import keras
import numpy as np
import tensorflow as tf

from keras_gan import losses
from keras_gan._arguments import require_number
from keras_gan.gans.alternating_gan import AlternatingGAN
from keras_gan.training import Interface, Sampler

# Without a bound, the likelihood of a continuous code grows for ever: a generator can write it exactly into a pixel.
_LEAST_DEVIATION = 0.1
_CODES_SHOWN = 10


class Posterior(typing.NamedTuple):
    """Q(c|x), a distribution of the codes for each image.

    Attributes:
        logits: list of float32 `(batch, number of categories)`, one for each categorical code.
        means: float32 `(batch, num_continuous)`.
        log_deviations: float32 of the same shape.
    """

    logits: list
    means: tf.Tensor
    log_deviations: tf.Tensor

    def information(self, chosen, continuous):
        """The bound L_I of the mutual information, for each kind of codes: float32 scalars, in nats.

        Args:
            chosen: list of int32 `(batch,)`, the categories that the images were made of.
            continuous: float32 `(batch, num_continuous)`, the other codes.
        """
        categorical = tf.zeros(())
        for labels, logits in zip(chosen, self.logits, strict=True):
            uncertainty = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            categorical += math.log(logits.shape[-1]) - tf.reduce_mean(uncertainty)
        squares = tf.square((continuous - self.means) * tf.exp(-self.log_deviations))
        log_densities = -0.5 * squares - self.log_deviations - 0.5 * math.log(2.0 * math.pi)
        # log 2 is the entropy of a uniform number in [-1, 1].
        return categorical, tf.reduce_mean(tf.reduce_sum(math.log(2.0) + log_densities, axis=-1))


class InferredCodes(typing.NamedTuple):
    """What `InfoGAN.infer_codes` returns.

    Attributes:
        codes: float32 `(num_images, num_codes)`, the most probable categories and the means, as `generate` takes them.
        probabilities: list of float32 `(num_images, number of categories)`, one for each categorical code.
        deviations: float32 `(num_images, num_continuous)`, the standard deviations of the continuous codes.
    """

    codes: np.ndarray
    probabilities: list
    deviations: np.ndarray


@keras.saving.register_keras_serializable(package="keras_gan")
class InfoGAN(AlternatingGAN):
    """InfoGAN: the generator gets codes next to its noise, and the images must show which.

    Nobody labels anything. If the codes are a category and a few numbers, the category often becomes the class of the
    images and the numbers their slant or width, because these are easy to show and to see. With x real, z noise,
    c a code, y = G(z, c) fake, D the logit, Q the distribution of codes that a second head of the discriminator infers,
    and s the softplus:

        discriminator:  E[s(-D(x))] + E[s(D(y))]  -  lambda L_I
        generator:      E[s(-D(y))]               -  lambda L_I
        information:    L_I = E[log Q(c | y)] + H(c)   <=   I(c; y)

    Chen et al. 2016 (arXiv 1606.03657), equations 5 and 6. Both players' updates have the term, as in the authors'
    code: it trains Q and the layers that Q shares with D, and it trains the generator. Real images are not part of it.

    H(c), the entropy of the codes, is constant. So a category of ten that Q always tells has L_I = log 10 = 2.30 nats,
    and `d_info_loss` and `g_info_loss` fall from 0 to -2.30. A continuous code counts as a normal distribution. Its
    standard deviation is 1, as the authors have it for MNIST, if the output "codes" has a number for each category and
    each continuous code; L_I is then at most log 2 - 0.92 = -0.23 nats. If the output has two numbers for each
    continuous code, means m and then s, the network learns the standard deviation too, 0.1 + softplus(s). The 0.1
    keeps L_I of a continuous code below 2.08.

    What differs from the authors' code: the noise is normal, not uniform.

    Args:
        generator: keras.Model, "latents" and "codes" to samples. The codes pass through a
            `keras_gan.layers.CodeEncoding`, which says what they are.
        discriminator: keras.Model, samples to "logits" and "codes": the logits of each categorical code, then the means
            of the continuous ones, then perhaps as many numbers for their standard deviations.
        categorical_weight: lambda of the categorical codes, a number of at least 0.
        continuous_weight: lambda of the continuous codes. A smaller one, such as 0.1, brings their term to the scale of
            the GAN's own.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Attributes:
        encoding: the generator's `keras_gan.layers.CodeEncoding`.

    Raises:
        ValueError: if the generator takes no codes, the discriminator does not return as many as it takes, a network
            takes labels, or a weight is out of range; and as `TwoPlayerGAN` does.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.info_gan(
        ...     image_shape=(8, 8, 1), categories=(3,), num_continuous=1, latent_dim=4, width=4, units=8
        ... )
        >>> gan = keras_gan.InfoGAN(*networks, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 8, 8, 1), "float32")
        >>> history = gan.fit(images, batch_size=8, verbose=0)
        >>> gan.generate(5, codes=[2, -0.5], seed=0).shape
        (5, 8, 8, 1)
        >>> gan.infer_codes(images).codes.shape
        (16, 2)
    """

    terms = ("d_loss", "g_loss", "d_info_loss", "g_info_loss")
    generator_takes = ("latents", "codes")

    def __init__(self, generator, discriminator, *, categorical_weight=1.0, continuous_weight=1.0, **options):
        super().__init__(generator, discriminator, losses.NonSaturating(), **options)
        self.categorical_weight = require_number("categorical_weight", categorical_weight, low=0.0)
        self.continuous_weight = require_number("continuous_weight", continuous_weight, low=0.0)
        self.encoding = self._maps.codes
        _require_codes(self.encoding, self.critic.interface)
        self._infers = Interface(discriminator, "discriminator", ("images",), "codes")

    def default_optimizer(self):
        """Adam as in the authors' code for the discriminator: learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-3 for the generator, 2e-4 for the discriminator."""
        generator = keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-8)
        return {"generator": generator, "discriminator": self.default_optimizer()}

    def latents_for(self, batch, noise):
        """Draw latents and codes for each image of a batch, a dict of float32 tensors."""
        codes = self.encoding.drawn(noise.uniform_for(batch, (self.encoding.num_codes,)))
        return {"latents": super().latents_for(batch, noise), "codes": codes}

    def generate_for(self, batch, latents):
        """A batch with generated images instead of the real ones, and with the codes that they are made of."""
        return {**batch, "codes": latents["codes"], **self.forward(self._maps, latents)}

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises: the adversarial loss, -lambda L_I on the fakes, and the penalties."""
        (terms,) = super().discriminator_terms(real, fake).values()
        return {"discriminator": {**terms, "d_info_loss": self.information_loss(fake)}}

    def generator_terms(self, real, fake):
        """What the generator minimises: the adversarial loss and -lambda L_I."""
        (terms,) = super().generator_terms(real, fake).values()
        return {"generator": {**terms, "g_info_loss": self.information_loss(fake)}}

    def information_loss(self, fake):
        """-lambda L_I over a batch of fakes, a float32 scalar."""
        posterior = self.posterior(self.critic(fake).codes)
        categorical, continuous = posterior.information(*self.encoding.split(fake["codes"]))
        return -(self.categorical_weight * categorical + self.continuous_weight * continuous)

    def posterior(self, outputs):
        """Q(c|x) from the discriminator's output "codes", a `Posterior`."""
        categories, count = self.encoding.categories, self.encoding.num_continuous
        learnt = outputs.shape[-1] - self.encoding.size
        *logits, means, deviations = tf.split(outputs, [*categories, count, learnt], axis=-1)
        if not learnt:
            return Posterior(logits, means, tf.zeros_like(means))
        return Posterior(logits, means, tf.math.log(_LEAST_DEVIATION + tf.nn.softplus(deviations)))

    def generate(self, num_images=None, *, latents=None, codes=None, seed=None, averaged=True, batch_size=64):
        """Draw samples, of chosen codes or of drawn ones. This does not change the state of training.

        Args:
            num_images: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            codes: one row of codes for all samples, or `(num_images, num_codes)`: the categories, from 0 on, and then
                the continuous codes; None to draw them. Training draws continuous codes from [-1, 1].
            seed: int for the same latents and codes each time, in every process; None for different ones each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`, images in [-1, 1].

        Raises:
            ValueError: if both or neither of `num_images` and `latents` are given, or the latents or codes are wrong.
        """
        return self.draw_samples(
            num_images, latents=latents, codes=codes, seed=seed, averaged=averaged, batch_size=batch_size
        )

    def infer_codes(self, images, *, batch_size=64):
        """Infer the codes of images, such as real ones: Q(c|x).

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            batch_size: int, how many to take at once.

        Returns:
            `InferredCodes`.

        Raises:
            ValueError: if the images have another shape or range.
        """
        sampler = Sampler(self._infers, is_drawn=False)
        posterior = self.posterior(tf.constant(sampler.run(sampler.inputs_for(images=images), batch_size)))
        chosen = [np.argmax(logits, axis=-1)[:, np.newaxis] for logits in posterior.logits]
        return InferredCodes(
            np.concatenate([*chosen, posterior.means], axis=-1).astype("float32"),
            [tf.nn.softmax(logits).numpy() for logits in posterior.logits],
            tf.exp(posterior.log_deviations).numpy(),
        )

    def snapshot(self, num_images, *, seed, inputs=None):
        """What `callbacks.ImageSnapshots` shows: a row for each value of the first code, with the same noise in all.

        Args:
            num_images: int, the most images to show.
            seed: int, of the noise and the other codes.
            inputs: codes to show instead, `(count, num_codes)`; None for the rows.

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row; None for as many as
            make a square.
        """
        if inputs is not None:
            return self.generate(min(num_images, len(inputs)), codes=inputs[:num_images], seed=seed), None
        values = self._values_of_first_code()[:num_images]
        columns = num_images // len(values)
        row = self.sampling_inputs(columns, seed=seed)
        drawn = {name: np.concatenate([tensor] * len(values)) for name, tensor in row.items()}
        drawn["codes"][:, 0] = np.repeat(values, columns)
        return self.generate(**drawn), columns

    def _values_of_first_code(self):
        if self.encoding.categories:
            return np.arange(self.encoding.categories[0])
        return np.linspace(-1.0, 1.0, _CODES_SHOWN)

    def get_config(self):
        """Return the constructor's arguments."""
        weights = {"categorical_weight": self.categorical_weight, "continuous_weight": self.continuous_weight}
        return {**super().get_config(), **weights}


def _require_codes(encoding, judges):
    """Raise a ValueError unless the discriminator returns what the generator's codes need."""
    if encoding is None:
        raise ValueError(
            "The generator of an InfoGAN must have two inputs, 'latents' and 'codes'. `networks.info_gan` builds one. "
            "Received: a generator with the input 'latents' alone"
        )
    if "labels" in judges.shapes or "classes" in judges.outputs:
        raise ValueError(
            "An InfoGAN learns its classes by itself and takes no labels: use `ACGAN` for classes that are known. "
            f"Received: discriminator with inputs {list(judges.shapes)} and outputs {list(judges.outputs)}"
        )
    made, fixed = judges.outputs.get("codes"), encoding.size
    widths = sorted({fixed, fixed + encoding.num_continuous})
    if made is None or len(made) != 1 or made[0] not in widths:
        wanted = " or ".join(f"(batch, {width})" for width in widths)
        raise ValueError(
            f"The discriminator of this InfoGAN must have two outputs, 'logits' and 'codes' of shape {wanted}: "
            f"categories={encoding.categories}, num_continuous={encoding.num_continuous}. `networks.info_gan` builds "
            f"one. Received: outputs {judges.outputs}"
        )
