"""The base of the models that make waveforms of mels."""

import abc
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._tensors import require_floats
from keras_gan.gans._features import over_scales, require_features
from keras_gan.gans._serialised import serialised
from keras_gan.gans._streaming import reach, streamed
from keras_gan.gans._translation import require_loss
from keras_gan.layers import MelSpectrogram
from keras_gan.training import AdversarialModel, Critic, Field, Game, Interface, Player, Sampler
from keras_gan.training.sampler import in_one_array

# Frames of the mels that show which length of waveform a generator makes.
_TRIAL = 32


class Vocoder(AdversarialModel, abc.ABC):
    """One generator of waveforms from mels, and discriminators of waveforms that also return their maps.

    The data are waveforms alone. The model computes their mels by the front end that it is saved with, in training, for
    `resynthesise` and for a user's own mels (`model.mel_spectrogram`), so that all of them are the same.

    A subclass has `default_optimizers`, and says what the generator minimises: `generator_terms`.

    Args:
        generator: keras.Model, mels to waveforms.
        discriminator: keras.Model, waveforms to "logits" and "features", lists for several scales.
        mel_spectrogram: `keras_gan.layers.MelSpectrogram`, whose hop is what the generator makes of a frame.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`, summed over the scales.
        feature_weight: number, at least 0.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.
    """

    def __init__(
        self, generator, discriminator, mel_spectrogram, *, adversarial_loss, feature_weight, ema_half_life, seed, name
    ):
        maps = Interface(generator, "generator", ("mels",), "waveforms")
        critic = Critic(discriminator, role="discriminator", judges="waveforms", conditions=(), multiscale=True)
        maps.require_fit(critic.interface)
        require_features(critic.interface)
        _require_front_end(mel_spectrogram, maps)
        shape = tf.TensorShape(maps.outputs["waveforms"]).merge_with(critic.interface.shapes["waveforms"])
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator),
            },
            {"waveforms": Field(tuple(shape), is_sound=True)},
            seed=seed,
            name=name,
        )
        self._maps, self.critic, self.mel_spectrogram = maps, critic, mel_spectrogram
        self.adversarial_loss = require_loss(adversarial_loss)
        self.feature_weight = require_number("feature_weight", feature_weight, low=0.0)

    @abc.abstractmethod
    def generator_terms(self, batch, fakes):
        """What the generator minimises, of a batch and of what is made of its mels."""

    def train_step(self, data):
        """Update the discriminator, then the generator, on the same waveforms."""
        with self.step_on(data) as ((batch,), _):
            fakes = self.record(self.made_of_batch, batch)
            self.minimise(self.discriminator_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    def made_of_batch(self, batch):
        """What the generator makes of the mels of a batch, in the step in progress."""
        _require_whole_frames(batch["waveforms"].shape, self.mel_spectrogram.hop)
        mels = self.mel_spectrogram(batch["waveforms"])
        return {"waveforms": self.forward(self._maps, {"mels": mels})["waveforms"]}

    def discriminator_terms(self, batch, fakes):
        """What the discriminators minimise: the adversarial loss, summed over them."""
        loss = over_scales(self.adversarial_loss.discriminator_loss, self.critic(batch), self.critic(fakes))
        return {"discriminator": {"d_loss": loss}}

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses on waveforms that are not trained on."""
        fakes = self.made_of_batch(batch)
        return {**self.discriminator_terms(batch, fakes), **self.generator_terms(batch, fakes)}

    def vocode(self, mels, *, averaged=True, batch_size=16):
        """Make waveforms of mels. This does not change the state of training.

        Args:
            mels: float32 `(batch, frames, num_mels)`, made by `model.mel_spectrogram` or by a model that was trained on
                such mels.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to make at once.

        Returns:
            float32 NumPy array `(batch, frames * hop, 1)` in [-1, 1].

        Raises:
            ValueError: if these are no mels that the generator takes, or have too few frames for its padding.
        """
        batch_size = require_int("batch_size", batch_size)
        self.settle_averages()
        sampler = self.kept_sampler(averaged)
        return _run(sampler, sampler.inputs_for(mels=mels), batch_size)

    def vocode_stream(self, mels, *, chunk=32, averaged=True):
        """Make waveforms of mels piece by piece, while these still come in, without clicks at the seams.

        A sample depends on a few frames before and after its own; how many is measured once. Each chunk is made with
        so many frames around it, so the pieces together are what `vocode` makes of all the mels, up to rounding. The
        sound is late by a chunk and the frames after it: `(chunk + context_frames()) * hop / sample_rate` seconds.

        Args:
            mels: iterable of float32 `(batch, frames, num_mels)`, pieces of any lengths as they come; or one such
                array.
            chunk: int, the frames that are made at once. Longer chunks take less time in all.
            averaged: whether to use the averaged generator if there is one.

        Returns:
            Iterator of float32 NumPy arrays `(batch, chunk * hop, 1)` in [-1, 1], the last one perhaps shorter.

        Raises:
            ValueError: if an argument is out of range, or a piece is none of mels: of an iterator, when it comes to the
                piece; or the generator depends on the whole sequence.
        """
        chunk = require_int("chunk", chunk)
        self.settle_averages()
        sampler = self.kept_sampler(averaged)
        return streamed(
            lambda known: _run(sampler, {"mels": tf.constant(known)}, len(known)),
            _pieces(mels, lambda piece: np.asarray(sampler.inputs_for(mels=piece)["mels"])),
            factor=self.mel_spectrogram.hop,
            context=self.context_frames(),
            chunk=chunk,
        )

    def context_frames(self):
        """How many frames of mels before and after its own a sample depends on, an int."""
        if "_context_frames" not in self.__dict__:
            front_end = self.mel_spectrogram
            self.__dict__["_context_frames"] = reach(self.generator, front_end.num_mels, front_end.hop)
        return self.__dict__["_context_frames"]

    def resynthesise(self, waveforms, *, averaged=True, batch_size=16):
        """Make waveforms of the mels of waveforms: what is lost on the way is what one hears of the vocoder.

        Args:
            waveforms: float32 `(batch, num_samples, 1)` in [-1, 1].
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to make at once.

        Returns:
            float32 NumPy array of the shape of `waveforms`.

        Raises:
            ValueError: if these are no waveforms, or are too short.
        """
        waveforms = np.asarray(require_floats("waveforms", waveforms, rank=3), "float32")
        missing = -waveforms.shape[1] % self.mel_spectrogram.hop
        padded = np.pad(waveforms, ((0, 0), (0, missing), (0, 0)))
        batch_size = require_int("batch_size", batch_size)
        made = (
            self.vocode(self.mel_spectrogram(padded[i : i + batch_size]), averaged=averaged, batch_size=batch_size)
            for i in range(0, len(padded), batch_size)
        )
        return in_one_array(made, len(padded))[:, : waveforms.shape[1]]

    def snapshot(self, num_samples, *, seed, inputs=None):  # noqa: ARG002
        """What snapshots of the training show: recordings, and next to each what becomes of its mels.

        Args:
            num_samples: int, the most waveforms, both kinds together; one of each is always shown.
            seed: int; nothing is drawn here.
            inputs: float32 waveforms `(batch, num_samples, 1)`, or a dict of them by the name "waveforms".

        Returns:
            (waveforms, columns): float32 array, and 2, how many of them make a row.

        Raises:
            ValueError: if there are no `inputs`.
        """
        waveforms = inputs.get("waveforms") if isinstance(inputs, dict) else inputs
        if waveforms is None:
            raise ValueError(
                f"A {type(self).__name__} draws nothing by itself: give the snapshots recordings, as "
                f"`inputs=waveforms`. Received: inputs={inputs!r:.60}"
            )
        waveforms = np.asarray(waveforms, "float32")[: max(1, num_samples // 2)]
        pairs = np.stack([waveforms, self.resynthesise(waveforms)], axis=1)
        return pairs.reshape(-1, *waveforms.shape[1:]), 2

    @property
    def games(self):
        """The one game of the two networks."""
        game = Game(self.critic, self.generator, judge="discriminator", maker="generator", field="waveforms")
        return {"": game}

    def play(self, batch, noise):  # noqa: ARG002
        """The waveforms of a batch, and what is made of their mels."""
        return {"": (batch, self.made_of_batch(batch))}

    def sampler(self, averaged=True):
        """The `Sampler` that makes waveforms of mels: the generator, or its average."""
        return Sampler(self._maps, self.averaged_generator if averaged else None, is_drawn=False)

    def call(self, mels, training=False):
        """Waveforms of mels, by the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(mels, training=training)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "mel_spectrogram": serialised(self.mel_spectrogram),
            "adversarial_loss": serialised(self.adversarial_loss),
            "feature_weight": self.feature_weight,
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _run(sampler, inputs, batch_size):
    """Run the sampler, with a plain error for mels that are too short to be padded by reflection."""
    try:
        return sampler.run(inputs, batch_size)
    except tf.errors.InvalidArgumentError as error:
        if "paddings must be less than" not in str(error):
            raise
        raise ValueError(
            "The generator pads by reflection and needs more frames than these mels have: give it longer ones. "
            f"Received: mels.shape={tuple(inputs['mels'].shape)}"
        ) from error


def _require_front_end(mel_spectrogram, maps):
    """Raise a ValueError unless a front end makes the mels that a generator takes, of as long waveforms."""
    if not isinstance(mel_spectrogram, MelSpectrogram):
        raise ValueError(
            "`mel_spectrogram` must be a `keras_gan.layers.MelSpectrogram`, such as `MelSpectrogram(22050, "
            f"high=8000.0)`. Received: mel_spectrogram={mel_spectrogram!r}"
        )
    taken = maps.shapes["mels"]
    if len(taken) != 2 or taken[-1] != mel_spectrogram.num_mels:
        raise ValueError(
            f"The generator takes mels of shape {taken}, but the front end makes {mel_spectrogram.num_mels} mels a "
            f"frame: build both for the same `num_mels`. Received: generator.input_shape={(None, *taken)}, "
            f"num_mels={mel_spectrogram.num_mels}"
        )
    frames = taken[0] or _TRIAL
    made = tuple(maps.network.compute_output_spec(keras.KerasTensor((1, frames, taken[-1]))).shape)
    if made != (1, frames * mel_spectrogram.hop, 1):
        raise ValueError(
            f"The front end makes a frame of every {mel_spectrogram.hop} samples, so the generator must make so many "
            "samples of a frame: choose `ratios` whose product is the `hop`. Received: a generator that makes "
            f"waveforms of shape {made} of {frames} frames, hop={mel_spectrogram.hop}"
        )


def _require_whole_frames(shape, hop):
    if shape[1] is not None and shape[1] % hop:
        raise ValueError(
            f"A vocoder learns from waveforms of whole frames of {hop} samples, such as {max(1, shape[1] // hop) * hop}"
            " samples: cut them, for example with `keras_gan.data.load_recordings(..., num_samples=...)`. "
            f"Received: waveforms of shape {tuple(shape)}"
        )


def _pieces(mels, checked):
    """The pieces of a stream: those that are there already checked at once, and those of an iterator as they come."""
    if hasattr(mels, "shape"):
        return [checked(mels)]
    if isinstance(mels, list | tuple) and mels:
        return [checked(piece) for piece in mels]
    if isinstance(mels, str | bytes | dict | list | tuple) or not isinstance(mels, Iterable):
        raise ValueError(
            "`mels` must be an array (batch, frames, num_mels), or an iterable of such pieces, at least one. "
            f"Received: mels={mels!r:.60}"
        )
    return map(checked, mels)
