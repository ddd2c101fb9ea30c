"""How well the pitch of recordings is that of their targets."""

import typing

import numpy as np

from keras_gan._arguments import require_int, require_number
from keras_gan.metrics._waveforms import require_waveform_pairs

# The settings of Praat: Boersma 1993, sections 3 and 4, and its manual.
_VOICING_THRESHOLD, _SILENCE_THRESHOLD, _OCTAVE_COST = 0.45, 0.03, 0.01
_PERIODS, _SECONDS_BETWEEN_FRAMES = 3, 0.01
# Between the lags of whole samples, the autocorrelation is interpolated.
_UPSAMPLING = 4


class F0Error(typing.NamedTuple):
    """What `f0_error` returns.

    Attributes:
        cents: float, the error of the pitch; NaN if no frame is voiced in both.
        voicing: float in [0, 1], the share of frames that are voiced in one recording of the pair alone.
        sums: float64 `(num_pairs, 4)`: of each pair the sum of the squared errors, and the number of frames that are
            voiced in both, that are voiced in one alone, and of all.
    """

    cents: float
    voicing: float
    sums: np.ndarray


def f0_error(waveforms, targets, sample_rate, *, low=60.0, high=400.0):
    """Error of the fundamental frequency of recordings of speech, compared with their targets. Lower is better.

    A distance of spectra hardly hears a voice that is a little too high, or hoarse; people do. With f the frequencies
    of both recordings in a frame, the error is

        sqrt mean (1200 log2(f / f_target))^2    in cents, of which a semitone has 100

    over the frames of all pairs that are voiced in both. How often only one is voiced stands next to it: a vocoder
    that whispers has no error of the pitch.

    The frequency is that of the largest peak of the autocorrelation of a frame of three periods of the lowest pitch,
    every 10 ms, divided by the autocorrelation of the Hann window (Boersma 1993, Accurate short-term analysis of the
    fundamental frequency, Proceedings of the Institute of Phonetic Sciences 17). A frame is voiced if that peak exceeds
    0.45, or more where the frame is quiet. Unlike in the paper, each frame is judged by itself, without a path through
    the frames.

    Args:
        waveforms: array-like `(num_pairs, num_samples, 1)`, floats in [-1, 1].
        targets: array-like of the same shape, the true recordings.
        sample_rate: int, samples a second.
        low: float, the lowest pitch in hertz.
        high: float, the highest pitch in hertz, at most a quarter of the sample rate.

    Returns:
        `F0Error`: `cents`, `voicing`, and the `sums` of each pair that they are made of.

    Raises:
        ValueError: if these are no pairs of recordings, they are shorter than a frame, or the range of the pitch is
            none.

    Example:
        >>> import numpy as np
        >>> def tone(hertz):
        ...     return np.sin(2 * np.pi * hertz / 8000 * np.arange(2000)).reshape(1, -1, 1)
        >>> error = f0_error(tone(103.0), tone(100.0), 8000)
        >>> round(error.cents), round(1200 * np.log2(1.03)), error.voicing
        (51, 51, 0.0)
    """
    waveforms, targets = require_waveform_pairs(waveforms, targets)
    sample_rate = require_int("sample_rate", sample_rate)
    low, high = (require_number(name, value) for name, value in (("low", low), ("high", high)))
    if not 0 < low < high <= sample_rate / 4:
        raise ValueError(
            "The pitch must be between `low` and `high` hertz, with 0 < low < high, and high at most a quarter of "
            f"`sample_rate`. Received: low={low:g}, high={high:g}, sample_rate={sample_rate}"
        )
    if targets.shape[1] < _PERIODS * sample_rate / low:
        raise ValueError(
            f"A frame has {_PERIODS} periods of the lowest pitch: give longer recordings, or a higher `low`. Received: "
            f"recordings of {targets.shape[1]} samples, frames of {_PERIODS * sample_rate / low:.0f}"
        )
    pitch = {"sample_rate": sample_rate, "low": low, "high": high}
    sums = np.array([_sums(*pair, pitch) for pair in zip(waveforms, targets, strict=True)])
    return F0Error(cents_of(sums), voicing_of(sums), sums)


def cents_of(sums):
    """The error of the pitch from the sums of pairs; NaN without a frame that is voiced in both."""
    squares, both, *_ = sums.sum(axis=0)
    return float(np.sqrt(squares / both)) if both else float("nan")


def voicing_of(sums):
    """The share of frames that are voiced in one recording alone, from the sums of pairs."""
    *_, one, frames = sums.sum(axis=0)
    return float(one / frames)


def _sums(waveform, target, pitch):
    made, true = (fundamental_frequencies(wave, **pitch) for wave in (waveform, target))
    both = ~np.isnan(made) & ~np.isnan(true)
    squares = np.square(1200.0 * np.log2(made[both] / true[both])).sum()
    return squares, both.sum(), (np.isnan(made) != np.isnan(true)).sum(), len(true)


def fundamental_frequencies(waveform, *, sample_rate, low, high):
    """The pitch of each frame of a recording in hertz, float64 `(num_frames,)`; NaN where it is not voiced."""
    size = int(_PERIODS * sample_rate / low)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, size)[:: round(_SECONDS_BETWEEN_FRAMES * sample_rate)]
    frames = frames - frames.mean(axis=1, keepdims=True)
    rate = _UPSAMPLING * sample_rate
    # A lag more on each side, because a peak is higher than its neighbours.
    lags = np.arange(int(rate / high) - 1, int(rate / low) + 2)
    heights = _autocorrelations(frames)[:, lags]
    middle = heights[:, 1:-1]
    is_peak = (middle >= heights[:, :-2]) & (middle > heights[:, 2:])
    # Of two equal peaks the earlier one wins: a period of two periods is no period.
    strengths = np.where(is_peak, middle - _OCTAVE_COST * np.log2(low * lags[1:-1] / rate), -np.inf)
    best = strengths.argmax(axis=1)
    rows = np.arange(len(frames))
    loudness = np.abs(frames).max(axis=1) / max(np.abs(waveform - waveform.mean()).max(), 1e-12)
    quiet = np.maximum(0.0, 2.0 - loudness * (1.0 + _VOICING_THRESHOLD) / _SILENCE_THRESHOLD)
    is_voiced = strengths[rows, best] > _VOICING_THRESHOLD + quiet
    periods = lags[1:-1][best] + _offset(*(heights[rows, best + step] for step in range(3)))
    return np.where(is_voiced, rate / periods, np.nan)


def _autocorrelations(frames):
    """The autocorrelations of frames, of lags in parts of a sample, divided by that of the window; 1 at the lag 0."""
    size = frames.shape[1]
    window = np.hanning(size + 2)[1:-1]
    of_frames, of_window = (_autocorrelation(rows) for rows in (frames * window, window[np.newaxis]))
    power = np.maximum(of_frames[:, :1], 1e-20)
    return of_frames / power / np.maximum(of_window / of_window[:, :1], 1e-6)


def _autocorrelation(rows):
    size = 2 ** int(np.ceil(np.log2(2 * rows.shape[1])))
    return np.fft.irfft(np.abs(np.fft.rfft(rows, size)) ** 2, _UPSAMPLING * size)


def _offset(before, peak, after):
    """Where the parabola through three neighbours has its peak, from -0.5 to 0.5 of a step off the middle one."""
    curvature = before - 2.0 * peak + after
    return np.where(curvature < 0.0, 0.5 * (before - after) / np.minimum(curvature, -1e-20), 0.0)
