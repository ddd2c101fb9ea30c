"""VAE: an autoencoder whose codes are a distribution that images can be drawn from."""

import math

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_bool, require_int, require_number, require_seed
from keras_gan._quantity import at, require_quantity, scheduled
from keras_gan.gans._posterior import Posterior
from keras_gan.gans._scoring import ScoringModel
from keras_gan.gans._serialised import serialised
from keras_gan.losses import Gaussian, Likelihood
from keras_gan.training import Interface, Player
from keras_gan.training.sampler import in_one_array

# How many codes of an image its score is a mean over.
_SCORED_CODES = 4


@keras.saving.register_keras_serializable(package="keras_gan")
class VAE(ScoringModel):
    """Variational autoencoder: it encodes images, draws images, and bounds how probable an image is.

    The encoder returns a normal distribution q(z|x) of codes, and the decoder p(x|z), so that log p(x) is at least

        ELBO = E[log p(x|z)]  -  KL(q(z|x) || N(0, I))      with z ~ q(z|x)

    Kingma and Welling 2013 (arXiv 1312.6114), equation 10, with one z for each image. Both terms are sums over the
    numbers of an image and of a code, and means over the batch. The model minimises

        -E[log p(x|z)]  +  beta sum_j max(lambda, KL_j)

    where beta above 1 makes the numbers of a code more independent, and reconstructions worse (Higgins et al. 2017,
    beta-VAE), and below 1 reconstructions nearer; and KL_j, the mean of number j over the batch, costs nothing below
    lambda nats, so that fewer numbers are given up early (Kingma et al. 2016, arXiv 1606.04934, equation 15). With
    several replicas, or gradients that are accumulated, the mean is over a part of the batch.

    The logs show both terms as they are minimised, and the bound without beta and lambda: `elbo` in nats an image, and
    `bits_per_dim`, -elbo / (D log 2) for images of D numbers. Which images are compared is the likelihood's matter, see
    `losses.Gaussian` for what its `levels` do.

    As a detector of anomalies, `score` is the negated bound, a mean over four codes of each image. Their deviations are
    the same for all images, so a score depends on its image alone.

    Differences from the paper: Adam instead of Adagrad.

    Args:
        encoder: keras.Model, images to "mean" and "log_variance", each `(batch, latent_dim)`.
        decoder: keras.Model, latents to "images", the means in [-1, 1], and what else the likelihood takes.
            `networks.vae` builds both.
        likelihood: `losses.Gaussian`, `losses.Bernoulli`, `losses.DiscretizedLogistic` or another `losses.Likelihood`;
            None for `Gaussian()`, whose scale the decoder learns.
        beta: weight of the divergence, at least 0: a number, or a schedule such as `schedules.Linear(0.0, 1.0, 5_000)`.
        free_bits: lambda, at least 0, in nats for each number of the code.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; encoder and decoder are averaged.

    Raises:
        ValueError: if the networks do not fit each other or the likelihood, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> model = keras_gan.VAE(*keras_gan.networks.vae(image_shape=(8, 8, 1), latent_dim=2, width=2, units=4))
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 8, 8, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.encode(images[:3]).shape, model.reconstruct(images[:3]).shape
        ((3, 2), (3, 8, 8, 1))
        >>> model.elbo(images[:3]).shape, model.score(images[:3]).shape
        ((3,), (3,))
        >>> model.generate(2, seed=0).shape
        (2, 8, 8, 1)
    """

    terms = ("reconstruction_loss", "kl_loss", "elbo", "bits_per_dim")

    def __init__(
        self,
        encoder,
        decoder,
        *,
        likelihood=None,
        beta=1.0,
        free_bits=0.0,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        encodes = Interface(encoder, "encoder", ("images",), "mean")
        decodes = Interface(decoder, "decoder", ("latents",), "images")
        likelihood = _require_likelihood(Gaussian() if likelihood is None else likelihood)
        _require_fitting(encodes, decodes, likelihood)
        super().__init__(
            encodes,
            decodes,
            {"autoencoder": Player(encoder=encoder, decoder=decoder, ema_half_life=ema_half_life)},
            seed=seed,
            name=name,
        )
        self.likelihood = likelihood
        self.beta = require_quantity("beta", beta, low=0.0)
        self.free_bits = require_number("free_bits", free_bits, low=0.0)

    def default_optimizers(self):
        """Adam with its usual learning rate of 1e-3."""
        return {"autoencoder": keras.optimizers.Adam(1e-3, epsilon=1e-8)}

    def train_step(self, data):
        """Algorithm 1, with one code for each image."""
        with self.step_on(data) as ((batch,), noise):
            self.minimise(self.objective, batch, self.draws_for(batch, noise))
        return self.get_metrics_result()

    def draws_for(self, batch, noise):
        """The random numbers of a batch: the deviations of its codes, and what moves its pixels from their levels.

        Args:
            batch: dict of named tensors.
            noise: `StepNoise` to draw from.

        Returns:
            dict of "codes", float32 `(batch, *latent_shape)`, and where the likelihood needs them "pixels", float32 of
            the shape of the images.
        """
        draws = {"codes": self.codes_for(batch, noise)}
        if self.likelihood.noise_width:
            draws["pixels"] = noise.uniform_for(batch, self.sample_shape)
        return draws

    def objective(self, batch, draws):
        """What encoder and decoder minimise together."""
        posterior = Posterior.of(self.forward(self._encodes, batch), draws["codes"])
        made = self.forward(self._decodes, {"latents": posterior.sample})
        likelihood = tf.reduce_mean(self._log_likelihood(batch["images"], made, draws))
        # For the logs: a number without a gradient changes no step.
        elbo = tf.stop_gradient(likelihood - posterior.divergence)
        terms = {
            "reconstruction_loss": -likelihood,
            "kl_loss": self._beta_in_use() * self._costly(posterior.divergences),
            "elbo": elbo,
            "bits_per_dim": -elbo / self._nats_per_bit(),
        }
        return {"autoencoder": terms}

    def test_terms(self, batch, noise):
        """The losses and the bound on images that are not trained on."""
        return self.objective(batch, self.draws_for(batch, noise))

    def _log_likelihood(self, images, made, draws):
        """The log of p(x|z) of each image, float32 `(batch,)`."""
        return self.likelihood.log_likelihood(self.likelihood.dequantised(images, draws.get("pixels")), made)

    def _costly(self, divergences):
        """The divergence of a batch, of which each number costs at least its free bits."""
        return tf.reduce_sum(tf.maximum(tf.reduce_mean(divergences, axis=0), self.free_bits))

    def _beta_in_use(self):
        return at(self.beta, self.training_state.step.value)

    def _nats_per_bit(self):
        """How many nats an image has if each of its numbers has one bit."""
        return math.prod(self.sample_shape) * math.log(2.0)

    def elbo(self, images, *, num_samples=1, seed=0, averaged=True, batch_size=64):
        """The bound of log p(x) for each image, in nats. This does not change the state of training.

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            num_samples: int, how many codes to draw for each image; the mean of their bounds is less random.
            seed: int for the same draws each time, with the same `batch_size`.
            averaged: whether to use the averaged networks if there are some.
            batch_size: int, how many images at once.

        Returns:
            float32 NumPy array `(num_images,)`. -elbo / (D log 2) is the number of bits for each of D numbers.

        Raises:
            ValueError: if the images have another shape or are not in [-1, 1], or an argument is out of range.
        """
        num_samples, seed = require_int("num_samples", num_samples), require_seed(seed)
        batch_size = require_int("batch_size", batch_size)
        self.settle_averages()
        images = self.kept_sampler(averaged, method="encoder_sampler").inputs_for(images=images)["images"]
        bound = self._kept_bound(require_bool("averaged", averaged))

        def bounds(start):
            rows = images[start : start + batch_size]
            seeds = (tf.constant([seed, start * num_samples + draw], tf.int64) for draw in range(num_samples))
            return tf.add_n([bound(rows, each) for each in seeds]) / num_samples

        return in_one_array(map(bounds, range(0, len(images), batch_size)), len(images))

    def _kept_bound(self, averaged):
        """The compiled function that bounds a batch of images, which every later call uses again."""
        kept = self.__dict__.setdefault("_bounds", {})
        if averaged not in kept:
            signature = [tf.TensorSpec((None, *self.sample_shape)), tf.TensorSpec((2,), tf.int64)]
            networks = self.networks_of(averaged)

            def bound(images, seed):
                return self._bound(images, networks, [self._draws_of_seed(tf.shape(images)[0], seed)])

            kept[averaged] = tf.function(bound, input_signature=signature, autograph=False)
        return kept[averaged]

    def scores(self, images, networks):
        """The negated bound of each image, a mean over a few codes whose deviations are the same for all images."""
        seeds = (tf.constant([0, draw], tf.int64) for draw in range(_SCORED_CODES))
        return -self._bound(images, networks, [self._draws_of_seed(1, seed) for seed in seeds])

    def _draws_of_seed(self, rows, seed):
        """The random numbers of a batch, as `draws_for` returns them."""
        of_codes, of_pixels = _random.seeds_of(seed, 2)
        return {
            "codes": _random.normal((rows, *self.latent_shape), of_codes),
            "pixels": _random.uniform((rows, *self.sample_shape), of_pixels),
        }

    def _bound(self, images, networks, draws):
        """The bound of each image in inference mode, float32 `(batch,)`: the mean over a list of draws.

        A draw has a row for each image, or one for all of them.
        """
        found = self._encodes({"images": images}, network=networks["encoder"], training=False)
        found = {name: tf.cast(found[name], tf.float32) for name in found}
        bounds = []
        for numbers in draws:
            posterior = Posterior.of(found, numbers["codes"])
            made = self._decodes({"latents": posterior.sample}, network=networks["decoder"], training=False)
            bounds.append(self._log_likelihood(images, made, numbers) - posterior.divergence_of_each)
        return tf.add_n(bounds) / len(bounds)

    def scheduled(self):
        """The weight of the divergence if it is a schedule, for the logs."""
        return scheduled(self)

    def scheduled_parts(self):
        """The model itself."""
        return (self,)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "likelihood": serialised(self.likelihood),
            "beta": serialised(self.beta),
            "free_bits": self.free_bits,
            "ema_half_life": serialised(self.players["autoencoder"].ema_half_life),
        }


def _require_likelihood(likelihood):
    if not isinstance(likelihood, Likelihood):
        raise ValueError(
            "`likelihood` must be one of `keras_gan.losses`, such as `Gaussian()`, or None. "
            f"Received: likelihood={likelihood!r}"
        )
    return likelihood


def _require_fitting(encodes, decodes, likelihood):
    """Raise a ValueError unless encoder, decoder and likelihood fit each other."""
    for output in ("mean", "log_variance"):
        encodes.require_fit(decodes, output)
    decodes.require_fit(encodes, "images")
    kind, outputs = type(likelihood).__name__, list(decodes.outputs)
    for name in likelihood.takes:
        if name not in outputs:
            raise ValueError(
                f"{kind} needs a decoder that returns {name!r}, as that of `networks.vae` does"
                f"{' with `learn_scale=True`' if name == 'log_scale' else ''}. Received: decoder with outputs {outputs}"
            )
    if "log_scale" in outputs and "log_scale" not in likelihood.takes:
        raise ValueError(
            f"{kind} does not use the scale that the decoder learns, so it would never be trained. Build the decoder "
            f"with `networks.vae(..., learn_scale=False)`. Received: decoder with outputs {outputs}"
        )
