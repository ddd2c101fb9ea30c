"""Waveforms from mels without a network: the baseline of vocoders."""

import numpy as np

from keras_gan.layers.mel_spectrogram import mel_filters

_STEPS_OF_MAGNITUDES = 200


def griffin_lim(mels, mel_spectrogram, *, iterations=60, momentum=0.99, seed=0):
    """Return waveforms `(batch, frames * hop, 1)` whose mels are about those given, `(batch, frames, num_mels)`.

    The magnitudes of all frequencies are those, not negative, whose mels are nearest to the given ones (multiplicative
    updates, Lee and Seung 2001). Their phases begin at random. In turn, a waveform is made of the spectrum, and the
    phases are taken from its own spectrum (Griffin and Lim 1984). Each step has a momentum (Perraudin et al.
    2013), as in librosa.

    Args:
        mels: what a `MelSpectrogram` returned.
        mel_spectrogram: `keras_gan.layers.MelSpectrogram`, whose window is as long as its transform.
        iterations: int.
        momentum: float.
        seed: int, for the phases.
    """
    fft_size, hop = mel_spectrogram.fft_size, mel_spectrogram.hop
    magnitudes = _magnitudes(np.exp(np.asarray(mels, "float64")), _filters(mel_spectrogram))
    phases = np.exp(2j * np.pi * np.random.default_rng(seed).uniform(size=magnitudes.shape))
    before = np.zeros_like(phases)
    for _ in range(iterations):
        spectrum = _spectrum(_waveforms(magnitudes * phases, fft_size, hop), fft_size, hop)
        ahead = spectrum - momentum / (1.0 + momentum) * before
        phases, before = ahead / np.maximum(np.abs(ahead), 1e-16), spectrum
    margin = (fft_size - hop) // 2
    waves = _waveforms(magnitudes * phases, fft_size, hop)
    return waves[:, margin : margin + hop * magnitudes.shape[1], np.newaxis].astype("float32")


def _filters(mel_spectrogram):
    """The filters, float64 `(bins, num_mels)`."""
    high = mel_spectrogram.sample_rate / 2 if mel_spectrogram.high is None else mel_spectrogram.high
    sizes = (mel_spectrogram.sample_rate, mel_spectrogram.fft_size, mel_spectrogram.num_mels)
    return np.asarray(mel_filters(*sizes, mel_spectrogram.low, high), "float64")


def _magnitudes(mels, filters):
    """Magnitudes of at least 0, `(batch, frames, bins)`, that have these mels, without a logarithm."""
    wanted, gram = mels @ filters.T, filters @ filters.T
    magnitudes = np.maximum(wanted, 1e-12)
    for _ in range(_STEPS_OF_MAGNITUDES):
        magnitudes = magnitudes * wanted / np.maximum(magnitudes @ gram, 1e-30)
    return magnitudes


def _window(fft_size):
    return np.hanning(fft_size + 1)[:-1]


def _spectrum(waves, fft_size, hop):
    frames = np.lib.stride_tricks.sliding_window_view(waves, fft_size, axis=-1)[:, ::hop]
    return np.fft.rfft(frames * _window(fft_size))


def _waveforms(spectrum, fft_size, hop):
    """The waveforms whose spectra are nearest, with the margins that `MelSpectrogram` pads."""
    frames = np.fft.irfft(spectrum, fft_size) * _window(fft_size)
    waves = np.zeros((len(frames), fft_size + hop * (frames.shape[1] - 1)))
    weights = np.zeros(waves.shape[1])
    for number in range(frames.shape[1]):
        part = slice(number * hop, number * hop + fft_size)
        waves[:, part] += frames[:, number]
        weights[part] += _window(fft_size) ** 2
    return waves / np.maximum(weights, 1e-3)
