"""Samples of sound during training, to hear and to see."""

import io
import math
import wave

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._files import write_atomically
from keras_gan._sample_rate import sample_rate_of
from keras_gan.callbacks._snapshots import Snapshots
from keras_gan.callbacks.image_grid import draw_grid
from keras_gan.callbacks.image_snapshots import png_of

_LEVELS = 2**15
# Seconds: of the window of a spectrogram, in which a voice changes little, and of the silence between two waveforms.
_WINDOW, _PAUSE = 0.032, 0.1
# Decibels below a tone of full scale that are drawn black.
_FLOOR = -80.0


class AudioSnapshots(Snapshots):
    """Writes waveforms from the same latents again and again: a WAV file to hear, next to a picture of spectrograms.

    The losses of a GAN do not show how good its samples are, and of sound not even a plot of the waveforms does. The
    files are `epoch_0003.wav`, in which the waveforms follow each other with short silences between them, and
    `epoch_0003.png`, with a spectrogram of each in the same order: time from left to right, frequency from 0 at the
    bottom to half the sample rate at the top, and in grey the magnitude, from -80 dB to 0 dB of a tone of full scale.
    All that `ImageSnapshots` says of times, numbers, moments and disks holds here, too.

    The model decides what a snapshot holds: a model with a method `snapshot(num_waveforms, *, seed)` returns the
    waveforms and the number of columns itself, from `inputs` where they are given here; for any other model, they are
    what `generate(num_waveforms, seed=...)` returns. If such a model has an integer `num_classes`, row i has class i.

    Args:
        directory: where the files go. It is made if it does not exist.
        sample_rate: int, samples in a second; None for that of the model: its `sample_rate`, which a `WaveGAN` may
            have, or that of its `mel_spectrogram`, as a vocoder's.
        every: take a snapshot after this many units.
        unit: "epoch" or "step".
        num_waveforms: waveforms in a snapshot. With classes: the most waveforms, equally many of each.
        seed: seed of the latents.
        log_dir: directory for TensorBoard, which plays the waveforms and shows the picture as "samples"; or None.
        inputs: what the model makes its waveforms of, an array or a dict of arrays by name; None for a model that draws
            them.
        after_seconds: list or tuple of seconds of training, in whole numbers, after which a snapshot is taken in
            addition; empty for none.

    Raises:
        ValueError: if an argument is out of range or a directory cannot be written; when training begins, if the model
            has neither `snapshot` nor `generate`, it needs `inputs` or does not take them, its samples are no
            waveforms, or neither it nor the callback has a sample rate.

    Example:
        >>> import pathlib, tempfile
        >>> import keras, numpy as np
        >>> class Whistler(keras.Model):
        ...     def generate(self, num_waveforms, *, seed):
        ...         return np.tile(0.5 * np.sin(np.arange(800.0)), (num_waveforms, 1))[..., None]
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> snapshots = AudioSnapshots(directory, sample_rate=8000, num_waveforms=2)
        >>> snapshots.set_model(Whistler())
        >>> snapshots.on_train_begin()
        >>> snapshots.on_epoch_begin(0)
        >>> snapshots.on_train_end()
        >>> sorted(file.name for file in directory.iterdir())
        ['epoch_0000.png', 'epoch_0000.wav']
    """

    _noun, _suffix = "recordings", ".wav"
    _training_state = Snapshots._training_state

    def __init__(
        self,
        directory,
        *,
        sample_rate=None,
        every=1,
        unit="epoch",
        num_waveforms=10,
        seed=0,
        log_dir=None,
        inputs=None,
        after_seconds=(30, 60, 120, 300),
    ):
        self.sample_rate = None if sample_rate is None else require_int("sample_rate", sample_rate)
        self.num_waveforms = require_int("num_waveforms", num_waveforms)
        super().__init__(
            directory,
            every=every,
            unit=unit,
            count=self.num_waveforms,
            seed=seed,
            log_dir=log_dir,
            inputs=inputs,
            after_seconds=after_seconds,
        )

    def _taken(self):
        waveforms, columns = self._samples_and_columns()
        waveforms = np.asarray(waveforms, np.float32)
        if waveforms.ndim != 3 or waveforms.shape[-1] != 1 or 0 in waveforms.shape:
            raise ValueError(
                "These samples are no sound: expected waveforms of shape (num_waveforms, num_samples, 1). Take "
                f"`ImageSnapshots` for images. Received: samples of shape {waveforms.shape}"
            )
        self._rate = self._sample_rate()
        # What a network that diverges makes must not end its training.
        return np.clip(np.nan_to_num(waveforms), -1.0, 1.0), columns

    def _sample_rate(self):
        rate = sample_rate_of(self.model) if self.sample_rate is None else self.sample_rate
        if rate is None:
            raise ValueError(
                "How fast are these waveforms? This model does not say it: give AudioSnapshots the `sample_rate`, or "
                f"build a `WaveGAN` with it. Received: sample_rate=None, model={type(self.model).__name__}"
            )
        return rate

    def _write(self, taken, stem):
        waveforms, _ = taken
        pause = np.zeros((round(_PAUSE * self._rate),), np.float32)
        sound = np.concatenate([part for waveform in waveforms for part in (waveform[:, 0], pause)])
        write_atomically(self.directory / f"{stem}.wav", _wav_of(sound, self._rate))
        write_atomically(self.directory / f"{stem}.png", png_of(self._picture(taken)))

    def _show(self, taken, step):
        waveforms, _ = taken
        tf.summary.audio("samples", waveforms, self._rate, step=step, max_outputs=len(waveforms))
        tf.summary.image("samples", self._picture(taken)[np.newaxis], step=step)

    def _picture(self, taken):
        waveforms, columns = taken
        grey = 1.0 - 2.0 * _decibels(waveforms[..., 0], self._rate) / _FLOOR
        return draw_grid(np.swapaxes(grey, 1, 2)[:, ::-1, :, np.newaxis], columns=columns)


def _decibels(waveforms, sample_rate):
    """The spectrograms of waveforms `(batch, num_samples)` in decibels of a tone of full scale, from -80 to 0.

    The window is the power of two next to 32 ms, or shorter for short waveforms, and its step a quarter of it.
    """
    longest = 2 ** int(math.log2(max(2, waveforms.shape[1])))
    window = min(max(4, 2 ** round(math.log2(_WINDOW * sample_rate))), max(4, longest))
    with tf.device("CPU:0"):
        spectra = tf.abs(tf.signal.stft(waveforms, window, window // 4, pad_end=True)).numpy()
    full_scale = window / 4.0  # half the sum of a Hann window
    return np.clip(20.0 * np.log10(np.maximum(spectra / full_scale, 1e-9)), _FLOOR, 0.0)


def _wav_of(sound, sample_rate):
    """The bytes of a WAV file of 16 bits, of a waveform `(num_samples,)` in [-1, 1]."""
    levels = np.clip(np.rint(sound * _LEVELS), -_LEVELS, _LEVELS - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(levels.tobytes())
    return buffer.getvalue()
