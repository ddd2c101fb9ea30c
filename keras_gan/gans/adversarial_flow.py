"""The one-step adversarial flow model."""

import keras
import tensorflow as tf

from keras_gan import losses
from keras_gan._gradients import with_gradient
from keras_gan._quantity import at, require_quantity, scheduled, serialised
from keras_gan._replicas import mean_over_replicas
from keras_gan.gans._separate_batches import SeparateBatchesGAN
from keras_gan.penalties import ApproximateR1, ApproximateR2
from keras_gan.schedules import Cosine
from keras_gan.training.passes import current_noise

_CENTRING = 0.01


@keras.saving.register_keras_serializable(package="keras_gan")
class AdversarialFlow(SeparateBatchesGAN):
    """Adversarial flow model: a GAN that also learns which image each noise should become, the nearest one.

    A GAN decides where its samples go, but not which latent goes where, so its map may fold and drift as long as it
    trains. Here the latents are noise z of the image's shape, and a term of optimal transport makes the generator move
    them as little as it can. With s the softplus, D the logit, x real, y = G(z), and d the pixels of an image:

        discriminator:  E[ s(D(y) - D(x)) ]  +  0.01 E[ (D(x) + D(y))^2 ]  +  penalties
        generator:      E[ s(D(x) - D(y)) ]  +  lambda E[ |y - z|^2 ] / d

    As real and fake logits are only compared, the second term keeps them around 0. The penalties are approximations of
    R1 and R2 without a second gradient. What the first term of the generator sends back to the pixels is divided by its
    root mean square over the batch, and by the number of its entries: so the strength of transport means the same for
    every discriminator and every size of image, and it may fall to 0 without a change of the rest.

    Lin et al. 2025 (arXiv 2511.22475): the one-step model from noise (their source time 1) to data (target time 0), in
    which the generator returns the image itself. Updates of discriminator and generator take different batches, as
    there. The paper's running mean of the gradient's scale is that of the batch here, and its penalties see the first
    quarter of each batch, here all of it.

    Args:
        generator: keras.Model, latents to samples of the same shape; see `TwoPlayerGAN`. Such are those of
            `networks.vit(latent_dim=None)` and `networks.noise_unet`, and of `networks.mlp` for vectors, with the
            number of their coordinates as `latent_dim`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        transport_weight: lambda, a number of at least 0 or a schedule. A large one blurs, so it should fall: by
            default along a cosine from 0.2 to 0.005 over 20,000 steps. In the paper it falls over a million.
        penalties: list of penalties that replaces `[ApproximateR1(0.5), ApproximateR2(0.5)]`, the paper's weight of
            0.25 without the factor 1/2; None for these.
        **options: further arguments of `TwoPlayerGAN`, such as `augmentation`, `ema_half_life` and `seed`.

    Raises:
        ValueError: if the generator's inputs and outputs have different shapes, or `transport_weight` is out of range,
            and as `TwoPlayerGAN` does.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=16)
        >>> gan = keras_gan.AdversarialFlow(*networks, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((16, 2), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 2)
    """

    terms = ("d_loss", "centring", "g_loss", "transport")

    def __init__(self, generator, discriminator, *, transport_weight=None, penalties=None, **options):
        weight = Cosine(0.2, 0.005, 20_000) if transport_weight is None else transport_weight
        weight = require_quantity("transport_weight", weight, low=0.0)
        penalties = [ApproximateR1(0.5), ApproximateR2(0.5)] if penalties is None else penalties
        super().__init__(generator, discriminator, losses.Relativistic(), penalties=penalties, **options)
        if self.latent_shape != self.sample_shape:
            raise ValueError(
                "An adversarial flow moves noise of the samples' shape, so the generator must take inputs of the shape "
                "that it returns: `networks.noise_unet`, `networks.vit(latent_dim=None)`. "
                f"Received: generator.input_shape={(None, *self.latent_shape)}, "
                f"generator.output_shape={(None, *self.sample_shape)}"
            )
        self.transport_weight = weight

    def generate_for(self, batch, latents):
        """A batch with generated images, and with the noise that they were made of."""
        return {**super().generate_for(batch, latents), "latents": latents}

    def discriminator_terms(self, real, fake):
        """The pairing loss, the term that keeps logits around 0, and the penalties."""
        terms = super().discriminator_terms(real, fake)
        sums = self.critic(real).logits + self.critic(fake).logits
        terms["discriminator"]["centring"] = _CENTRING * tf.reduce_mean(tf.square(sums))
        return terms

    def generator_terms(self, real, fake):
        """The pairing loss, whose gradient has the same scale for every discriminator, and the transport."""

        def loss(images):
            return self.adversarial_loss.generator_loss(
                self.critic(real).logits, self.critic({**fake, "images": images}).logits
            )

        moved = fake["images"] - tf.stop_gradient(fake["latents"])
        terms = {
            "g_loss": _with_unit_gradient(loss, fake["images"]),
            "transport": self._weight_in_use() * tf.reduce_mean(tf.square(moved)),
        }
        return {"generator": {**terms, **self.generator_penalties(real)}}

    def _weight_in_use(self):
        noise = current_noise()
        return at(self.transport_weight, 0 if noise is None else noise.step)

    def scheduled(self):
        """The weight of the transport if it is a schedule, for the logs."""
        return scheduled(self)

    def scheduled_parts(self):
        """The augmentations, and the model itself."""
        return (*super().scheduled_parts(), self)

    def default_optimizer(self):
        """Adam with the paper's betas, 0 and 0.9, and five times its learning rate: 5e-4."""
        return keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8)

    def paper_optimizer(self):
        """AdamW as in the authors' code: learning rate 1e-4, betas 0 and 0.9, weight decay 0.01."""
        return keras.optimizers.AdamW(1e-4, weight_decay=0.01, beta_1=0.0, beta_2=0.9, epsilon=1e-8)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "transport_weight": serialised(self.transport_weight)}


def _with_unit_gradient(loss, images):
    """The value of a loss, with a gradient for the images whose entries have the root mean square 1 / their number.

    The scale of a float16 optimizer multiplies this gradient as any other.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        # New to the critic, so that the pass that it makes is on this tape.
        seen = tf.identity(images)
        tape.watch(seen)
        value = loss(seen)
    gradient = tape.gradient(value, seen)
    # Of the whole batch, on whatever replicas its images are.
    mean_square = mean_over_replicas(tf.reduce_mean(tf.square(gradient)))
    size = tf.sqrt(mean_square) * tf.cast(tf.size(images), tf.float32)
    unit = tf.math.divide_no_nan(gradient, size)
    return with_gradient(lambda _: tf.identity(value), lambda _, upstream: (upstream * unit,), images)
