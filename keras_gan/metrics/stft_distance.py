"""The distance of the spectra of recordings and their targets, in several resolutions."""

import typing

import numpy as np

from keras_gan._arguments import require_int
from keras_gan.metrics._pairs import PairValues
from keras_gan.metrics._waveforms import require_waveform_pairs

# Magnitudes below it are silence. As in the authors' code, so that the logarithm of silence is finite.
_SILENCE = 10.0**-3.5
# Of Parallel WaveGAN, for so many samples a second.
SAMPLE_RATE = 24_000
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))


class StftDistance(typing.NamedTuple):
    """What `stft_distance` returns.

    Attributes:
        spectral_convergence: `PairValues`, 0 for equal spectra.
        log_magnitude: `PairValues`, in natural logarithms.
    """

    spectral_convergence: PairValues
    log_magnitude: PairValues


def stft_distance(waveforms, targets, *, resolutions=RESOLUTIONS):
    """Two distances of the spectra of each recording and its target, in several resolutions. Lower is better.

    With the magnitudes S of the short-time Fourier transform of a recording, and T those of its target,

        spectral convergence   |T - S| / |T|             with the Frobenius norm: what is loud counts most
        log magnitude          mean |log T - log S|      what is quiet counts as much

    and the mean of each over the resolutions: a long window tells close harmonics apart, a short one the moments of
    clicks. Magnitudes are at least 10^-3.5. Yamamoto, Song and Kim 2020 (Parallel WaveGAN, arXiv 1910.11480), equations
    4 to 6. Recordings are reflected at their ends, so that their first and last samples count.

    Args:
        waveforms: array-like `(num_pairs, num_samples, 1)`, floats in [-1, 1].
        targets: array-like of the same shape, the true recordings.
        resolutions: list of (fft_size, hop, window), in samples. The paper's is for 24,000 samples a second: for 8,000
            take a third of each, to compare the same durations.

    Returns:
        `StftDistance`: `spectral_convergence` and `log_magnitude`, each with its `mean`, a float, and its `values`,
        float64 `(num_pairs,)`.

    Raises:
        ValueError: if these are no pairs of recordings, a resolution is none, or the recordings are too short for it.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).uniform(-1, 1, (1, 4000, 1))
        >>> distance = stft_distance(0.5 * noise, noise)
        >>> round(distance.spectral_convergence.mean, 6), round(distance.log_magnitude.mean, 6)
        (0.5, 0.693147)
    """
    waveforms, targets = require_waveform_pairs(waveforms, targets)
    resolutions = _require_resolutions(resolutions, targets.shape[1])
    rows = np.array([_distances(*pair, resolutions) for pair in zip(waveforms, targets, strict=True)])
    return StftDistance(*(PairValues(float(values.mean()), values) for values in rows.T))


def magnitudes(waveform, fft_size, hop, window):
    """The magnitudes of the short-time Fourier transform of a reflected recording, float64 `(frames, bins)`."""
    padded = np.pad(waveform, fft_size // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, fft_size)[::hop]
    # The periodic window, in the middle of the frame.
    weights = np.zeros(fft_size)
    start = (fft_size - window) // 2
    weights[start : start + window] = np.hanning(window + 1)[:-1]
    return np.abs(np.fft.rfft(frames * weights))


def _distances(waveform, target, resolutions):
    """Both distances of a pair, each the mean over the resolutions."""
    found = []
    for resolution in resolutions:
        made, true = (np.maximum(magnitudes(wave, *resolution), _SILENCE) for wave in (waveform, target))
        convergence = np.linalg.norm(true - made) / np.linalg.norm(true)
        found.append((convergence, np.abs(np.log(true / made)).mean()))
    return np.mean(found, axis=0)


def _require_resolutions(resolutions, num_samples):
    is_list = isinstance(resolutions, tuple | list) and len(resolutions) > 0
    if not is_list or not all(isinstance(entry, tuple | list) and len(entry) == 3 for entry in resolutions):
        raise ValueError(
            "`resolutions` must be a list of (fft_size, hop, window), at least one, such as [(1024, 120, 600)]. "
            f"Received: resolutions={resolutions!r:.80}"
        )
    checked = [tuple(require_int("resolutions", number) for number in entry) for entry in resolutions]
    for fft_size, _, window in checked:
        if window > fft_size:
            raise ValueError(
                "The window of a resolution (fft_size, hop, window) must fit into its FFT: give a larger `fft_size`. "
                f"Received: fft_size={fft_size}, window={window}"
            )
        if fft_size // 2 >= num_samples:
            raise ValueError(
                "The recordings are too short to be reflected by half of a frame: give longer ones, or smaller "
                f"`resolutions`. Received: recordings of {num_samples} samples, fft_size={fft_size}"
            )
    return checked
