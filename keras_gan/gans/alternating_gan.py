"""The training step that most GANs share."""

from keras_gan.gans.two_player import TwoPlayerGAN


class AlternatingGAN(TwoPlayerGAN):
    """The players take turns: some discriminator updates, each on a new minibatch, then one generator update.

    Goodfellow et al. 2014 (arXiv 1406.2661), algorithm 1. The generator's update uses the samples of the last
    discriminator update, so they pass through the generator only once. The discriminator judges them again with its
    new weights.
    """

    def train_step(self, data):
        """Update the discriminator `discriminator_steps` times and the generator once; return the logs."""
        with self.step_on(data) as (batches, noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, self.latents_for(batch, noise))
                self.minimise(self.discriminator_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()
