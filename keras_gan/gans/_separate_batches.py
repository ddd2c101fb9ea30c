"""The training step of GANs whose generator has images of its own."""

import abc

from keras_gan.gans.two_player import TwoPlayerGAN


class SeparateBatchesGAN(TwoPlayerGAN, abc.ABC):
    """The players take turns, and the generator's update has real images and latents of its own."""

    generator_batches = 1

    def train_step(self, data):
        """Update the discriminator, and then the generator on images and latents of its own."""
        with self.step_on(data) as ((*batches, last), noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, self.latents_for(batch, noise))
                self.minimise(self.discriminator_terms, batch, fakes)
            fakes = self.record(self.generate_for, last, self.latents_for(last, noise))
            self.minimise(self.generator_terms, last, fakes)
        return self.get_metrics_result()
