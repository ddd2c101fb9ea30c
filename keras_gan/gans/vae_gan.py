"""VAE-GAN: an autoencoder that compares images in the features of a discriminator."""

import typing

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.gans._pairs import side_by_side
from keras_gan.gans._serialised import serialised
from keras_gan.losses import NonSaturating
from keras_gan.training import AdversarialModel, Critic, Field, Interface, Player, Sampler


class Posterior(typing.NamedTuple):
    """q(z|x), a normal distribution for each image: its parameters and a sample."""

    mean: tf.Tensor
    log_variance: tf.Tensor
    sample: tf.Tensor

    @property
    def divergence(self):
        """KL(q(z|x) || N(0, I)), summed over the code, mean over the batch."""
        terms = 1.0 + self.log_variance - tf.square(self.mean) - tf.exp(self.log_variance)
        return -0.5 * tf.reduce_mean(tf.reduce_sum(terms, axis=-1))


@keras.saving.register_keras_serializable(package="keras_gan")
class VAEGAN(AdversarialModel):
    """Variational autoencoder that compares images in the features of a discriminator.

    With x real, z ~ q(z|x) from the encoder, x~ = Dec(z) the reconstruction, y = Dec(u) drawn from u ~ N(0, I), f the
    features of the discriminator, D its logit and s the softplus:

        encoder:        KL(q(z|x) || N(0, I))  +  L
        decoder:        gamma L  +  (E[s(-D(x~))] + E[s(-D(y))]) / 2
        discriminator:  E[s(-D(x))]  +  (E[s(D(x~))] + E[s(D(y))]) / 2
        likeness:       L = 1/2 E|f(x) - f(x~)|^2,  summed over the features

    Larsen et al. 2015 (arXiv 1512.09300), equations 5 to 9 and algorithm 1. Each player has its own objective: no GAN
    gradient reaches the encoder, and no likeness gradient reaches the discriminator. All three updates share one pass.

    Differences from the paper: the decoder has the non-saturating loss. The two kinds of fakes together have the same
    weight as the real images. All players are always updated (the authors' code skips updates of a player that is
    ahead). The paper's gamma of 1e-6 suits 16,384 features and sums over a batch. Here 0.1 suits the few thousand
    features of small pictures, and makes the two terms of the decoder similar in size.
    `compile(loss_weights={"kl_loss": 0.1})` makes reconstructions nearer and samples worse, as a beta below 1 does in a
    VAE.

    Args:
        encoder: keras.Model, images to "mean" and "log_variance", each `(batch, latent_dim)`.
        decoder: keras.Model, latents to images.
        discriminator: keras.Model, images to "logits" and "features".
        gamma: weight of the likeness in the decoder's objective, at least 0.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; the decoder is averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.vae_gan(image_shape=(16, 16, 1), latent_dim=4, width=4)
        >>> model = keras_gan.VAEGAN(*networks, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 16, 16, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.encode(images[:3]).shape, model.reconstruct(images[:3]).shape
        ((3, 4), (3, 16, 16, 1))
        >>> model.generate(2, seed=0).shape
        (2, 16, 16, 1)
    """

    terms = ("kl_loss", "likeness_loss", "g_loss", "d_loss")

    def __init__(self, encoder, decoder, discriminator, *, gamma=0.1, ema_half_life=None, seed=None, name=None):
        encodes = Interface(encoder, "encoder", ("images",), "mean")
        decodes = Interface(decoder, "decoder", ("latents",), "images")
        critic = Critic(discriminator, role="discriminator")
        _require_fitting(encodes, decodes, critic.interface)
        super().__init__(
            {
                "encoder": Player(encoder=encoder),
                "decoder": Player(decoder=decoder, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator),
            },
            {"images": Field(encodes.shapes["images"])},
            seed=seed,
            name=name,
        )
        self.gamma = require_number("gamma", gamma, low=0.0)
        self.latent_shape, self.sample_shape = decodes.shapes["latents"], encodes.shapes["images"]
        self.adversarial_loss, self.critic = NonSaturating(), critic
        self._encodes, self._decodes = encodes, decodes

    def default_optimizers(self):
        """RMSProp as in the authors' code; learning rate 3e-4, which suits losses that are means over the batch."""
        return {name: keras.optimizers.RMSprop(3e-4, rho=0.9, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Algorithm 1: one pass, then an update of each player on its own objective."""
        with self.step_on(data) as ((batch,), noise):
            self.minimise(self.objectives, batch, self.codes_for(batch, noise), self.codes_for(batch, noise))
        return self.get_metrics_result()

    def codes_for(self, batch, noise):
        """Standard normal numbers, one for each entry of the codes of a batch, float32 `(batch, *latent_shape)`."""
        return noise.normal_for(batch, self.latent_shape)

    def objectives(self, batch, deviation, prior):
        """What the three players minimise."""
        posterior = self.posterior(batch, deviation)
        images = batch["images"], self.decode_codes(posterior.sample), self.decode_codes(prior)
        real, rebuilt, drawn = (self.critic({"images": each}) for each in images)
        likeness = _likeness(real.features, rebuilt.features)
        fooling = self.adversarial_loss.generator_loss
        judging = self.adversarial_loss.discriminator_loss
        return {
            "encoder": {"kl_loss": posterior.divergence, "likeness_loss": likeness},
            "decoder": {
                "likeness_loss": self.gamma * likeness,
                "g_loss": 0.5 * (fooling(None, rebuilt.logits) + fooling(None, drawn.logits)),
            },
            "discriminator": {
                "d_loss": 0.5 * (judging(real.logits, rebuilt.logits) + judging(real.logits, drawn.logits))
            },
        }

    def test_terms(self, batch, noise):
        """All losses on images that are not trained on."""
        return self.objectives(batch, self.codes_for(batch, noise), self.codes_for(batch, noise))

    def posterior(self, batch, deviation):
        """q(z|x), with mean + sigma * deviation as its sample."""
        found = self.forward(self._encodes, batch)
        sample = found["mean"] + tf.exp(0.5 * found["log_variance"]) * deviation
        return Posterior(found["mean"], found["log_variance"], sample)

    def decode_codes(self, codes):
        """Dec(z), in the step in progress."""
        return self.forward(self._decodes, {"latents": codes})["images"]

    def sampler(self, averaged=True):
        """The `Sampler` that draws images: from the decoder, or its average."""
        return Sampler(self._decodes, self.averaged_decoder if averaged else None)

    def generate(self, num_images=None, *, latents=None, seed=None, averaged=True, batch_size=64):
        """Draw images. This does not change the state of training.

        Args:
            num_images: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            seed: int for the same latents each time, in every process; None for different latents each time.
            averaged: whether to use the averaged decoder if there is one.
            batch_size: int, how many to make at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`, images in [-1, 1].

        Raises:
            ValueError: if both or neither of `num_images` and `latents` are given, or the latents' shape is wrong.
        """
        return self.draw_samples(num_images, latents=latents, seed=seed, averaged=averaged, batch_size=batch_size)

    def encode(self, images, *, batch_size=64):
        """Return the means of the images' codes.

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            batch_size: int, how many to encode at once.

        Returns:
            float32 NumPy array `(num_images, *latent_shape)`.

        Raises:
            ValueError: if the images have another shape.
        """
        encoder = Sampler(self._encodes, is_drawn=False)
        return encoder.run(encoder.inputs_for(images=images), batch_size)

    def decode(self, latents, *, averaged=True, batch_size=64):
        """Return the images for given codes, as `generate` does with `latents`."""
        return self.generate(latents=latents, averaged=averaged, batch_size=batch_size)

    def reconstruct(self, images, *, averaged=True, batch_size=64):
        """Encode images, decode the means of their codes, and return a float32 NumPy array in [-1, 1]."""
        return self.decode(self.encode(images, batch_size=batch_size), averaged=averaged, batch_size=batch_size)

    def snapshot(self, num_images, *, seed, inputs=None):
        """What `callbacks.ImageSnapshots` shows: drawn images, or images next to their reconstructions.

        Args:
            num_images: int, the most images to show.
            seed: int, of the images that are drawn.
            inputs: float32 images to reconstruct; None to draw some.

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row; None for as many as
            make a square.
        """
        if inputs is None:
            return self.generate(num_images, seed=seed), None
        return side_by_side([[inputs, self.reconstruct]], num_images)

    def call(self, images, training=False):
        """Reconstructions of images."""
        return self.decoder(self.encoder(images, training=training)["mean"], training=training)

    def inputs_of_call(self):
        """The images that `call` reconstructs."""
        return self.data_spec

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "ema_half_life": serialised(self.players["decoder"].ema_half_life),
        }


def _likeness(real, rebuilt):
    """1/2 |f(x) - f(x~)|^2, summed over the features, mean over the batch."""
    squares = 0.5 * tf.square(real - rebuilt)
    return tf.reduce_mean(tf.reduce_sum(squares, axis=tuple(range(1, squares.shape.rank))))


def _require_fitting(encodes, decodes, judges):
    """Raise a ValueError unless the three networks fit each other."""
    for output in ("mean", "log_variance"):
        encodes.require_fit(decodes, output)
    for taker in (encodes, judges):
        decodes.require_fit(taker)
    if "features" not in judges.outputs:
        raise ValueError(
            "The discriminator must return a dict of 'logits' and 'features'. The features are used to compare images. "
            f"`networks.vae_gan` builds one. Received: outputs {list(judges.outputs)}"
        )
