"""The base of the models that learn to translate from pairs of images."""

import abc

import keras
import tensorflow as tf

from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import TranslationModel, merged_shape
from keras_gan.training import Field, Game, Interface, Player, Sampler


class PairedTranslationModel(TranslationModel, abc.ABC):
    """One generator, which translates, and one discriminator of pairs or of translations alone.

    A subclass sets `adversarial_loss` and adds the generator's objective, `generator_terms`; or a `train_step` and
    `test_terms` of its own. The discriminator is conditional if its network takes "source".

    Args:
        generator: keras.Model, images to images.
        critic: `Critic` of the discriminator.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.
        penalties: list of penalties of the discriminator.
        phases: as for `AdversarialModel`.
        scale: int, how many times as high and wide the targets are; None if that is not known from the networks.
    """

    def __init__(self, generator, critic, *, ema_half_life, seed, name, penalties=(), phases=None, scale=None):
        maps, judges = Interface(generator, "generator", ("images",), "images"), critic.interface
        maps.require_fit(judges)
        source = _agreed("source", maps.shapes["images"], judges.shapes.get("source", maps.shapes["images"]))
        target = _agreed("target", maps.outputs["images"], judges.shapes["images"])
        source = source if scale is None else _source_of(target, source, scale)
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=judges.network, penalties=penalties),
            },
            {"source": Field(source), "target": Field(target)},
            phases=phases,
            seed=seed,
            name=name,
        )
        self._maps, self.critic = maps, critic
        self.scale = scale or 1
        for attribute, state in critic.build().items():
            setattr(self, attribute, state)

    def fit(self, x=None, *arguments, **options):
        """Train, as `AdversarialModel.fit` does, on pairs alone."""
        if isinstance(getattr(x, "num_images", None), dict):
            raise ValueError(
                f"A {type(self).__name__} learns from pairs, and these are two kinds of images, each in an order of "
                "its own: load pairs with `keras_gan.data.load_pairs`, or train a `CycleGAN`. Received: a data set of "
                "`keras_gan.data.load_unpaired`"
            )
        return super().fit(x, *arguments, **options)

    def default_optimizers(self):
        """Adam as in the papers: learning rate 2e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Update the discriminator, then the generator, on the same translations."""
        with self.step_on(data) as ((batch,), _):
            fakes = self.record(self.translate_batch, batch)
            self.minimise(self.discriminator_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    def discriminator_terms(self, batch, fake):
        """What D minimises: half the adversarial loss, and the penalties."""
        real = self.pairs_of(batch)
        loss = self.adversarial_loss.discriminator_loss(self.critic(real).logits, self.critic(fake).logits)
        return {"discriminator": {"d_loss": 0.5 * loss, **self.penalise("discriminator", self.critic, real, fake)}}

    def fooling(self, batch, fake):
        """The adversarial loss of G, a float32 scalar."""
        real_logits = self.critic(self.pairs_of(batch)).logits if self.adversarial_loss.relativistic else None
        return self.adversarial_loss.generator_loss(real_logits, self.critic(fake).logits)

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses on pairs that are not trained on."""
        fake = self.translate_batch(batch)
        return {**self.discriminator_terms(batch, fake), **self.generator_terms(batch, fake)}

    def pairs_of(self, batch):
        """The targets of a batch next to their sources, as the critic judges them."""
        return {"source": batch["source"], "images": batch["target"]}

    def translate_batch(self, batch):
        """G(x) of a batch next to the sources, in the step in progress."""
        made = self.forward(self._maps, {"images": batch["source"]})["images"]
        _require_one_size(batch["target"], made, self.scale)
        return {"source": batch["source"], "images": made}

    @property
    def games(self):
        """The one game of the two networks."""
        game = Game(self.critic, self.generator, judge="discriminator", maker="generator", field="target")
        return {"": game}

    def play(self, batch, noise):  # noqa: ARG002
        """The pairs of a batch, and its translations next to their sources."""
        return {"": (self.pairs_of(batch), self.translate_batch(batch))}

    def scheduled_parts(self):
        """The augmentations, whose strength may be a schedule."""
        return self.critic.augmentations

    def sampler(self, averaged=True):
        """The `Sampler` that translates: the generator, or its average."""
        return Sampler(self._maps, self.averaged_generator if averaged else None, is_drawn=False)

    def call(self, images, training=False):
        """Translations of source images, by the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(images, training=training)

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {**super().get_config(), "ema_half_life": serialised(self.players["generator"].ema_half_life)}


def _require_one_size(targets, images, scale):
    """Raise a ValueError if the targets have another size than the translations."""
    if not targets.shape.is_compatible_with(images.shape):
        rule = (
            "The two images of a pair must have the same height and width: crop and resize both alike."
            if scale == 1
            else f"Each target must be {scale} times as high and wide as its source, with the generator's channels."
        )
        raise ValueError(
            f"{rule} Received: targets of shape {tuple(targets.shape)}, translations of shape {tuple(images.shape)}"
        )


def _source_of(target, source, scale):
    """What is known of the shape of small images, also from that of the large ones."""
    if any(side is not None and side % scale for side in target[:2]):
        raise ValueError(
            f"The generator makes images {scale} times as high and wide, so the sides of what the discriminator takes "
            f"must be multiples of {scale}. Received: discriminator for images of shape {target}"
        )
    return merged_shape(source, (*(side and side // scale for side in target[:2]), source[-1]))


def _agreed(name, made, taken):
    """What is known of the shape of images from both networks, or a ValueError if they do not agree."""
    if not tf.TensorShape(made).is_compatible_with(taken):
        raise ValueError(
            f"The generator has {name} images of shape {made}, but the discriminator takes {name} images of shape "
            f"{taken}. Build both for the same pairs. Received: generator with {made}, discriminator with {taken}"
        )
    return merged_shape(made, taken)
