"""MoCoGAN: videos whose content and motion are drawn separately."""

import random

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan.gans._films import film_strips, for_all, strips_within
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss
from keras_gan.losses import NonSaturating
from keras_gan.training import AdversarialModel, Critic, Field, Game, Interface, Player, Sampler

_MOTIONS = "motions"


@keras.saving.register_keras_serializable(package="keras_gan")
class MoCoGAN(AdversarialModel):
    """Draws clips from a code of what they show and a path of codes of how it moves.

    A discriminator of single frames sees whether each is sharp, and one of clips whether they move as real ones do.
    With x a real clip, x_t one frame of it at random, z the content, e the noise of the motion, y = G(z, e), the logits
    D_I and D_V and the softplus s:

        images:     E[s(-D_I(x_t))] + E[s(D_I(y_t))]
        videos:     E[s(-D_V(x))]   + E[s(D_V(y))]
        generator:  E[s(-D_I(y_t))] + E[s(-D_V(y))]

    Tulyakov et al. 2017 (arXiv 1707.04993), section 3, with the non-saturating loss and the order of the authors' code:
    both discriminators, then the generator. The content does not change within a clip, so only the motion can move it.
    One content with several motions is one thing that moves in several ways, and one motion with several contents is
    several things that move in one way: `combine` shows both.

    Differences from the authors' code: all updates of a step use the same fake clips, and the frames for D_I come from
    the clips for D_V; there are no categories; the weight decay is decoupled, not part of the gradient.

    Args:
        generator: keras.Model, G, from "latents" `(batch, size)`, the content, and "motions" `(batch, num_frames + 1,
            size)`, the noise of the motion, to clips in [-1, 1], such as the first of `networks.mocogan`.
        image_discriminator: keras.Model, D_I, from frames to logits or a map of them.
        video_discriminator: keras.Model, D_V, from clips of a fixed number of frames to logits or a map of them.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` of both discriminators; None for `NonSaturating()`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Attributes:
        num_frames: int, frames of the clips that it learns from, and of those that it draws if nobody asks for others.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan
        >>> clips = keras_gan.data.load_clips("moving-digits", num_frames=7, batch_size=2)
        >>> networks = keras_gan.networks.mocogan(image_shape=(24, 24, 1), num_frames=7, width=2, stages=1)
        >>> gan = keras_gan.MoCoGAN(*networks, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(clips, steps_per_epoch=1, verbose=0)
        >>> gan.generate(3, num_frames=10, seed=0).shape
        (3, 10, 24, 24, 1)
        >>> gan.combine(2, 4, seed=0).shape  # 2 contents, each with the same 4 motions
        (2, 4, 7, 24, 24, 1)
    """

    terms = ("g_image_loss", "g_video_loss", "d_image_loss", "d_video_loss")

    def __init__(
        self,
        generator,
        image_discriminator,
        video_discriminator,
        *,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", ("latents", _MOTIONS), "clips")
        image_critic = Critic(image_discriminator, role="image discriminator", conditions=())
        video_critic = Critic(video_discriminator, role="video discriminator", judges="clips", conditions=())
        clip_shape = _require_fit(maps, image_critic.interface, video_critic.interface)
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "image_discriminator": Player(image_discriminator=image_discriminator),
                "video_discriminator": Player(video_discriminator=video_discriminator),
            },
            {"clips": Field(clip_shape)},
            seed=seed,
            name=name,
        )
        self._maps, self.image_critic, self.video_critic = maps, image_critic, video_critic
        self.adversarial_loss = NonSaturating() if adversarial_loss is None else require_loss(adversarial_loss)
        self.num_frames = clip_shape[0]

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 2e-4, beta_1 0.5, weight decay 1e-5."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8, weight_decay=1e-5) for name in self.players}

    def train_step(self, data):
        """Update both discriminators, then the generator, on the same fake clips."""
        with self.step_on(data) as ((batch,), noise):
            drawn = self.drawn_for(batch, noise)
            fakes = self.record(self.generate_for, drawn)
            self.minimise(self.discriminator_terms, batch, fakes, drawn)
            self.minimise(self.generator_terms, fakes, drawn, batch)
        return self.get_metrics_result()

    def drawn_for(self, batch, noise):
        """What a step draws for each clip: content, noise of the motion, and the moments of the frames for D_I."""
        return {
            "latents": noise.normal_for(batch, self._maps.shapes["latents"]),
            _MOTIONS: noise.normal_for(batch, (self.num_frames + 1, self._maps.shapes[_MOTIONS][-1])),
            "real_moments": noise.uniform_for(batch, ()),
            "fake_moments": noise.uniform_for(batch, ()),
        }

    def generate_for(self, drawn):
        """Fake clips, a dict."""
        return self.forward(self._maps, drawn)

    def discriminator_terms(self, real, fake, drawn):
        """What the two discriminators minimise."""
        judge = self.adversarial_loss.discriminator_loss
        frames = frame_at(real, drawn["real_moments"]), frame_at(fake, drawn["fake_moments"])
        return {
            "image_discriminator": {"d_image_loss": judge(*(self.image_critic(each).logits for each in frames))},
            "video_discriminator": {"d_video_loss": judge(*(self.video_critic(each).logits for each in (real, fake)))},
        }

    def generator_terms(self, fake, drawn, real):
        """What the generator minimises. Only a relativistic loss needs the real clips."""
        frames = {"real": frame_at(real, drawn["real_moments"]), "fake": frame_at(fake, drawn["fake_moments"])}
        return {
            "generator": {
                "g_image_loss": self.fooling(self.image_critic, **frames),
                "g_video_loss": self.fooling(self.video_critic, real, fake),
            }
        }

    def fooling(self, critic, real, fake):
        """The generator's adversarial loss with one of the discriminators, a float32 scalar."""
        real_logits = critic(real).logits if self.adversarial_loss.relativistic else None
        return self.adversarial_loss.generator_loss(real_logits, critic(fake).logits)

    def test_terms(self, batch, noise):
        """All losses on clips that are not trained on."""
        drawn = self.drawn_for(batch, noise)
        fake = self.generate_for(drawn)
        return {**self.discriminator_terms(batch, fake, drawn), **self.generator_terms(fake, drawn, batch)}

    @property
    def games(self):
        """A game for each discriminator: that of frames, and that of clips."""
        critics = {"image": self.image_critic, "video": self.video_critic}
        return {
            name: Game(critic, self.generator, judge=f"{name}_discriminator", maker="generator", field="clips")
            for name, critic in critics.items()
        }

    def play(self, batch, noise):
        """Real clips and some that are generated, and a frame of each."""
        drawn = self.drawn_for(batch, noise)
        fake = self.generate_for(drawn)
        frames = frame_at(batch, drawn["real_moments"]), frame_at(fake, drawn["fake_moments"])
        return {"image": frames, "video": (batch, fake)}

    def sampler(self, averaged=True):
        """The `Sampler` that draws clips: from the generator, or its average."""
        return MotionSampler(self._maps, self.averaged_generator if averaged else None, self.num_frames)

    def call(self, inputs, training=False):
        """Clips for a dict of "latents" and "motions", from the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(inputs, training=training)

    def generate(
        self,
        num_clips=None,
        *,
        latents=None,
        motions=None,
        num_frames=None,
        seed=None,
        averaged=True,
        batch_size=16,
    ):
        """Draw clips. This does not change the state of training.

        A seed gives the same clips each time; longer ones begin as shorter ones.

        Args:
            num_clips: int, how many; leave it out if you give `latents` or `motions`.
            latents: float32 `(num_clips, size)`, the content, or one row for all clips; None to draw it.
            motions: float32 `(num_clips, num_frames + 1, size)`, the noise of the motion, or one row for all clips;
                None to draw it.
            num_frames: int, frames of each clip; None for as many as the model learns from. Not with `motions`.
            seed: int for the same clips each time, in every process; None for different clips each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_clips, num_frames, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: if the number of clips is not clear, or an argument has a wrong shape or range.
        """
        return self.draw_samples(
            num_clips,
            latents=latents,
            motions=motions,
            num_frames=num_frames,
            seed=seed,
            averaged=averaged,
            batch_size=batch_size,
        )

    def combine(self, num_contents, num_motions, *, num_frames=None, seed=None, averaged=True, batch_size=16):
        """Draw every one of some contents with every one of some motions.

        Args:
            num_contents: int.
            num_motions: int.
            num_frames: as in `generate`.
            seed: as in `generate`.
            averaged: as in `generate`.
            batch_size: as in `generate`.

        Returns:
            float32 NumPy array `(num_contents, num_motions, num_frames, height, width, channels)` in [-1, 1]: clips in
            a row show the same, and clips in a column move alike.

        Raises:
            ValueError: if an argument is out of range.
        """
        num_contents, num_motions = require_int("num_contents", num_contents), require_int("num_motions", num_motions)
        drawn = self.sampler().inputs_for(max(num_contents, num_motions), num_frames=num_frames, seed=seed)
        latents = np.repeat(drawn["latents"][:num_contents], num_motions, axis=0)
        motions = np.concatenate([drawn[_MOTIONS][:num_motions]] * num_contents)
        clips = self.generate(latents=latents, motions=motions, averaged=averaged, batch_size=batch_size)
        return clips.reshape(num_contents, num_motions, *clips.shape[1:])

    def snapshot(self, num_images, *, seed):
        """What `callbacks.ImageSnapshots` shows: the frames of a clip in each row.

        Args:
            num_images: int, the most frames to show; one clip is always shown.
            seed: int.

        Returns:
            (images, columns): float32 array of frames in [-1, 1], and how many make a row.
        """
        return film_strips(self.generate(strips_within(num_images, self.num_frames), seed=seed))

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "adversarial_loss": serialised(self.adversarial_loss),
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


class MotionSampler(Sampler):
    """Draws clips whose motion is noise of any number of frames.

    Args:
        interface: `Interface` of the generator, which takes "latents" and "motions".
        network: keras.Model to run, such as an averaged copy; None for the interface's network.
        num_frames: frames of a clip if nobody asks for others.
    """

    def __init__(self, interface, network, num_frames):
        super().__init__(interface, network)
        self.num_frames = num_frames
        self.output_shape = (num_frames, *self.output_shape[1:])

    def draw(self, count, seed, **given):
        """Draw content, and noise of the motion for each frame; see `Sampler.draw`."""
        if _MOTIONS not in given:
            given[_MOTIONS] = self.motions_of_seed(count, seed)
        return super().draw(count, seed, **given)

    def motions_of_seed(self, count, seed, num_frames=None):
        """The noise of motions that a seed stands for: float32 `(count, num_frames + 1, size)`."""
        return _random.motions_of_seed(
            count, (num_frames or self.num_frames) + 1, self.inputs[_MOTIONS].shape[-1], seed
        )

    def inputs_for(self, count=None, *, seed=None, num_frames=None, **given):
        """Check what is given, and draw the rest; one row of an input is for all clips. See `Sampler.inputs_for`."""
        given = {name: value for name, value in given.items() if value is not None}
        codes = {name: self._checked(name, given[name]) for name in self.inputs if name in given}
        if num_frames is not None and _MOTIONS in codes:
            raise ValueError(
                "The noise of the motion says how many frames there are: give it or `num_frames`, not both. "
                f"Received: num_frames={num_frames}, motions of shape {tuple(codes[_MOTIONS].shape)}"
            )
        if count is None and codes:
            count = max(map(len, codes.values()))
        codes = {name: for_all(name, value, require_int("num_clips", count)) for name, value in codes.items()}
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        if count is not None and _MOTIONS not in codes:
            frames = None if num_frames is None else require_int("num_frames", num_frames)
            codes[_MOTIONS] = self.motions_of_seed(require_int("num_clips", count), seed, frames)
        return super().inputs_for(None if self.main in codes else count, seed=seed, **given | codes)

    def _checked(self, name, value):
        """A given input as a float32 tensor, or a ValueError."""
        value = self.checked(name, value)
        if name == _MOTIONS and value.shape[1] < 2:
            raise ValueError(
                "`motions` must have a row for the beginning and one for each frame, at least two. "
                f"Received: motions.shape={tuple(value.shape)}"
            )
        return value


def frame_at(batch, moments):
    """One frame of each clip of a batch, a dict of "images".

    Args:
        batch: dict with "clips" `(batch, num_frames, height, width, channels)`.
        moments: float32 `(batch,)` in [0, 1), when in its clip each frame is.
    """
    clips = batch["clips"]
    # The largest float32 below 1 times fewer than 2^23 frames does not round up to their number.
    places = tf.cast(moments * tf.cast(tf.shape(clips)[1], tf.float32), tf.int32)
    return {"images": tf.gather(clips, places, batch_dims=1)}


def _require_fit(maps, frames, clips):
    """Raise a ValueError unless the three networks fit each other; return the shape of a clip."""
    taken, judged = clips.shapes["clips"], frames.shapes["images"]
    if _MOTIONS not in maps.shapes or len(maps.shapes[_MOTIONS]) != 2 or len(maps.shapes["latents"]) != 1:
        raise ValueError(
            'The generator must take a dict of "latents" (batch, size) and "motions" (batch, num_frames + 1, size), '
            f"as that of `networks.mocogan` does. Received: a generator of {maps.shapes}"
        )
    if len(taken) != 4 or None in taken:
        raise ValueError(
            "The video discriminator must take clips (batch, num_frames, height, width, channels) of known sizes, as "
            f"the data have them. Received: a video discriminator of clips {taken}"
        )
    maps.require_fit(clips)
    if not tf.TensorShape(judged).is_compatible_with(taken[1:]):
        raise ValueError(
            "The image discriminator must take the frames of the clips that the video discriminator takes. "
            f"Received: an image discriminator of {judged}, a video discriminator of {taken}"
        )
    rows = maps.shapes[_MOTIONS][0]
    if rows not in (None, taken[0] + 1):
        raise ValueError(
            "The noise of the motion needs one row more than a clip has frames. "
            f"Received: a generator of {rows} rows, clips of {taken[0]} frames"
        )
    return taken
