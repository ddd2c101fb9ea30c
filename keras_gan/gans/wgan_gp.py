"""The Wasserstein GAN with gradient penalty."""

import keras
import tensorflow as tf

from keras_gan import losses
from keras_gan.gans.two_player import TwoPlayerGAN
from keras_gan.penalties import GradientPenalty


@keras.saving.register_keras_serializable(package="keras_gan")
class WGANGP(TwoPlayerGAN):
    """Wasserstein GAN with gradient penalty: a soft Lipschitz constraint instead of clipped weights.

    With the critic D, x real, y = G(z) fake, and z^ on the line between a real and a fake image:

        critic:     E[D(y)] - E[D(x)]  +  lambda E[ (|grad D(z^)| - 1)^2 ]
        generator:  -E[D(y)]

    Gulrajani et al. 2017 (arXiv 1704.00028), equation 3 and algorithm 1. The critic must not have BatchNormalization.
    Difference from the paper: the generator's update uses the samples of the critic's last update, where the algorithm
    draws new ones.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        penalties: list of penalties that replaces the paper's gradient penalty of weight 10; None for the paper's.
        discriminator_steps: int, critic updates for each generator update.
        **options: further arguments of `TwoPlayerGAN`, such as `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.WGANGP(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((40, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, penalties=None, discriminator_steps=5, **options):
        penalties = [GradientPenalty(10.0)] if penalties is None else penalties
        super().__init__(
            generator,
            discriminator,
            losses.Wasserstein(),
            penalties=penalties,
            discriminator_steps=discriminator_steps,
            **options,
        )

    def train_step(self, data):
        """Algorithm 1: some critic updates, each on its own minibatch, then one update of the generator."""
        with self.step_on(data) as (batches, noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, self.latents_for(batch, noise))
                self.minimise(self.critic_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    def critic_terms(self, real, fake):
        """The negated distance that the critic measures, and its gradient penalty."""
        distance = tf.reduce_mean(self.critic(real).logits) - tf.reduce_mean(self.critic(fake).logits)
        return {"discriminator": {"d_loss": -distance, **self.penalise("discriminator", self.critic, real, fake)}}

    def generator_terms(self, real, fake):
        """What the critic thinks of the fakes, negated, and the penalties of the generator."""
        loss = -tf.reduce_mean(self.critic(fake).logits)
        return {"generator": {"g_loss": loss, **self.generator_penalties(real)}}

    def default_optimizer(self):
        """Adam with the paper's betas, 0.5 and 0.9, and five times its learning rate: 5e-4."""
        return keras.optimizers.Adam(5e-4, beta_1=0.5, beta_2=0.9, epsilon=1e-8)

    def paper_optimizer(self):
        """Adam as in the authors' code: learning rate 1e-4, betas 0.5 and 0.9."""
        return keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9, epsilon=1e-8)
