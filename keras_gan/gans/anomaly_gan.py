"""f-AnoGAN: a GAN of normal images, and then an encoder that finds each image among what the GAN can draw."""

import warnings

import keras
import tensorflow as tf
from keras import ops

from keras_gan._arguments import require_int, require_number
from keras_gan.gans._scoring import ScoringModel, features_of, mean_of_each
from keras_gan.gans._serialised import serialised
from keras_gan.penalties import GradientPenalty
from keras_gan.training import Critic, Interface, Player
from keras_gan.training.player import copy_of


@keras.saving.register_keras_serializable(package="keras_gan")
class AnomalyGAN(ScoringModel):
    """f-AnoGAN: finds anomalies by what a GAN of normal images cannot draw.

    A training has two phases, in one `fit`. In the first, of `gan_steps` steps, a Wasserstein GAN with gradient penalty
    learns to draw normal images. In the second, G and D stay as they are, and an encoder learns to find the code of
    each image. An image that the generator cannot draw comes back changed. With the critic D, f its features, x real,
    y = G(z) fake, x^ = G(E(x)) the reconstruction, and means over pixels and over features,

        critic:     E[D(y)] - E[D(x)]  +  10 E[ (|grad D| - 1)^2 ]
        generator:  -E[D(y)]
        encoder:    mean (x - x^)^2  +  kappa mean (f(x) - f(x^))^2
        score(x):   the encoder's loss of this one image

    Schlegl et al. 2019 (Medical Image Analysis 54), the variant that they call izi_f: the encoder takes the place of
    the search for each image's code in AnoGAN (Schlegl et al. 2017, arXiv 1703.05921). The first phase is `WGANGP`. The
    features are the critic's output "features", or what its last layer takes. The critic must not have batch
    normalisation.

    The step count decides on the phase, so a run that is stopped resumes in either. Codes, reconstructions and scores
    mean nothing before the second one. There, a step trains the encoder on each of its `discriminator_steps` batches.
    The encoder is fitted to the averaged generator if there is one, with both networks in inference mode.

    A GAN of any class that is already trained takes the place of the first phase:

        model = keras_gan.AnomalyGAN.of(gan, keras_gan.networks.dcgan_encoder(image_shape=..., latent_dim=...))

    Args:
        generator: keras.Model, latents to images.
        discriminator: keras.Model, images to logits, the critic.
        encoder: keras.Model, images to codes of the size of the latents. If it returns several tensors, the code is
            called "mean".
        gan_steps: int, training steps of the first phase; 0 for a generator and a critic that are trained.
        discriminator_steps: int, critic updates for each generator update.
        kappa: weight of the features in the encoder's loss and in the scores, at least 0.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; generator and encoder are averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> sizes = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 2}
        >>> networks = keras_gan.networks.dcgan(**sizes), keras_gan.networks.dcgan_encoder(**sizes)
        >>> model = keras_gan.AnomalyGAN(*networks[0], networks[1], gan_steps=1, discriminator_steps=1, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 8, 8, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.phase, model.score(images[:3]).shape, model.reconstruct(images[:3]).shape
        ('encoder', (3,), (3, 8, 8, 1))
    """

    terms = ("d_loss", "g_loss", "image_loss", "feature_loss")

    def __init__(
        self,
        generator,
        discriminator,
        encoder,
        *,
        gan_steps=10_000,
        discriminator_steps=5,
        kappa=1.0,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        decodes = Interface(generator, "generator", ("latents",), "images")
        encodes = Interface(encoder, "encoder", ("images",), "mean")
        critic = Critic(discriminator, role="discriminator", conditions=(), generator=decodes)
        decodes.require_fit(critic.interface)
        decodes.require_fit(encodes)
        encodes.require_fit(decodes)
        gan_steps = require_int("gan_steps", gan_steps, low=0)
        discriminator_steps = require_int("discriminator_steps", discriminator_steps)
        # Where no critic is trained, one with batch normalisation does as well.
        penalties = [GradientPenalty(10.0)] if gan_steps else []
        super().__init__(
            encodes,
            decodes,
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminator": Player(
                    discriminator=discriminator, penalties=penalties, updates_per_step=discriminator_steps
                ),
                "encoder": Player(encoder=encoder, ema_half_life=ema_half_life, updates_per_step=discriminator_steps),
            },
            batches_per_step=discriminator_steps,
            batches_argument="discriminator_steps",
            phases={"game": gan_steps, "encoder": None},
            seed=seed,
            name=name,
        )
        self.gan_steps, self.kappa = gan_steps, require_number("kappa", kappa, low=0.0)
        self.critic = critic
        self._looks = Interface(features_of(discriminator), "discriminator", ("images",), "features")

    @classmethod
    def of(cls, gan, encoder, **options):
        """Return a model for a GAN that is trained, which begins with the encoder.

        The networks are copies, so the GAN may be trained further: of the averaged generator if there is one, and of
        the discriminator.

        Args:
            gan: a GAN of one generator, from latents alone, and one discriminator of images alone.
            encoder: as in the constructor.
            **options: further arguments of the constructor.

        Raises:
            ValueError: if this is no such GAN, and as the constructor does.

        Example:
            >>> import keras_gan
            >>> sizes = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 2}
            >>> gan = keras_gan.HingeGAN(*keras_gan.networks.dcgan(**sizes))
            >>> AnomalyGAN.of(gan, keras_gan.networks.dcgan_encoder(**sizes)).phase
            'encoder'
        """
        networks = [getattr(gan, role, None) for role in ("generator", "discriminator")]
        if not all(isinstance(network, keras.Model) for network in networks):
            raise ValueError(
                "A trained GAN must have a `generator` and a `discriminator`. To begin with networks alone, give them "
                f"to the constructor with `gan_steps=0`. Received: gan={gan!r:.80}"
            )
        if hasattr(gan, "settle_averages"):
            gan.settle_averages()
        networks[0] = getattr(gan, "averaged_generator", None) or networks[0]
        return cls(*map(copy_of, networks), encoder, gan_steps=0, **options)

    def default_optimizers(self):
        """Adam as in `WGANGP` for the GAN; Adam with learning rate 5e-4 for the encoder, where the paper has RMSProp.

        The authors' 5e-5 is for 50,000 steps.
        """
        game = {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-8}
        players = {name: keras.optimizers.Adam(5e-4, **game) for name in ("generator", "discriminator")}
        return {**players, "encoder": keras.optimizers.Adam(5e-4, epsilon=1e-8)}

    def train_step(self, data):
        """A step of WGAN-GP's algorithm 1 in the first phase, and of the encoder in the second."""
        with self.step_on(data) as (batches, noise):
            self.run_phase(
                game=lambda: self.play_game(batches, noise),
                encoder=lambda: self.fit_encoder(batches),
            )
        return self.get_metrics_result()

    def play_game(self, batches, noise):
        """Some critic updates, each on its own minibatch, then one update of the generator."""
        for batch in batches:
            fakes = self.record(self.generate_for, self.codes_for(batch, noise))
            self.minimise(self.critic_terms, batch, fakes)
        self.minimise(self.generator_terms, fakes)

    def fit_encoder(self, batches):
        """An update of the encoder on each minibatch."""
        for batch in batches:
            self.minimise(self.encoder_terms, batch)

    def generate_for(self, latents):
        """A batch of images that are made of latents."""
        return self.forward(self._decodes, {"latents": latents})

    def critic_terms(self, real, fake):
        """The negated distance that the critic measures, and its gradient penalty."""
        distance = tf.reduce_mean(self.critic(real).logits) - tf.reduce_mean(self.critic(fake).logits)
        return {"discriminator": {"d_loss": -distance, **self.penalise("discriminator", self.critic, real, fake)}}

    def generator_terms(self, fake):
        """What the critic thinks of the fakes, negated."""
        return {"generator": {"g_loss": -tf.reduce_mean(self.critic(fake).logits)}}

    def encoder_terms(self, batch):
        """Both residuals, means over the batch."""
        codes = self.forward(self._encodes, batch)["mean"]
        of_image, of_features = self.residuals(batch["images"], codes, self.networks_of(averaged=True))
        return {"encoder": {"image_loss": tf.reduce_mean(of_image), "feature_loss": tf.reduce_mean(of_features)}}

    def residuals(self, images, codes, networks):
        """What the reconstructions lack, float32 `(batch,)`: mean (x - x^)^2 and kappa mean (f(x) - f(x^))^2.

        Args:
            images: tensor `(batch, *sample_shape)`.
            codes: tensor `(batch, *latent_shape)`.
            networks: dict of name to keras.Model, with the generator. It is called in inference mode, as is the critic.
        """
        rebuilt = self.images_of(codes, networks)
        real, fake = (self._looks({"images": each}, training=False)["features"] for each in (images, rebuilt))
        # float32: the squares of features overflow float16.
        real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
        return mean_of_each(ops.square(images - rebuilt)), self.kappa * mean_of_each(ops.square(real - fake))

    def test_terms(self, batch, noise):
        """All losses on images that are not trained on."""
        fake = self.generate_for(self.codes_for(batch, noise))
        return {**self.critic_terms(batch, fake), **self.generator_terms(fake), **self.encoder_terms(batch)}

    def score(self, images, *, averaged=True, batch_size=64):
        """Say how anomalous images are: higher is more anomalous.

        Args:
            images: float32 `(num_images, *sample_shape)` in [-1, 1].
            averaged: whether to use the averaged networks if there are some.
            batch_size: int, how many to score at once.

        Returns:
            float32 NumPy array `(num_images,)`.

        Raises:
            ValueError: if the images have another shape, or are not in [-1, 1].

        Warns:
            UserWarning: in the first phase of the training, when the encoder knows nothing.
        """
        if self.phase == "game":
            warnings.warn(
                f"The encoder is trained after the first {self.gan_steps:,} steps, and this model has taken "
                f"{int(self.training_state.step.value):,}: its scores mean nothing yet. Measure it after these steps, "
                "with `every=` of `callbacks.Evaluate` for example.",
                stacklevel=2,
            )
        return super().score(images, averaged=averaged, batch_size=batch_size)

    def scores(self, images, networks):
        """The encoder's loss of each image."""
        of_image, of_features = self.residuals(images, self.codes_of(images, networks), networks)
        return of_image + of_features

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "gan_steps": self.gan_steps,
            "discriminator_steps": self.batches_per_step,
            "kappa": self.kappa,
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }
