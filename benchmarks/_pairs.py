"""A model with any number of players, for `scaling.py`."""

import functools

import keras

from keras_gan.losses import NonSaturating
from keras_gan.training import AdversarialModel, Critic, Field, Interface, Player

LOSS = NonSaturating()


class Pairs(AdversarialModel):
    """Generators and discriminators that play in pairs, all in one step and on the same images.

    Args:
        networks: list of (generator, discriminator).
    """

    terms = ("d_loss", "g_loss")

    def __init__(self, networks):
        players, self.pairs = {}, []
        for index, (generator, discriminator) in enumerate(networks):
            names = f"generator_{index}", f"discriminator_{index}"
            players |= {names[0]: Player(**{names[0]: generator}), names[1]: Player(**{names[1]: discriminator})}
            maps = Interface(generator, names[0], ("latents",), "images")
            self.pairs.append((names, maps, Critic(discriminator, role=names[1])))
        super().__init__(players, {"images": Field(maps.outputs["images"])}, seed=0)

    def default_optimizers(self):
        """DCGAN's Adam."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5) for name in self.players}

    def train_step(self, data):
        """One step of each pair."""
        with self.step_on(data) as ((batch,), noise):
            for pair in self.pairs:
                _, maps, _ = pair
                latents = noise.normal_for(batch, maps.shapes["latents"])
                fakes = self.record(functools.partial(self.draw, maps), latents)
                self.minimise(functools.partial(self.discriminator_terms, pair), batch, fakes)
                self.minimise(functools.partial(self.generator_terms, pair), fakes)
        return self.get_metrics_result()

    def draw(self, maps, latents):
        """Images of one generator."""
        return self.forward(maps, {"latents": latents})

    @staticmethod
    def discriminator_terms(pair, real, fake):
        """What the pair's discriminator minimises."""
        (_, name), _, critic = pair
        return {name: {"d_loss": LOSS.discriminator_loss(critic(real).logits, critic(fake).logits)}}

    @staticmethod
    def generator_terms(pair, fake):
        """What the pair's generator minimises."""
        (name, _), _, critic = pair
        return {name: {"g_loss": LOSS.generator_loss(None, critic(fake).logits)}}
