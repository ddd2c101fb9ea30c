"""The base of the models that fill holes in images."""

import abc

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._pixels import require_images
from keras_gan._tensors import require_float_images
from keras_gan.gans._inpainting_sampler import MASKS, InpaintingSampler
from keras_gan.gans._pictures import PictureWithHoles
from keras_gan.gans._serialised import serialised
from keras_gan.gans._tiles import Tiles
from keras_gan.gans._translation import TranslationModel, require_loss
from keras_gan.masks import Masks
from keras_gan.training import Field, Game, Player
from keras_gan.training.fields import named_fields
from keras_gan.training.sampler import in_one_array

# In place of a family of masks, where each batch brings its own.
GIVEN = "given"


class InpaintingModel(TranslationModel, abc.ABC):
    """One generator, which paints what is missing, and one discriminator of what it has painted.

    The hole is erased here, before the generator sees the picture, so nothing of the truth can leak; and known pixels
    are pasted here, so that they are untouched. A subclass adds the objectives of the two players, `real_of` and
    `fake_of`, which make what the discriminator judges.

    Args:
        maps: `Interface` of the generator, from "images" and perhaps "masks" to "images".
        critic: `Critic` of the discriminator.
        shape: tuple, the shape of the images.
        masks: `keras_gan.masks.Masks`, or "given" for batches with masks of their own.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.
    """

    # What the networks see in the hole: one number, or one for each channel.
    fill = 0.0
    # Where there may be a hole, bool `(height, width, 1)`; None for everywhere.
    holes_within = None

    def __init__(self, maps, critic, shape, masks, adversarial_loss, *, ema_half_life, seed, name):
        given = {MASKS: Field((*shape[:2], 1), is_mask=True)} if _require_masks(masks) == GIVEN else {}
        super().__init__(
            {
                "generator": Player(generator=maps.network, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=critic.interface.network),
            },
            {"images": Field(shape), **given},
            seed=seed,
            name=name,
        )
        # Known pixels keep every bit, so `call` takes them before the networks round them.
        self.autocast = False
        self._maps, self.critic, self.masks = maps, critic, masks
        self.adversarial_loss = require_loss(adversarial_loss)

    def train_step(self, data):
        """Update the discriminator, then the generator, on the same holes and what was painted there."""
        with self.step_on(data) as ((batch,), noise):
            batch = self.with_masks(batch, noise)
            painted = self.record(self.paint, batch)
            self.minimise(self.discriminator_terms, batch, painted)
            self.minimise(self.generator_terms, batch, painted)
        return self.get_metrics_result()

    @abc.abstractmethod
    def generator_terms(self, batch, painted):
        """What the generator minimises."""

    @abc.abstractmethod
    def real_of(self, batch):
        """What the critic judges of a batch, a dict of named tensors."""

    @abc.abstractmethod
    def fake_of(self, batch, painted):
        """What the critic judges of what was painted, a dict of named tensors."""

    def discriminator_terms(self, batch, painted):
        """What the discriminator minimises."""
        real, fake = self.critic(self.real_of(batch)).logits, self.critic(self.fake_of(batch, painted)).logits
        return {"discriminator": {"d_loss": self.adversarial_loss.discriminator_loss(real, fake)}}

    def fooling(self, batch, painted):
        """The adversarial loss of the generator, a float32 scalar."""
        real = self.critic(self.real_of(batch)).logits if self.adversarial_loss.relativistic else None
        return self.adversarial_loss.generator_loss(real, self.critic(self.fake_of(batch, painted)).logits)

    def test_terms(self, batch, noise):
        """All losses on images that are not trained on, with holes that are the same each time."""
        batch = self.with_masks(batch, noise)
        painted = self.paint(batch)
        return {**self.discriminator_terms(batch, painted), **self.generator_terms(batch, painted)}

    def with_masks(self, batch, noise):
        """A batch with its masks: those that it brings, or drawn ones."""
        if MASKS in batch:
            return batch
        known, found = batch["images"].shape, tf.unstack(tf.shape(batch["images"]))
        count, *sides = (size or found[axis] for axis, size in enumerate(known[:3]))
        return {**batch, MASKS: self.masks(count, tuple(sides), seed=noise.next_seed())}

    def erased(self, images, masks):
        """Images whose holes show nothing."""
        return tf.where(masks > 0.5, tf.constant(self.fill, tf.float32), images)

    def completed(self, images, masks, painted):
        """Images whose holes show what was painted; all other pixels keep every bit."""
        return tf.where(masks > 0.5, painted, images)

    def paint(self, batch):
        """What the generator makes of a batch, a dict of its outputs, in the step in progress."""
        seen = {"images": self.erased(batch["images"], batch[MASKS]), MASKS: batch[MASKS]}
        return self.forward(self._maps, seen)

    @property
    def games(self):
        """The one game of the two networks."""
        return {"": Game(self.critic, self.generator, judge="discriminator", maker="generator")}

    def play(self, batch, noise):
        """What the critic judges of a batch, and of what was painted."""
        batch = self.with_masks(batch, noise)
        return {"": (self.real_of(batch), self.fake_of(batch, self.paint(batch)))}

    def sampler(self, averaged=True):
        """The `Sampler` that completes images: by the generator, or its average."""
        network = self.averaged_generator if averaged else None
        options = {"erase": self.erased, "complete": self.completed, "holes_within": self.holes_within}
        return InpaintingSampler(self._maps, network, **options)

    def inpaint(self, images, masks, *, averaged=True, batch_size=64, tile=None, overlap=None):
        """Fill the holes of images. This does not change the state of training.

        What is in the hole does not matter; the network never sees it. Pixels outside of it are returned as they were
        given, bit for bit.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            masks: array `(num_images, height, width, 1)`, 1 in the hole and 0 where the image is known; or one for all,
                `(1, height, width, 1)`.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many images, or tiles of different images, to complete at once.
            tile: int or tuple (height, width); see `TranslationModel.translate`. A tile sees nothing of the others, so
                it should be much larger than the holes.
            overlap: int, by how many pixels tiles overlap at least; None for about a quarter.

        Returns:
            float32 NumPy array of the shape of the images, in [-1, 1].

        Raises:
            ValueError: if these are no images that the generator takes, or no masks for them, or an argument is out of
                range.
        """
        return self.translate(images, masks=masks, averaged=averaged, batch_size=batch_size, tile=tile, overlap=overlap)

    def inpaint_picture(self, picture, **options):
        """Fill the transparent pixels of one picture as files hold it, of 8 or 16 bits.

        Args:
            picture: uint8 or uint16 `(height, width, channels)`, the channels those of the network, or grey, and the
                alpha: 0 where the picture is to be filled. Pixels that are half transparent are known, and stay.
            **options: as in `inpaint`: averaged, tile and overlap.

        Returns:
            NumPy array of the picture's type, with the colours of the network; with the alpha only if some pixels stay
            half transparent. All known pixels are returned as they are.

        Raises:
            ValueError: if this is no such picture, or has no hole.
        """
        given = PictureWithHoles(picture, self.sampler().inputs["images"].shape[-1])
        return given.filled(lambda images, masks: self.inpaint(images, masks, **options))

    def translate_picture(self, picture, **options):
        """As `inpaint_picture`, under the name of all translators."""
        return self.inpaint_picture(picture, **options)

    def translate(self, images, *, masks, averaged=True, batch_size=64, tile=None, overlap=None):
        """As `inpaint`, under the name that snapshots, metrics and exports of all translators use."""
        self.settle_averages()
        sampler, batch_size = self.kept_sampler(averaged), require_int("batch_size", batch_size)
        images = require_images("images", np.asarray(require_float_images("images", images)))
        tiles = Tiles.chosen(images.shape[1:3], sampler, tile, overlap)
        if tiles.are_whole:
            return sampler.run(sampler.inputs_for(images=images, masks=masks), batch_size)
        masks = np.asarray(sampler.checked_masks(masks, images.shape))
        both = np.concatenate([images, masks], axis=-1)

        def made(pieces):
            return sampler.run(sampler.inputs_for(images=pieces[..., :-1], masks=pieces[..., -1:]), batch_size)

        starts = range(0, len(images), batch_size)
        blended = (tiles.blended(made, both[start : start + batch_size]) for start in starts)
        return np.where(masks > 0.5, in_one_array(blended, len(images)), images)

    def blocks_of(self, batch):
        """An image with its hole, completed, and as it is. Drawn holes are the same in all pictures."""
        images = np.asarray(batch["images"], np.float32)
        masks = batch.get(MASKS)
        if masks is None and self.masks == GIVEN:
            raise ValueError(
                'This model draws no holes: give `ImageSnapshots` images with masks, as `inputs={"images": images, '
                '"masks": masks}`. Received: images without masks'
            )
        masks = self.masks(len(images), images.shape[1:3], seed=(0, 0)) if masks is None else masks
        masks = np.asarray(masks, np.float32)

        def completed(holes):
            return self.translate(images[: len(holes)], masks=masks[: len(holes)])

        return [[self.erased(images, masks).numpy(), completed, images]]

    def call(self, inputs, training=False):
        """Completed images, by the averaged generator if there is one."""
        named = named_fields(inputs, self.inputs_of_call())
        images, masks = (tf.cast(named[name], tf.float32) for name in ("images", MASKS))
        network, seen = self.averaged_generator or self.generator, {"images": self.erased(images, masks), MASKS: masks}
        painted = self._maps(seen, network=network, training=training)["images"]
        return self.completed(images, masks, tf.cast(painted, tf.float32))

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {
            **super().get_config(),
            "masks": serialised(self.masks),
            "adversarial_loss": serialised(self.adversarial_loss),
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _require_masks(masks):
    if not isinstance(masks, Masks) and not (isinstance(masks, str) and masks == GIVEN):
        raise ValueError(
            f"`masks` must be one of `keras_gan.masks`, such as `Strokes()`; or {GIVEN!r}, for batches with the fields "
            f'"images" and "masks". Received: masks={masks!r}'
        )
    return masks
