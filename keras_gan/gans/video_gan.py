"""VGAN: videos of a foreground in front of a background, from noise or from a first frame."""

import random

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _random, losses
from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan.gans._films import film_strips, for_all, strips_within
from keras_gan.gans._translation import mean_distance
from keras_gan.gans.alternating_gan import AlternatingGAN
from keras_gan.training import Field, Sampler

_FRAMES = "frames"


@keras.saving.register_keras_serializable(package="keras_gan")
class VideoGAN(AlternatingGAN):
    """Draws clips of what moves in front of a background that does not; or continues a clip from its first frame.

    With x a real clip and x_1 its first frame, y = G(z) or G(z, x_1) fake with the mask m of its foreground, the logit
    D and the softplus s:

        discriminator:  E[s(-D(x))] + E[s(D(y))]
        generator:      E[s(-D(y))]  +  w_mask E[m]  +  w_frame E|x_1 - y_1|

    The mask is small, so that the background has to explain all that it can. Vondrick et al. 2016 (arXiv 1609.02612),
    equations 1 to 4; means over all pixels, and the weights 0.1 and 10, as in the authors' code. The last term is for
    generators that take a first frame (section 4.4), for which that code has no term of the mask: `mask_weight=0`. A
    term that a generator does not have is 0 in the logs.

    `fit` takes clips, `{"clips": ...}`, as `data.load_clips` returns them; a generator that takes first frames gets
    those of the clips. `generate(16)` draws clips, and `generate(frames=frames)` continues frames.

    Difference from the authors' code: the discriminator judges the fakes of a step again after its update.

    Args:
        generator: keras.Model, G, from "latents" and perhaps "frames" `(batch, height, width, channels)` to "clips", or
            to a dict of these and "masks" in [0, 1], such as that of `networks.vgan`.
        discriminator: keras.Model, clips to logits.
        mask_weight: w_mask, at least 0.
        frame_weight: w_frame, at least 0.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `ema_half_life` and `seed`.

    Attributes:
        takes_frames: bool, whether the generator takes first frames.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan
        >>> clips = keras_gan.data.load_clips("moving-digits", num_frames=4, batch_size=2)
        >>> shape = {"image_shape": (24, 24, 1), "num_frames": 4, "width": 2, "stages": 1}
        >>> gan = keras_gan.VideoGAN(*keras_gan.networks.vgan(**shape, from_first_frame=True), seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(clips, steps_per_epoch=1, verbose=0)
        >>> frames = next(iter(clips))["clips"][:, 0]
        >>> gan.generate(frames=frames, seed=0).shape
        (2, 4, 24, 24, 1)
    """

    samples = "clips"
    terms = ("d_loss", "g_loss", "mask_loss", "frame_loss")
    generator_takes = ("latents", _FRAMES, "labels")
    generator_makes = ("masks",)

    def __init__(self, generator, discriminator, *, mask_weight=0.1, frame_weight=10.0, **options):
        super().__init__(generator, discriminator, losses.NonSaturating(), **options)
        self.mask_weight = require_number("mask_weight", mask_weight, low=0.0)
        self.frame_weight = require_number("frame_weight", frame_weight, low=0.0)
        self.takes_frames = _FRAMES in self._maps.shapes
        _require_clips(self.sample_shape, self._maps.shapes.get(_FRAMES))

    def default_optimizer(self):
        """Adam as in the authors' code: learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def generate_for(self, batch, latents):
        """A batch with fake clips instead of the real ones, the masks, and the first frames that it continues."""
        return super().generate_for({**batch, _FRAMES: batch["clips"][:, 0]}, latents)

    def generator_terms(self, real, fake):
        """What the generator minimises: the adversarial loss, the mask, and the distance of the first frames."""
        (terms,) = super().generator_terms(real, fake).values()
        mask = tf.reduce_mean(fake["masks"]) if "masks" in fake else tf.zeros(())
        distance = mean_distance(fake[_FRAMES], fake["clips"][:, 0]) if self.takes_frames else tf.zeros(())
        terms |= {"mask_loss": self.mask_weight * mask, "frame_loss": self.frame_weight * distance}
        return {"generator": terms}

    def generator_penalties(self, batch):
        """The penalties of the generator, with the first frames of a batch."""
        return super().generator_penalties({**batch, _FRAMES: batch["clips"][:, 0]})

    def sampler(self, averaged=True):
        """The `Sampler` that draws clips: from the generator, or its average."""
        network = self.averaged_generator if averaged else None
        make = FrameSampler if self.takes_frames else Sampler
        return make(self._maps, network, num_classes=self.num_classes)

    def generate(
        self, num_clips=None, *, latents=None, frames=None, labels=None, seed=None, averaged=True, batch_size=16
    ):
        """Draw clips, or continue first frames. This does not change the state of training.

        Args:
            num_clips: int, how many; leave it out if you give `latents` or `frames`. With one frame, so many futures.
            latents: float32 `(num_clips, *latent_shape)`, or None to draw them.
            frames: for a generator that takes first frames: float32 `(num_clips, height, width, channels)` in [-1, 1],
                or one for all clips.
            labels: for a conditional GAN: one class, or a class for each clip; None to draw them.
            seed: int for the same clips each time, in every process; None for different clips each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_clips, num_frames, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: if the number of clips is not clear, frames are missing or not taken, or an argument has a wrong
                shape or range.
        """
        given = {"latents": latents, _FRAMES: frames, "labels": labels}
        return self.draw_samples(num_clips, **given, seed=seed, averaged=averaged, batch_size=batch_size)

    def snapshot(self, num_images, *, seed, inputs=None):
        """What `callbacks.ImageSnapshots` shows: the frames of a clip in each row.

        Args:
            num_images: int, the most frames to show; one clip is always shown.
            seed: int.
            inputs: first frames to continue; only for a generator that takes them.

        Returns:
            (images, columns): float32 array of frames in [-1, 1], and how many make a row.
        """
        num_clips = strips_within(num_images, self.sample_shape[0])
        clips, _ = self.snapshot_clips(num_clips, seed=seed, inputs=inputs)
        return film_strips(clips)

    def snapshot_clips(self, num_clips, *, seed, inputs=None):
        """What `callbacks.ClipSnapshots` shows: clips that it draws, or that continue first frames.

        Args:
            num_clips: int, the most clips to show.
            seed: int.
            inputs: first frames to continue, or a batch of the data: a dict of "clips".

        Returns:
            (clips, columns): float32 array of clips in [-1, 1], and None for as many in a row as make a square.
        """
        if isinstance(inputs, dict) and "clips" in inputs:
            inputs = np.asarray(inputs["clips"])[:, 0]
        frames = None if inputs is None else inputs[:num_clips]
        return self.generate(num_clips if frames is None else len(frames), frames=frames, seed=seed), None

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "mask_weight": self.mask_weight, "frame_weight": self.frame_weight}


class FrameSampler(Sampler):
    """Draws clips that continue first frames, which must be given."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        # Only the latents can be drawn. Exports ask for all inputs.
        self.is_drawn = False

    def inputs_for(self, count=None, *, seed=None, **given):
        """Check the frames, one for each clip or one for all, and draw the latents; see `Sampler.inputs_for`."""
        given = {name: value for name, value in given.items() if value is not None}
        if _FRAMES not in given:
            raise ValueError(
                "This model continues first frames: give `frames`, one for each clip, or one for all of them. "
                "Received: frames=None"
            )
        given[_FRAMES] = self.checked(_FRAMES, given[_FRAMES])
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        if self.main not in given:
            count = len(given[_FRAMES]) if count is None else require_int("num_clips", count)
            given[self.main] = _random.latents_of_seed(count, self.inputs[self.main].shape[1:], seed)
            count = None
        inputs = super().inputs_for(count, seed=seed, **given)
        return {**inputs, _FRAMES: for_all(_FRAMES, inputs[_FRAMES], len(inputs[self.main]))}

    def _field(self, spec):
        return Field(tuple(spec.shape[1:]), is_noise=spec.name != _FRAMES)


def _require_clips(sample_shape, frame_shape):
    """Raise a ValueError unless the samples are clips, and the frames that the generator takes are frames of them."""
    if len(sample_shape) != 4 or None in sample_shape:
        raise ValueError(
            "The networks must make and take clips (batch, num_frames, height, width, channels) of known sizes, as in "
            f"`networks.vgan`. Received: samples of shape {sample_shape}"
        )
    if frame_shape is not None and frame_shape != sample_shape[1:]:
        raise ValueError(
            "The generator must take frames of the size of those that it makes. "
            f"Received: frames of {frame_shape}, clips of {sample_shape}"
        )
