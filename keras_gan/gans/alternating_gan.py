"""The training step that most GANs share."""

from keras_gan.gans.two_player import TwoPlayerGAN, rows


class AlternatingGAN(TwoPlayerGAN):
    """The players take turns: some discriminator updates, each on a new minibatch, then one generator update.

    Goodfellow et al. 2014 (arXiv 1406.2661), algorithm 1. The generator's update takes the samples of the last
    discriminator update, so that they pass through the generator once; the discriminator judges them anew, with the
    weights that it has by then.
    """

    def train_step(self, data):
        """Update the discriminator `discriminator_steps` times and the generator once; return the logs."""
        with self.step_on(data) as ((*minibatches, last), noise):
            for real_images in minibatches:
                self.update_discriminator(real_images, self.fakes(rows(real_images), noise), noise)
            recording = self.record_fakes(rows(last), noise)
            self.update_discriminator(last, recording.images, noise)
            self.update_generator(last, recording)
        return self.get_metrics_result()
