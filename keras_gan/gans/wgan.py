"""The Wasserstein GAN with clipped weights."""

import keras
import tensorflow as tf

from keras_gan import losses
from keras_gan._arguments import require_int, require_number
from keras_gan._replicas import run_if
from keras_gan.gans.two_player import TwoPlayerGAN

# The authors' code trains the critic towards its optimum before each of the first generator updates, then regularly.
_WARM_UP_UPDATES = 25
_WARM_UP_EVERY = 500


@keras.saving.register_keras_serializable(package="keras_gan")
class WGAN(TwoPlayerGAN):
    """Wasserstein GAN: a critic whose weights are clipped after each update.

    With the critic D, x real and y = G(z) fake:

        critic:     E[D(y)] - E[D(x)],   then each weight w = min(max(w, -c), c)
        generator:  -E[D(y)]

    Arjovsky et al. 2017 (arXiv 1701.07875), algorithm 1. With `warm_up_steps=100`, as in the authors' code, each of the
    first 25 generator updates and every 500th one follows so many critic updates. A training step always takes
    `discriminator_steps` minibatches. So during the warm-up most training steps leave the generator unchanged, and
    `g_loss` is 0 until the first generator update.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, the critic, samples to ratings; see `TwoPlayerGAN`.
        clip: float, the bound c > 0. Each trainable weight of the critic stays in [-c, c].
        warm_up_steps: int, critic updates before each generator update of a warm-up; 0 for no warm-up, as in the paper.
        discriminator_steps: int, critic updates before each of the other generator updates.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.WGAN(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((40, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, clip=0.01, warm_up_steps=0, discriminator_steps=5, **options):
        super().__init__(
            generator, discriminator, losses.Wasserstein(), discriminator_steps=discriminator_steps, **options
        )
        self.clip = require_number("clip", clip, low=0.0, open_low=True)
        self.warm_up_steps = require_int("warm_up_steps", warm_up_steps, low=0)
        self._generator_updates = self.training_state.add_counter("generator_updates")
        self._critic_updates = self.training_state.add_counter("critic_updates")

    def default_optimizer(self):
        """RMSProp as in the paper, but ten times as fast: learning rate 5e-4."""
        return keras.optimizers.RMSprop(5e-4, rho=0.99, epsilon=1e-8)

    def paper_optimizer(self):
        """RMSProp as in the paper, learning rate 5e-5, with the decay and epsilon of the authors' framework."""
        return keras.optimizers.RMSprop(5e-5, rho=0.99, epsilon=1e-8)

    def train_step(self, data):
        """Update and clip the critic `discriminator_steps` times, then the generator if it is its turn."""
        with self.step_on(data) as (batches, noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, self.latents_for(batch, noise))
                self.minimise(self.critic_terms, batch, fakes)
                self.clip_weights()
            if self.warm_up_steps > self.discriminator_steps:
                run_if(self._critic_is_ready(), lambda: self.update_generator(batch, fakes))
            else:
                self.update_generator(batch, fakes)
        return self.get_metrics_result()

    def critic_terms(self, real, fake):
        """The negated distance that the critic measures."""
        distance = tf.reduce_mean(self.critic(real).logits) - tf.reduce_mean(self.critic(fake).logits)
        return {"discriminator": {"d_loss": -distance, **self.penalise("discriminator", self.critic, real, fake)}}

    def generator_terms(self, real, fake):
        """What the critic thinks of the fakes, negated, and the penalties of the generator."""
        loss = -tf.reduce_mean(self.critic(fake).logits)
        return {"generator": {"g_loss": loss, **self.generator_penalties(real)}}

    def clip_weights(self):
        """Keep each weight of the critic in [-clip, clip]."""
        for weight in self.discriminator.trainable_weights:
            weight.assign(tf.clip_by_value(weight, -self.clip, self.clip))
        self._critic_updates.assign_add(1)

    def update_generator(self, batch, fakes):
        """Step the generator's optimizer, and set the count of critic updates back to 0."""
        self.minimise(self.generator_terms, batch, fakes)
        self._generator_updates.assign_add(1)
        self._critic_updates.assign(0)

    def _critic_is_ready(self):
        """Whether the critic has had enough updates for the next update of the generator, a boolean tensor."""
        updates = self._generator_updates.value
        warm_up = (updates < _WARM_UP_UPDATES) | (updates % _WARM_UP_EVERY == 0)
        needed = tf.where(warm_up, self.warm_up_steps, self.discriminator_steps)
        return self._critic_updates.value >= tf.cast(needed, tf.int64)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "clip": self.clip, "warm_up_steps": self.warm_up_steps}
