"""CycleGAN: translation between two kinds of images without pairs."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan.gans._serialised import serialised
from keras_gan.gans._squares import Squares
from keras_gan.gans._translation import TranslationModel, mean_distance, merged_shape, require_loss
from keras_gan.layers import ImagePool
from keras_gan.training import Critic, Field, Game, Interface, Player, Sampler

_OTHER = {"source": "target", "target": "source"}


@keras.saving.register_keras_serializable(package="keras_gan")
class CycleGAN(TranslationModel):
    """Two translators that undo each other, and two discriminators, one for each kind of image.

    With G: X -> Y, F: Y -> X, their discriminators D_Y and D_X, and x, y images that are no pairs:

        translators:     E[(D_Y(G(x)) - 1)^2] + E[(D_X(F(y)) - 1)^2]
                         + lambda        (E|F(G(x)) - x| + E|G(F(y)) - y|)
                         + lambda kappa  (E|G(y) - y|    + E|F(x) - x|)
        discriminators:  1/2 (E[(D_Y(y) - 1)^2] + E[D_Y(G(x))^2]  +  E[(D_X(x) - 1)^2] + E[D_X(F(y))^2])

    |.| is the mean over the values of an image. Zhu et al. 2017 (arXiv 1703.10593), equations 1 to 3 with the least
    squares of section 4, the identity loss of section 5.2, and a pool of earlier translations for the discriminators.
    G and F share one optimizer, and D_X and D_Y share another, as in the authors' code.

    Differences from the paper: the discriminators are updated with the translations from before the translators'
    update. The rate does not decay unless the optimizers get a schedule, such as `schedules.LinearDecay`: the paper
    holds it for 100 epochs, and lets it fall to 0 in 100 more.

    The two kinds of images may differ in their channels, without the identity loss. Networks with sides None train on
    images of any size and translate others; for a pool of images, build the discriminators for the size that they see.

    Args:
        source_to_target: keras.Model, G.
        target_to_source: keras.Model, F.
        source_discriminator: keras.Model, D_X, images to logits or a patch map.
        target_discriminator: keras.Model, D_Y.
        cycle_weight: lambda, at least 0.
        identity_weight: kappa, at least 0; 0 saves two passes.
        pool_size: int, images in each discriminator's pool; 0 for no pool.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of the squares; None for these.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; both translators are averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> shape = {"image_shape": (16, 16, 3), "width": 4}
        >>> translators = [keras_gan.networks.resnet_translator(**shape, blocks=1) for _ in range(2)]
        >>> discriminators = [keras_gan.networks.patch_discriminator(**shape, layers=1) for _ in range(2)]
        >>> model = keras_gan.CycleGAN(*translators, *discriminators, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((8, 16, 16, 3), "float32")
        >>> history = model.fit({"source": images, "target": images}, batch_size=4, verbose=0)
        >>> model.translate(images[:3]).shape
        (3, 16, 16, 3)
    """

    likeness_weight = "cycle_weight"
    terms = ("g_loss", "cycle_loss", "identity_loss", "d_loss")

    def __init__(
        self,
        source_to_target,
        target_to_source,
        source_discriminator,
        target_discriminator,
        *,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        forth = Interface(source_to_target, "source_to_target", ("images",), "images")
        back = Interface(target_to_source, "target_to_source", ("images",), "images")
        critics = {
            "source": Critic(source_discriminator, role="source_discriminator"),
            "target": Critic(target_discriminator, role="target_discriminator"),
        }
        shapes = _shapes(forth, back, {side: critic.interface for side, critic in critics.items()})
        super().__init__(
            {
                "translators": Player(
                    source_to_target=source_to_target, target_to_source=target_to_source, ema_half_life=ema_half_life
                ),
                "discriminators": Player(
                    source_discriminator=source_discriminator, target_discriminator=target_discriminator
                ),
            },
            {side: Field(shape) for side, shape in shapes.items()},
            seed=seed,
            name=name,
        )
        self.cycle_weight = require_number("cycle_weight", cycle_weight, low=0.0)
        self.identity_weight = _identity_weight(identity_weight, shapes)
        self.adversarial_loss = Squares() if adversarial_loss is None else require_loss(adversarial_loss)
        pool_size = _pool_size(pool_size, shapes)
        self.source_pool, self.target_pool = (_pool(pool_size, shapes[side]) for side in ("source", "target"))
        self.critics = critics
        self._ways = {"target": forth, "source": back}

    def default_optimizers(self):
        """Adam as in the paper: learning rate 2e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Update the translators, then the discriminators on translations from the pools."""
        with self.step_on(data) as ((batch,), noise):
            fakes = self.record(self.translate_both, batch)
            self.minimise(self.translator_terms, batch, fakes)
            self.minimise(self.discriminator_terms, batch, self.pooled(fakes.outputs, noise))
        return self.get_metrics_result()

    def translate_both(self, batch):
        """F(y) as the "source" and G(x) as the "target" of a batch."""
        return {"source": self.to_source(batch["target"]), "target": self.to_target(batch["source"])}

    def translator_terms(self, real, fake):
        """What G and F minimise."""
        x, y = real["source"], real["target"]
        cycle = mean_distance(self.to_source(fake["target"]), x) + mean_distance(self.to_target(fake["source"]), y)
        terms = {
            "g_loss": sum(self.fooling(real, fake, side) for side in self.critics),
            "cycle_loss": self.cycle_weight * cycle,
        }
        if self.identity_weight:
            identity = mean_distance(self.to_target(y), y) + mean_distance(self.to_source(x), x)
            terms["identity_loss"] = self.cycle_weight * self.identity_weight * identity
        return {"translators": terms}

    def fooling(self, real, fake, side):
        """The adversarial loss of the translator that makes the images of a side."""
        real_logits = self.judge(real, side) if self.adversarial_loss.relativistic else None
        return self.adversarial_loss.generator_loss(real_logits, self.judge(fake, side))

    def discriminator_terms(self, real, fake):
        """What D_X and D_Y minimise."""
        judging = self.adversarial_loss.discriminator_loss
        losses = [judging(self.judge(real, side), self.judge(fake, side)) for side in self.critics]
        return {"discriminators": {"d_loss": sum(losses)}}

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses on images that are not trained on; the discriminators judge the newest translations."""
        fake = self.translate_both(batch)
        return {**self.translator_terms(batch, fake), **self.discriminator_terms(batch, fake)}

    def to_target(self, images):
        """G(x), in the step in progress."""
        return self.forward(self._ways["target"], {"images": images})["images"]

    def to_source(self, images):
        """F(y), in the step in progress."""
        return self.forward(self._ways["source"], {"images": images})["images"]

    def judge(self, batch, side):
        """Logits of the images of one side of a batch, "source" or "target"."""
        return self.critics[side]({"images": batch[side]}).logits

    def pooled(self, fake, noise):
        """Translations for the discriminators: some of the new ones are replaced by earlier ones."""
        return {
            "source": self.source_pool(fake["source"], noise.next_seed()),
            "target": self.target_pool(fake["target"], noise.next_seed()),
        }

    @property
    def games(self):
        """A game for each kind of images: its discriminator, and the translator that makes such images."""
        return {
            side: Game(critic, self._ways[side].network, judge="discriminators", maker="translators", field=side)
            for side, critic in self.critics.items()
        }

    def play(self, batch, noise):  # noqa: ARG002
        """The images of each kind, and the newest translations."""
        fake = self.translate_both(batch)
        return {side: ({"images": batch[side]}, {"images": fake[side]}) for side in self.critics}

    def sampler(self, averaged=True, *, to="target"):
        """The `Sampler` that translates: G, or with `to="source"` F, or its average."""
        averages = {"target": self.averaged_source_to_target, "source": self.averaged_target_to_source}
        return Sampler(self._ways[_require_side(to)], averages[to] if averaged else None, is_drawn=False)

    def translate(self, images, *, to="target", averaged=True, batch_size=64, tile=None, overlap=None):
        """Translate images of any size that the networks take. This does not change the state of training.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            to: "target" for G, "source" for F.
            averaged: whether to use the averaged translator if there is one.
            batch_size: int, how many images, or tiles of different images, to translate at once.
            tile: int or tuple (height, width); see `TranslationModel.translate`.
            overlap: int, by how many pixels tiles overlap at least; None for about a quarter.

        Returns:
            float32 NumPy array of images in [-1, 1].

        Raises:
            ValueError: if these are no images that the translator takes, or an argument is out of range.
        """
        sampler = self.kept_sampler(averaged, to=_require_side(to))
        return self.translated(images, sampler, batch_size=batch_size, tile=tile, overlap=overlap)

    def cycle(self, images, *, to="target", **options):
        """Translate images there and back again: F(G(x)), or with `to="source"` G(F(y)); options as in `translate`.

        A translation that leaves [-1, 1] is clipped, as files and pictures would.
        """
        there = self.translate(images, to=to, **options)
        return self.translate(np.clip(there, -1.0, 1.0), to=_OTHER[to], **options)

    @property
    def shown_fields(self):
        """Source images, target images, or both."""
        return tuple(_OTHER)

    def blocks_of(self, batch):
        """Images of either kind, their translations, and the translations of these back again."""
        return [
            [images, functools.partial(self.translate, to=_OTHER[side]), functools.partial(self._back_again, to=side)]
            for side, images in batch.items()
        ]

    def _back_again(self, images, there, to):  # noqa: ARG002
        # A network that diverges must not end its training here: NaN is drawn black.
        return self.translate(np.clip(np.nan_to_num(there, nan=-1.0), -1.0, 1.0), to=to)

    def call(self, images, training=False):
        """Translations of source images, by the averaged translator if there is one."""
        return (self.averaged_source_to_target or self.source_to_target)(images, training=training)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "cycle_weight": self.cycle_weight,
            "identity_weight": self.identity_weight,
            "pool_size": self.source_pool.size,
            "adversarial_loss": serialised(self.adversarial_loss),
            "ema_half_life": serialised(self.players["translators"].ema_half_life),
        }


