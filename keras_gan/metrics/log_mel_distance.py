"""The distance of the mel spectrograms of recordings and their targets."""

import numpy as np

from keras_gan.metrics._features import as_array
from keras_gan.metrics._pairs import PairValues
from keras_gan.metrics._waveforms import require_waveform_pairs

_AT_ONCE = 16


def log_mel_distance(waveforms, targets, mel_spectrogram):
    """Mean absolute difference of the logarithmic mel spectrograms of each recording and its target. Lower is better.

        mean |mels(waveform) - mels(target)|

    over all frames and bands. A shift of a wave by a few samples, which nobody hears, changes each sample but hardly
    the magnitudes of its spectrum. With a `keras_gan.layers.MelSpectrogram`, which returns natural logarithms, it is
    the mel loss of HiFi-GAN (Kong et al. 2020, arXiv 2010.05646, section 2.3) before its weight, and 0.115 is one
    decibel. It does not hear what a vocoder gets wrong within the width of a band: see `stft_distance` and `f0_error`.

    Args:
        waveforms: array-like `(num_pairs, num_samples, 1)`, floats in [-1, 1].
        targets: array-like of the same shape, the true recordings.
        mel_spectrogram: function from float32 `(batch, num_samples, 1)` to `(batch, frames, num_mels)`, such as a
            `keras_gan.layers.MelSpectrogram`: the same for all values that are compared.

    Returns:
        `PairValues`: `mean`, a float of at least 0, and `values`, float64 `(num_pairs,)`.

    Raises:
        ValueError: if these are no pairs of recordings, or `mel_spectrogram` is no such function.

    Example:
        >>> import numpy as np
        >>> def log_power(waveforms):
        ...     return np.log(waveforms**2)
        >>> tone = np.sin(np.arange(1.0, 800.0)).reshape(1, -1, 1)
        >>> round(log_mel_distance(np.e * tone, tone, log_power).mean, 6)
        2.0
    """
    waveforms, targets = require_waveform_pairs(waveforms, targets)
    if not callable(mel_spectrogram):
        raise ValueError(
            "`mel_spectrogram` must be a function of waveforms, such as a `keras_gan.layers.MelSpectrogram`. "
            f"Received: mel_spectrogram={mel_spectrogram!r:.80}"
        )
    values = [
        np.abs(_mels(mel_spectrogram, waveforms[rows]) - _mels(mel_spectrogram, targets[rows])).mean(axis=(1, 2))
        for rows in (slice(start, start + _AT_ONCE) for start in range(0, len(targets), _AT_ONCE))
    ]
    values = np.concatenate(values)
    return PairValues(float(values.mean()), values)


def _mels(mel_spectrogram, waveforms):
    mels = as_array("mel_spectrogram", mel_spectrogram(waveforms[..., np.newaxis].astype(np.float32)), "fV")
    if mels.ndim != 3 or len(mels) != len(waveforms) or not mels.size:
        raise ValueError(
            "`mel_spectrogram` must return (num_recordings, frames, num_mels), at least one frame: give longer "
            f"recordings. Received: an array of shape {mels.shape} for {len(waveforms)} recordings of "
            f"{waveforms.shape[1]} samples"
        )
    if not np.isfinite(mels).all():
        raise ValueError(
            "`mel_spectrogram` returns NaN or infinity: let it cut magnitudes off below, before the logarithm. "
            f"Received: {int((~np.isfinite(mels)).sum())} of {mels.size} numbers that are not finite"
        )
    return mels.astype(np.float64)
