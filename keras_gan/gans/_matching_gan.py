"""The base of the GANs whose discriminator judges pictures with texts."""

import abc

import keras

from keras_gan._arguments import require_number
from keras_gan.gans._augmentations import augmentations_of
from keras_gan.gans._captioned import CaptionedModel
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Game, Interface, Player
from keras_gan.training.player import penalties_by_player


class MatchingGAN(CaptionedModel, abc.ABC):
    """A generator that takes a text, and a discriminator that sees real pictures with the right and the wrong one.

    A subclass says in `generator_takes` what the generator takes, in `given_for` what a step gives it, in `wanted`
    which text its pictures should match, and in `likeness_terms` what else it minimises.

    Args:
        generator, discriminator, text_encoder, image_encoder: as for `TextToImage`.
        mismatch_weight, interpolation_weight, adversarial_loss, penalties, augmentation: as for `TextToImage`.
        ema_half_life: as for `TwoPlayerGAN`.
        **own: further arguments of `CaptionedModel`.
    """

    # What the generator takes; what the samples are made from comes first.
    generator_takes = ("latents", "text")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        mismatch_weight,
        interpolation_weight,
        adversarial_loss,
        penalties,
        augmentation,
        ema_half_life,
        **own,
    ):
        adversarial_loss = NonSaturating() if adversarial_loss is None else require_loss(adversarial_loss)
        maps = Interface(generator, "generator", self.generator_takes, "images")
        critic = Critic(
            discriminator,
            role="discriminator",
            conditions=("text",),
            augmentations=augmentations_of(augmentation, adversarial_loss),
            generator=maps,
        )
        text_dim = _require_texts(maps, critic.interface, self.generator_takes[0])
        penalties = penalties_by_player(penalties, ("discriminator",))["discriminator"]
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator, penalties=penalties),
            },
            maps.outputs["images"],
            text_dim,
            **own,
        )
        self._maps, self.critic, self.adversarial_loss = maps, critic, adversarial_loss
        self.mismatch_weight = require_number("mismatch_weight", mismatch_weight, low=0.0, high=1.0)
        self.interpolation_weight = require_number("interpolation_weight", interpolation_weight, low=0.0)
        for attribute, state in critic.build().items():
            setattr(self, attribute, state)

    def default_optimizers(self):
        """Adam as in the papers, learning rate 2e-4 and beta_1 0.5; for the encoders 1e-3 and 0.9."""
        rates = {name: (1e-3, 0.9) if name == "matcher" else (2e-4, 0.5) for name in self.players}
        return {name: keras.optimizers.Adam(rate, beta_1, epsilon=1e-8) for name, (rate, beta_1) in rates.items()}

    @abc.abstractmethod
    def given_for(self, real, noise):
        """What the generator is given for a batch but for the text, a dict of tensors."""

    def wanted(self, real):
        """The vectors of the texts that fakes of a batch should match."""
        return real["text"]

    def play_game(self, batch, noise):
        """Update the discriminator, then the generator, on the same fakes."""
        real = self.read(batch)
        given = self.given_for(real, noise)
        fakes = self.record(self.made_for, given, self.wanted(real))
        self.minimise(self.discriminator_terms, real, fakes)
        self.minimise(self.generator_terms, real, fakes, given)

    def made_for(self, given, text):
        """What the generator makes in the step in progress, a dict with the vectors of its texts."""
        return {**self.made({**given, "text": text}), "text": text}

    def made(self, inputs):
        """The outputs of the generator, a dict."""
        return self.forward(self._maps, inputs)

    def discriminator_terms(self, real, fake):
        """What D minimises: its losses on fakes and on wrong words, each against real pairs, and the penalties."""
        judged, judge, weight = self.critic(real).logits, self.adversarial_loss.discriminator_loss, self.mismatch_weight
        terms = {"d_loss": (1.0 - weight) * judge(judged, self.critic(fake).logits)}
        if weight:
            wrong = {"images": real["images"], "text": real["wrong_text"]}
            terms["d_text_loss"] = weight * judge(judged, self.critic(wrong).logits)
        return {"discriminator": {**terms, **self.penalise("discriminator", self.critic, real, fake)}}

    def generator_terms(self, real, fake, given):
        """What G minimises: its fakes fool D, as do those of texts between two, and its own terms."""
        terms = {"g_loss": self.fooling(real, fake)}
        if self.interpolation_weight:
            between = self.made_for(given, 0.5 * (real["text"] + real["wrong_text"]))
            terms["g_between_loss"] = self.interpolation_weight * self.fooling(real, between)
        return {"generator": {**terms, **self.likeness_terms(real, fake)}}

    def likeness_terms(self, real, fake):  # noqa: ARG002
        """What else G minimises, a dict of terms."""
        return {}

    def fooling(self, real, fake):
        """The adversarial loss of G, a float32 scalar. Only a relativistic loss needs the real pairs."""
        real_logits = self.critic(real).logits if self.adversarial_loss.relativistic else None
        return self.adversarial_loss.generator_loss(real_logits, self.critic(fake).logits)

    def test_terms(self, batch, noise):
        """All losses of both phases on pictures that are not trained on."""
        real = self.read(batch)
        given = self.given_for(real, noise)
        fake = self.made_for(given, self.wanted(real))
        game = {**self.discriminator_terms(real, fake), **self.generator_terms(real, fake, given)}
        return game if self._sees is None else {**game, **self.matching_terms(batch)}

    @property
    def penalties(self):
        """The penalties of the discriminator, a tuple."""
        return tuple(self.players["discriminator"].penalties.values())

    def scheduled_parts(self):
        """The augmentations, whose strength may be a schedule."""
        return self.critic.augmentations

    @property
    def games(self):
        """The one game of the two networks."""
        return {"": Game(self.critic, self.generator, judge="discriminator", maker="generator")}

    def play(self, batch, noise):
        """The real pairs of a batch, and fakes."""
        real = self.read(batch)
        return {"": (real, self.made_for(self.given_for(real, noise), self.wanted(real)))}

    def drawn(self, inputs, network):
        """Pictures of symbolic inputs and vectors."""
        return self._maps(inputs, network=network, training=False)["images"]

    @property
    def sampled_shapes(self):
        """The shapes of what the sampler takes next to the text, a dict by name, its main input first."""
        return {self.generator_takes[0]: self._maps.shapes[self.generator_takes[0]]}

    def sampler(self, averaged=True):
        """The `Sampler` that makes pictures of texts: the text encoder, and the generator or its average."""
        return self.caption_sampler(averaged, next(iter(self.sampled_shapes)), **self.sampled_shapes)

    def call(self, inputs, training=False):
        """Pictures for a dict of the sampler's inputs, from the averaged generator if there is one."""
        return self.joined(True, **self.sampled_shapes)(inputs, training=training)

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {
            **super().get_config(),
            "mismatch_weight": self.mismatch_weight,
            "interpolation_weight": self.interpolation_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
            "penalties": serialised(self.penalties),
            "augmentation": serialised(self.critic.augmentations),
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _require_texts(maps, judges, main):
    """Raise a ValueError unless both networks take a text and fit each other; return the size of its vector."""
    maps.require_fit(judges)
    sizes = {network.role: network.shapes.get("text") for network in (maps, judges)}
    if len(set(sizes.values())) > 1 or None in sizes.values() or len(sizes["generator"]) != 1:
        raise ValueError(
            'Both networks must take the vector of a sentence, "text" (batch, size), of the same size, as those of '
            f"`networks.gan_cls` do. Received: {', '.join(f'{role} with text {size}' for role, size in sizes.items())}"
        )
    if None in maps.shapes[main] + maps.outputs["images"] + sizes["generator"]:
        raise ValueError(
            f"The generator must take {main} and a text, and make images, all of known sizes. "
            f"Received: a generator from {maps.shapes} to {maps.outputs}"
        )
    if extra := set(maps.outputs) - {"images", "mean", "log_variance"}:
        raise ValueError(
            'The generator must return images, or a dict of "images", "mean" and "log_variance". '
            f"Received: outputs with {sorted(extra)}"
        )
    return sizes["generator"][0]
