"""Mel spectrograms: what a vocoder turns into sound, and what a loss or a metric compares sounds by."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number

# Mel magnitudes below it count as silence.
_SILENCE = 1e-5
# Far below what can be heard, and large enough for the gradient of a square root.
_SMALLEST_POWER = 1e-12
# Slaney's scale: linear up to 1 kHz, which is 15 mels, and logarithmic above, with 27 mels for a factor of 6.4.
_HERTZ_A_MEL, _BREAK, _RATE = 200 / 3, 1000.0, np.log(6.4) / 27


@keras.saving.register_keras_serializable(package="keras_gan")
class MelSpectrogram(keras.layers.Layer):
    """Turns recordings into logarithms of their mel spectrograms.

    A vocoder that is given mels of another front end than it was trained with makes noise, without an error: other
    filters, another logarithm or another padding are enough. So one layer makes them for data, losses, metrics and
    the model, and is saved with the model. With S the short-time Fourier transform and F the mel filters,

        mels = log(max(F |S|, 1e-5))

    with the natural logarithm, a periodic Hann window, and filters on Slaney's scale and of Slaney's norm, which are
    the defaults of librosa. The recordings are padded by reflection with `fft_size - hop` samples, half at either
    end, so that there is one frame for every `hop` samples. These are the mels of HiFi-GAN (Kong et al. 2020, arXiv
    2010.05646, and its code), except that its code adds 1e-9 to |S|^2, where this layer takes at least 1e-12: quiet
    recordings then have the mels that librosa gives them.

    It computes in float32 under every dtype policy: squares of magnitudes overflow float16. It has no weights.

    Args:
        sample_rate: int, samples a second of the recordings.
        num_mels: int, the number of filters.
        fft_size: int, the length of the Fourier transform, in samples.
        hop: int, the samples from one frame to the next, at most `window`.
        window: int, the length of the window, at most `fft_size`, which it is by default.
        low: float, the frequency in hertz at which the first filter begins.
        high: float, the frequency in hertz at which the last filter ends, at most half of `sample_rate`, which it is
            by default. HiFi-GAN's vocoders of 22,050 Hz take 8000.
        name: str, the layer's name.

    Returns:
        For recordings `(batch, num_samples, 1)` in [-1, 1], float32 `(batch, num_samples // hop, num_mels)`, at least
        log(1e-5) = -11.51.

    Raises:
        ValueError: if an argument is out of its range, there are filters so narrow that they contain no frequency of
            the transform, the input is no batch of recordings with one channel, or the recordings are too short to
            pad or for one frame.

    Example:
        >>> mels = MelSpectrogram(8000, num_mels=40, fft_size=256, hop=64)
        >>> tuple(mels(np.zeros((2, 2048, 1), "float32")).shape)
        (2, 32, 40)
    """

    def __init__(self, sample_rate, num_mels=80, fft_size=1024, hop=256, window=None, low=0.0, high=None, *, name=None):
        super().__init__(name=name, dtype="float32", autocast=False)
        self.sample_rate = require_int("sample_rate", sample_rate, low=2)
        self.num_mels = require_int("num_mels", num_mels)
        self.fft_size = require_int("fft_size", fft_size, low=2)
        self.window = window if window is None else require_int("window", window, high=self.fft_size)
        self.hop = require_int("hop", hop, high=self.window or self.fft_size)
        self.high = high if high is None else require_number("high", high, high=self.sample_rate / 2)
        self.low = require_number("low", low, low=0.0)
        if self.low >= self._highest:
            raise ValueError(
                "`low` must be below `high`, which is half of the sample rate by default. "
                f"Received: low={low!r}, high={high!r}, sample_rate={sample_rate!r}"
            )
        self._filters = self._checked_filters()
        self._window = _hann(self.window or self.fft_size, self.fft_size)

    @property
    def _highest(self):
        return self.sample_rate / 2 if self.high is None else self.high

    def _checked_filters(self):
        filters = mel_filters(self.sample_rate, self.fft_size, self.num_mels, self.low, self._highest)
        empty = np.flatnonzero(filters.max(axis=0) == 0)
        if empty.size:
            raise ValueError(
                f"{empty.size} of the {self.num_mels} mel filters contain no frequency of the Fourier transform and "
                "would always be silent: take fewer filters (`num_mels`) or a longer transform (`fft_size`). "
                f"Received: num_mels={self.num_mels}, fft_size={self.fft_size}, sample_rate={self.sample_rate}"
            )
        return filters.astype("float32")

    def call(self, inputs):
        """Compute the mels of recordings."""
        inputs = tf.cast(inputs, tf.float32)
        self._require_recordings(inputs.shape)
        margin = self.fft_size - self.hop
        padded = tf.pad(inputs[..., 0], [(0, 0), (margin // 2, margin - margin // 2)], "REFLECT")
        frames = tf.signal.frame(padded, self.fft_size, self.hop)
        spectrum = tf.signal.rfft(frames * self._window)
        power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
        magnitudes = tf.sqrt(tf.maximum(power, _SMALLEST_POWER))
        return tf.math.log(tf.maximum(magnitudes @ self._filters, _SILENCE))

    def _require_recordings(self, shape):
        """Raise a ValueError unless a static shape is that of recordings, long enough to pad and for one frame."""
        if shape.rank != 3 or shape[2] not in (1, None):
            raise ValueError(
                "MelSpectrogram needs recordings (batch, num_samples, 1): mix several channels to one, and add the "
                f"last axis with `waveforms[..., None]` where it is missing. Received: shape={tuple(shape)}"
            )
        margin = self.fft_size - self.hop
        shortest = max(self.hop, margin - margin // 2 + 1)
        if shape[1] is not None and shape[1] < shortest:
            raise ValueError(
                f"The recordings must have at least {shortest} samples, for one frame and for the padding by "
                "reflection: take longer ones, or make `fft_size` smaller. "
                f"Received: shape={tuple(shape)}, fft_size={self.fft_size}, hop={self.hop}"
            )

    def compute_output_shape(self, input_shape):
        """Return (batch, num_samples // hop, num_mels)."""
        batch, num_samples, _ = input_shape
        return (batch, None if num_samples is None else num_samples // self.hop, self.num_mels)

    def get_config(self):
        """Return the constructor's arguments."""
        names = ("sample_rate", "num_mels", "fft_size", "hop", "window", "low", "high", "name")
        return {name: getattr(self, name) for name in names}


def mel_filters(sample_rate, fft_size, num_mels, low, high):
    """Return mel filters: triangles of area 1 whose corners are equally spaced in mels.

    Args:
        sample_rate: int, samples a second.
        fft_size: int, the length of the Fourier transform.
        num_mels: int, the number of filters.
        low: float, the frequency in hertz at which the first filter begins.
        high: float, the frequency in hertz at which the last filter ends.

    Returns:
        Array float64 `(fft_size // 2 + 1, num_mels)`, in 1 / Hz.
    """
    corners = _hertz(np.linspace(_mels(low), _mels(high), num_mels + 2))
    frequencies = np.arange(fft_size // 2 + 1)[:, None] * (sample_rate / fft_size)
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (frequencies - left) / (centre - left), (right - frequencies) / (right - centre)
    return np.maximum(np.minimum(rising, falling), 0) * 2 / (right - left)


def _mels(hertz):
    """Frequencies in mels of Slaney's scale."""
    hertz = np.asarray(hertz, "float64")
    return np.where(hertz < _BREAK, hertz, _BREAK) / _HERTZ_A_MEL + np.log(np.maximum(hertz / _BREAK, 1)) / _RATE


def _hertz(mels):
    """The inverse of `_mels`."""
    highest = _BREAK / _HERTZ_A_MEL
    return np.minimum(mels, highest) * _HERTZ_A_MEL * np.exp(np.maximum(mels - highest, 0) * _RATE)


def _hann(length, fft_size):
    """A periodic Hann window, float32, in the middle of as many zeros as a Fourier transform has more samples."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    before = (fft_size - length) // 2
    return np.pad(window, (before, fft_size - length - before)).astype("float32")
