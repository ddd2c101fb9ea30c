"""The base of the models that enlarge images."""

import abc

import keras
import numpy as np

from keras_gan._arguments import require_int, require_number
from keras_gan.gans._paired_translation import PairedTranslationModel
from keras_gan.gans._pictures import Picture
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss, require_perceptual
from keras_gan.training import Critic, Interface

# The side of a picture that shows by how much a generator of any size enlarges; a multiple of what networks fold.
_PROBE = 64


class SuperResolutionModel(PairedTranslationModel, abc.ABC):
    """A generator that enlarges images, and a discriminator of large images: first the pixels alone, then the game.

    A pre-training on the distance of pixels is the first phase of `fit`. A generator that begins the game as noise
    would be found out by its colours, and the discriminator would learn nothing about texture.

    A subclass gives its paper's losses and weights, and `pixel_distance`.

    Args:
        generator: keras.Model, images to images, an integer number of times as high and wide.
        discriminator: keras.Model, large images to logits or a map of them.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`.
        adversarial_weight: float, of the generator's adversarial loss.
        pixel_weight: float, of the distance of pixels in the game; in the pre-training it is 1.
        perceptual: `keras_gan.losses.Perceptual`, or None.
        perceptual_weight: float, of the distance of features in the game.
        pretraining_steps: int, training steps before the game.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Attributes:
        scale: int, by how much the generator enlarges.
    """

    likeness_weight = "pixel_weight"
    # The pre-training has a name of its own for the pixels: its weight is another one.
    terms = ("pretraining_loss", "g_loss", "pixel_loss", "perceptual_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        adversarial_loss,
        adversarial_weight,
        pixel_weight,
        perceptual,
        perceptual_weight,
        pretraining_steps,
        ema_half_life,
        seed,
        name,
    ):
        scale = _scale_of(Interface(generator, "generator", ("images",), "images"))
        critic = Critic(discriminator, role="discriminator", conditions=())
        phases = {"pretraining": require_int("pretraining_steps", pretraining_steps, low=0), "game": None}
        own = {"ema_half_life": ema_half_life, "seed": seed, "name": name}
        super().__init__(generator, critic, scale=scale, phases=phases, **own)
        self.adversarial_loss = require_loss(adversarial_loss)
        self.adversarial_weight = require_number("adversarial_weight", adversarial_weight, low=0.0)
        self.pixel_weight = require_number("pixel_weight", pixel_weight, low=0.0)
        self.perceptual = require_perceptual(perceptual)
        self.perceptual_weight = require_number("perceptual_weight", perceptual_weight, low=0.0)
        self.pretraining_steps = pretraining_steps

    @abc.abstractmethod
    def pixel_distance(self, targets, images):
        """The distance of pixels, a float32 scalar."""

    def train_step(self, data):
        """Minimise the distance of pixels; after the pre-training play the game, on the same enlarged images."""
        with self.step_on(data) as ((batch,), _):
            self.run_phase(pretraining=lambda: self.pretrain(batch), game=lambda: self.play_game(batch))
        return self.get_metrics_result()

    def pretrain(self, batch):
        """Update the generator by the pixels alone."""
        self.minimise(self.pretraining_terms, batch)

    def play_game(self, batch):
        """Update the discriminator, then the generator."""
        fakes = self.record(self.translate_batch, batch)
        self.minimise(self.discriminator_terms, batch, fakes)
        self.minimise(self.generator_terms, batch, fakes)

    def pretraining_terms(self, batch):
        """What the generator minimises before the game."""
        return self.pretraining_terms_of(batch, self.translate_batch(batch))

    def pretraining_terms_of(self, batch, fake):
        """The distance of pixels of images that are made, with the weight 1."""
        return {"generator": {"pretraining_loss": self.pixel_distance(self.likeness_target(batch), fake["images"])}}

    def discriminator_terms(self, batch, fake):
        """What the discriminator minimises in the game."""
        real_logits, fake_logits = self.critic(self.pairs_of(batch)).logits, self.critic(fake).logits
        return {"discriminator": {"d_loss": self.adversarial_loss.discriminator_loss(real_logits, fake_logits)}}

    def generator_terms(self, batch, fake):
        """What the generator minimises in the game."""
        target, terms = self.likeness_target(batch), {"g_loss": self.adversarial_weight * self.fooling(batch, fake)}
        if self.pixel_weight:
            terms["pixel_loss"] = self.pixel_weight * self.pixel_distance(target, fake["images"])
        if self.perceptual is not None:
            terms["perceptual_loss"] = self.perceptual_weight * self.perceptual(target, fake["images"])
        return {"generator": terms}

    def likeness_target(self, batch):
        """What the enlarged images should be like in their pixels and features."""
        return batch["target"]

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses of both phases on pairs that are not trained on."""
        fake = self.translate_batch(batch)
        game = {**self.discriminator_terms(batch, fake), **self.generator_terms(batch, fake)}
        return {**game, "pretraining": self.pretraining_terms_of(batch, fake)["generator"]}

    def upscale(self, images, *, averaged=True, batch_size=64, tile=None, overlap=None):
        """Enlarge images; another name of `translate`, with its arguments and its result.

        Tiles and their overlap are in pixels of the small images. Sides that the network cannot take, such as odd ones
        where it folds pixels, are continued by the mirror image first, and the result is cropped.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many images, or tiles of different images, to enlarge at once.
            tile: int or tuple (height, width) of the tiles; None for whole images. Where the network folds pixels,
                sides are rounded up to what it can fold.
            overlap: int, by how many pixels tiles overlap at least; None for about a quarter.

        Returns:
            float32 NumPy array `(num_images, scale height, scale width, channels)` in [-1, 1].
        """
        return self.translate(images, averaged=averaged, batch_size=batch_size, tile=tile, overlap=overlap)

    def upscale_picture(self, picture, **options):
        """Enlarge one picture as files hold it, of 8 or 16 bits and with or without alpha.

        The alpha is enlarged by bicubic interpolation, and the network sees the colours alone. The colours of fully
        transparent pixels mean nothing, so near opaque ones they are continued from these first: no fringe appears.
        A network for colours enlarges grey pictures in colour, and the luma of the result is returned.

        Args:
            picture: uint8 or uint16 `(height, width)` or `(height, width, channels)`, the channels those of the network
                or grey, with one more for the alpha.
            **options: as in `upscale`: averaged, tile and overlap.

        Returns:
            NumPy array of the picture's type, axes and channels, `scale` times as high and wide.

        Raises:
            ValueError: if this is no such picture.
        """
        given = Picture(picture, self.sampler().inputs["images"].shape[-1])
        return given.enlarged(self.upscale(given.colours[np.newaxis], **options)[0])

    def sampler(self, averaged=True):
        """The `Sampler` that enlarges: the generator, or its average. Exports keep the alpha of files."""
        sampler = super().sampler(averaged)
        sampler.keeps_alpha = True
        return sampler

    def blocks_of(self, batch):
        """What a picture of training shows: a source with each pixel as a square, its result, and its target."""
        source, *targets = (batch[name] for name in self.data_spec if name in batch)
        scale = self.scale

        def results(shown):
            return self.upscale(shown[:, ::scale, ::scale])

        return [[np.repeat(np.repeat(np.asarray(source), scale, axis=1), scale, axis=2), results, *targets]]

    def default_optimizers(self):
        """Adam as in the papers: learning rate 1e-4, beta_1 0.9."""
        return {name: keras.optimizers.Adam(1e-4, epsilon=1e-8) for name in self.players}

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {
            **super().get_config(),
            "adversarial_weight": self.adversarial_weight,
            "pixel_weight": self.pixel_weight,
            "perceptual": serialised(self.perceptual),
            "perceptual_weight": self.perceptual_weight,
            "pretraining_steps": self.pretraining_steps,
        }


def _scale_of(maps):
    """By how much a generator enlarges, an int, or a ValueError."""
    *sides, channels = maps.shapes["images"]
    sides = [side or _PROBE for side in sides]
    probe = keras.KerasTensor((1, *sides, channels))
    made = keras.tree.flatten(maps.network.compute_output_spec(probe))[0].shape[1:-1]
    scale = made[0] // sides[0] if made else 0
    if not scale or tuple(made) != tuple(scale * side for side in sides):
        raise ValueError(
            "The generator must make images a whole number of times as high and wide as it is given, as "
            f"`networks.srresnet` does. Received: images of {sides[0]}x{sides[1]}, which become "
            f"{'x'.join(map(str, made)) or 'no images'}"
        )
    return scale