def _require_side(to):
    return require_choice("to", to, ("target", "source"))


def _shapes(forth, back, judges):
    """What is known of the shape of either kind of images, or a ValueError if the networks do not fit each other."""
    for maker, taker in ((forth, back), (back, forth), (back, judges["source"]), (forth, judges["target"])):
        maker.require_fit(taker)
    return {
        "source": merged_shape(forth.shapes["images"], back.outputs["images"], judges["source"].shapes["images"]),
        "target": merged_shape(back.shapes["images"], forth.outputs["images"], judges["target"].shapes["images"]),
    }


def _pool(size, shape):
    """A pool that is built, so that it is saved from the beginning."""
    pool = ImagePool(size)
    # A pool of no images has no need of their size.
    pool.build((None, *(side or 0 for side in shape)))
    return pool


def _identity_weight(weight, shapes):
    """The weight as a float, or a ValueError if a translator cannot take what it makes."""
    weight = require_number("identity_weight", weight, low=0.0)
    if weight and not tf.TensorShape(shapes["source"]).is_compatible_with(shapes["target"]):
        raise ValueError(
            "The identity loss gives each translator images of the kind that it makes, so both kinds must have the "
            f"same shape: give `identity_weight=0`. Received: images of shape {shapes['source']} and of shape "
            f"{shapes['target']}, identity_weight={weight}"
        )
    return weight


def _pool_size(size, shapes):
    """The size as an int, or a ValueError if nothing says how large the images are that the pools keep."""
    size = require_int("pool_size", size, low=0)
    if size and any(None in shape for shape in shapes.values()):
        raise ValueError(
            "The pools keep images, so their size must be known. Build the discriminators for the size of the training "
            "images: the translators still take any size. Or give `pool_size=0`. "
            f"Received: source images of shape {shapes['source']}, target images of shape {shapes['target']}, "
            f"pool_size={size}"
        )
    return size
