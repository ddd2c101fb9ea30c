"""GANs as the Keras guides teach them: one `train_step` with two passes of the generator, stock layers, two optimizers.

After "Customizing what happens in `fit()`", section "Wrapping up: an end-to-end GAN example", and after the examples
"WGAN-GP overriding `Model.train_step`" and "CycleGAN", but with `training=True`, which the first one forgets.
"""

import keras
import tensorflow as tf
from keras import ops


class TextbookGAN(keras.Model):
    """The guide's GAN: real and generated images pass the discriminator together."""

    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator, self.generator, self.latent_dim = discriminator, generator, latent_dim
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")
        self.seed_generator = keras.random.SeedGenerator(0)
        self.built = True

    @property
    def metrics(self):
        """The means that the logs show."""
        return [self.d_loss_tracker, self.g_loss_tracker]

    def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn, **options):
        """Set the optimizers, and the losses `d_loss_fn(labels, predictions)` and `g_loss_fn(predictions)`."""
        super().compile(loss=None, optimizer=None, **options)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.d_loss_fn, self.g_loss_fn = d_loss_fn, g_loss_fn
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self.g_optimizer.build(self.generator.trainable_variables)

    def latents(self, batch_size):
        """Random points in the latent space."""
        return keras.random.normal((batch_size, self.latent_dim), seed=self.seed_generator)

    def train_step(self, real_images):
        """The discriminator's step, then the generator's on images of its own."""
        batch_size = real_images.shape[0]
        generated_images = self.generator(self.latents(batch_size), training=True)
        combined_images = ops.concatenate([generated_images, real_images], axis=0)
        labels = ops.concatenate([ops.zeros((batch_size, 1)), ops.ones((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            predictions = self.discriminator(combined_images, training=True)
            d_loss = self.d_loss_fn(labels, predictions)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        return self.train_generator(d_loss, batch_size)

    def train_generator(self, d_loss, batch_size):
        """The generator's step, and the logs."""
        latents = self.latents(batch_size)
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(latents, training=True), training=True)
            g_loss = self.g_loss_fn(predictions)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}


class TextbookWGANGP(TextbookGAN):
    """The example's WGAN-GP: several critic steps, each with a pass of the generator and one more at interpolates."""

    def __init__(self, discriminator, generator, latent_dim, discriminator_steps, gp_weight=10.0):
        super().__init__(discriminator, generator, latent_dim)
        self.d_steps, self.gp_weight = discriminator_steps, gp_weight

    def gradient_penalty(self, batch_size, real_images, fake_images):
        """The penalty at images between the real and the fake ones."""
        alpha = keras.random.uniform((batch_size, 1, 1, 1), seed=self.seed_generator)
        interpolated = real_images + alpha * (fake_images - real_images)
        with tf.GradientTape() as tape:
            tape.watch(interpolated)
            predictions = self.discriminator(interpolated, training=True)
        gradients = tape.gradient(predictions, [interpolated])[0]
        norms = ops.sqrt(ops.sum(ops.square(gradients), axis=[1, 2, 3]))
        return ops.mean((norms - 1.0) ** 2)

    def train_step(self, real_images):
        """The critic's steps, each on images of its own, then the generator's."""
        for real in ops.split(real_images, self.d_steps):
            batch_size = real.shape[0]
            latents = self.latents(batch_size)
            with tf.GradientTape() as tape:
                fake = self.generator(latents, training=True)
                fake_logits = self.discriminator(fake, training=True)
                real_logits = self.discriminator(real, training=True)
                d_cost = self.d_loss_fn(real_logits, fake_logits)
                d_loss = d_cost + self.gp_weight * self.gradient_penalty(batch_size, real, fake)
            weights = self.discriminator.trainable_weights
            self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        return self.train_generator(d_cost, batch_size)


class TextbookCycleGAN(keras.Model):
    """The example's CycleGAN: all passes on one tape, a gradient and an optimizer for each of the four networks."""

    def __init__(self, forth, back, source_discriminator, target_discriminator, cycle_weight=10.0, identity_weight=0.5):
        super().__init__()
        self.forth, self.back = forth, back
        self.source_discriminator, self.target_discriminator = source_discriminator, target_discriminator
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.built = True

    @property
    def networks(self):
        """The four networks, in the order of their optimizers."""
        return [self.forth, self.back, self.target_discriminator, self.source_discriminator]

    def compile(self, optimizers, **options):
        """Set the optimizers of the networks."""
        super().compile(loss=None, optimizer=None, **options)
        self.optimizers_of_networks = optimizers
        for optimizer, network in zip(optimizers, self.networks, strict=True):
            optimizer.build(network.trainable_variables)

    def train_step(self, batch):
        """One step of all four networks."""
        real_x, real_y = batch["source"], batch["target"]
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = self.forth(real_x, training=True), self.back(real_y, training=True)
            losses = [
                self.translator_loss(self.forth, self.back, self.target_discriminator, real_x, real_y, fake_y),
                self.translator_loss(self.back, self.forth, self.source_discriminator, real_y, real_x, fake_x),
                self.discriminator_loss(self.target_discriminator, real_y, fake_y),
                self.discriminator_loss(self.source_discriminator, real_x, fake_x),
            ]
            # Each translator learns from both cycles.
            cycles = [cycle for _, cycle in losses[:2]]
            losses = [*(loss + sum(cycles) for loss, _ in losses[:2]), *losses[2:]]
        for loss, network, optimizer in zip(losses, self.networks, self.optimizers_of_networks, strict=True):
            weights = network.trainable_weights
            optimizer.apply(tape.gradient(loss, weights), weights)
        return dict(zip(("forth_loss", "back_loss", "d_target_loss", "d_source_loss"), losses, strict=True))

    def translator_loss(self, translator, inverse, discriminator, images, others, fake):
        """What a translator minimises next to the cycles, and the cycle that begins with it."""
        logits = discriminator(fake, training=True)
        cycle = self.cycle_weight * ops.mean(ops.abs(inverse(fake, training=True) - images))
        same = ops.mean(ops.abs(translator(others, training=True) - others))
        return ops.mean((logits - 1.0) ** 2) + self.cycle_weight * self.identity_weight * same, cycle

    @staticmethod
    def discriminator_loss(discriminator, real, fake):
        """What a discriminator minimises."""
        real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
        return 0.5 * (ops.mean((real_logits - 1.0) ** 2) + ops.mean(fake_logits**2))


def losses(name):
    """The losses of `TextbookGAN`: of the discriminator from labels and predictions, of the generator from those."""
    if name == "non_saturating":
        cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        return cross_entropy, lambda predictions: cross_entropy(ops.ones_like(predictions), predictions)
    if name == "hinge":
        # Labels of 0 and 1 become -1 and 1.
        return keras.losses.Hinge(), lambda predictions: -ops.mean(predictions)
    return (lambda real, fake: ops.mean(fake) - ops.mean(real)), lambda predictions: -ops.mean(predictions)
