"""CycleGAN: translation between two kinds of images without pairs."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int, require_number
from keras_gan.gans._pairs import rows_of_pairs
from keras_gan.gans._serialised import serialised
from keras_gan.layers import ImagePool
from keras_gan.training import AdversarialModel, Critic, Field, Interface, Player, Sampler


@keras.saving.register_keras_serializable(package="keras_gan")
class CycleGAN(AdversarialModel):
    """Two translators that undo each other, and two discriminators, one for each kind of image.

    With G: X -> Y, F: Y -> X, their discriminators D_Y and D_X, and x, y images that need not be pairs:

        translators:     E[(D_Y(G(x)) - 1)^2] + E[(D_X(F(y)) - 1)^2]
                         + lambda        (E|F(G(x)) - x| + E|G(F(y)) - y|)
                         + lambda kappa  (E|G(y) - y|    + E|F(x) - x|)
        discriminators:  1/2 (E[(D_Y(y) - 1)^2] + E[D_Y(G(x))^2]  +  E[(D_X(x) - 1)^2] + E[D_X(F(y))^2])

    |.| is the mean over the values of an image. Zhu et al. 2017 (arXiv 1703.10593), equations 1 to 3 with the least
    squares of section 4, the identity loss of section 5.2, and a pool of earlier translations for the discriminators.
    G and F share one optimizer, and D_X and D_Y share another, as in the authors' code.

    Differences from the paper: the discriminators are updated with the translations from before the translators'
    update. The rate does not decay unless the optimizers get a schedule, such as `LinearDecay`.

    Args:
        source_to_target: keras.Model, G.
        target_to_source: keras.Model, F.
        source_discriminator: keras.Model, D_X, images to logits or a patch map.
        target_discriminator: keras.Model, D_Y.
        cycle_weight: lambda, at least 0.
        identity_weight: kappa, at least 0; 0 saves two passes.
        pool_size: int, images in each discriminator's pool; 0 for no pool.
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
        for maker, taker in ((forth, back), (back, forth), (back, critics["source"]), (forth, critics["target"])):
            maker.require_fit(taker.interface if isinstance(taker, Critic) else taker)
        super().__init__(
            {
                "translators": Player(
                    source_to_target=source_to_target, target_to_source=target_to_source, ema_half_life=ema_half_life
                ),
                "discriminators": Player(
                    source_discriminator=source_discriminator, target_discriminator=target_discriminator
                ),
            },
            {"source": Field(forth.shapes["images"]), "target": Field(back.shapes["images"])},
            seed=seed,
            name=name,
        )
        self.identity_weight = require_number("identity_weight", identity_weight, low=0.0)
        if self.identity_weight and not tf.TensorShape(forth.shapes["images"]).is_compatible_with(
            back.shapes["images"]
        ):
            raise ValueError(
                "The identity loss gives each translator images of the kind that it makes, so both kinds must have the "
                f"same shape: give `identity_weight=0`. Received: images of shape {forth.shapes['images']} and of "
                f"shape {back.shapes['images']}, identity_weight={identity_weight}"
            )
        self.cycle_weight = require_number("cycle_weight", cycle_weight, low=0.0)
        pool_size = require_int("pool_size", pool_size, low=0)
        self.source_pool, self.target_pool = ImagePool(pool_size), ImagePool(pool_size)
        self.source_pool.build((None, *forth.shapes["images"]))
        self.target_pool.build((None, *back.shapes["images"]))
        self.critics = critics
        self._forth, self._back = forth, back

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
        fooling = sum(_square(self.judge(fake, side) - 1.0) for side in self.critics)
        cycle = _distance(self.to_source(fake["target"]), x) + _distance(self.to_target(fake["source"]), y)
        terms = {"g_loss": fooling, "cycle_loss": self.cycle_weight * cycle}
        if self.identity_weight:
            identity = _distance(self.to_target(y), y) + _distance(self.to_source(x), x)
            terms["identity_loss"] = self.cycle_weight * self.identity_weight * identity
        return {"translators": terms}

    def discriminator_terms(self, real, fake):
        """What D_X and D_Y minimise."""
        losses = [_square(self.judge(real, side) - 1.0) + _square(self.judge(fake, side)) for side in self.critics]
        return {"discriminators": {"d_loss": 0.5 * sum(losses)}}

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses on images that are not trained on; the discriminators judge the newest translations."""
        fake = self.translate_both(batch)
        return {**self.translator_terms(batch, fake), **self.discriminator_terms(batch, fake)}

    def to_target(self, images):
        """G(x)."""
        return self.forward(self._forth, {"images": images})["images"]

    def to_source(self, images):
        """F(y)."""
        return self.forward(self._back, {"images": images})["images"]

    def judge(self, batch, side):
        """Logits of the images of one side of a batch, "source" or "target"."""
        return self.critics[side]({"images": batch[side]}).logits

    def pooled(self, fake, noise):
        """Translations for the discriminators: some of the new ones are replaced by earlier ones."""
        return {
            "source": self.source_pool(fake["source"], noise.next_seed()),
            "target": self.target_pool(fake["target"], noise.next_seed()),
        }

    def sampler(self, averaged=True):
        """The `Sampler` that translates: G, or its average."""
        return Sampler(self._forth, self.averaged_source_to_target if averaged else None, is_drawn=False)

    def translate(self, images, *, to="target", averaged=True, batch_size=64):
        """Translate images. This does not change the state of training.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            to: "target" for G, "source" for F.
            averaged: whether to use the averaged translator if there is one.
            batch_size: int, how many to translate at once.

        Returns:
            float32 NumPy array of images in [-1, 1].

        Raises:
            ValueError: if the images do not have the translator's input shape, or `to` is something else.
        """
        if not isinstance(to, str) or to not in self.critics:
            raise ValueError(f'`to` must be "target" or "source". Received: to={to!r}')
        if to == "target":
            return self.draw_samples(images=images, averaged=averaged, batch_size=batch_size)
        require_bool("averaged", averaged)
        self.settle_averages()
        sampler = Sampler(self._back, self.averaged_target_to_source if averaged else None, is_drawn=False)
        return sampler.run(sampler.inputs_for(images=images), batch_size)

    def snapshot(self, num_images, *, seed, inputs=None):  # noqa: ARG002
        """What `callbacks.ImageSnapshots` shows: rows of images, each above the row of their translations.

        Args:
            num_images: int, the most images to show, with their translations.
            seed: int; nothing is drawn here.
            inputs: float32 source images, or a dict of "source" and "target" images, whose rows then follow each other.

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row.

        Raises:
            ValueError: if there are no `inputs`, or they are no images of these kinds.
        """
        inputs = inputs if isinstance(inputs, dict) else {"source": inputs}
        others = {"source": "target", "target": "source"}
        if not inputs or set(inputs) - set(others) or any(images is None for images in inputs.values()):
            raise ValueError(
                "A CycleGAN draws nothing by itself: give `ImageSnapshots` images to translate, as `inputs=images` or "
                f'`inputs={{"source": images, "target": images}}`. Received: inputs={list(inputs.items())!r:.60}'
            )
        count = min(len(images) for images in inputs.values())
        blocks = [
            rows_of_pairs(images[:count], functools.partial(self.translate, to=others[side]), num_images // len(inputs))
            for side, images in inputs.items()
        ]
        return np.concatenate([images for images, _ in blocks]), blocks[0][1]

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
            "ema_half_life": serialised(self.players["translators"].ema_half_life),
        }


def _square(numbers):
    """E[numbers^2], a float32 scalar."""
    return tf.reduce_mean(tf.square(numbers))


def _distance(first, second):
    """E|first - second|, a float32 scalar."""
    return tf.reduce_mean(tf.abs(first - second))
