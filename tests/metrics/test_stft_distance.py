"""The distances of spectra: closed forms, an independent transform, and what they can and cannot hear."""

import numpy as np
import pytest
import scipy.signal

from keras_gan.metrics import stft_distance
from keras_gan.metrics.stft_distance import magnitudes

NOISE = np.random.default_rng(0).uniform(-1, 1, (3, 3000, 1))


@pytest.mark.parametrize("factor", [0.25, 2.0])
def test_a_factor_has_a_closed_form_in_every_resolution(factor):
    found = stft_distance(factor * NOISE, NOISE)
    np.testing.assert_allclose(found.spectral_convergence.values, abs(1 - factor), rtol=1e-6)
    # A few magnitudes of noise are below those of silence.
    np.testing.assert_allclose(found.log_magnitude.values, abs(np.log(factor)), rtol=1e-3)


def test_the_transform_is_scipy_s():
    window = np.zeros(64)
    window[12:52] = scipy.signal.get_window("hann", 40)
    transform = scipy.signal.ShortTimeFFT(window, 10, fs=1)
    # Reflected by four hops at both ends: the fifth frame of SciPy's is centred on the first sample.
    padded = np.pad(NOISE[0, :, 0], 40, mode="reflect")
    expected = np.abs(transform.stft(padded, p0=4, p1=4 + 301)).T
    np.testing.assert_allclose(magnitudes(NOISE[0, :, 0], 64, 10, 40), expected, atol=1e-9)


def test_equal_recordings_and_silence_have_no_distance():
    for waves in (NOISE, np.zeros_like(NOISE)):
        found = stft_distance(waves, waves)
        assert (found.spectral_convergence.mean, found.log_magnitude.mean) == (0.0, 0.0)


def test_the_sign_is_not_heard_and_a_shift_hardly():
    assert stft_distance(-NOISE, NOISE).spectral_convergence.mean == pytest.approx(0.0, abs=1e-12)
    tone = np.sin(np.arange(4000) / 7).reshape(1, -1, 1)
    other = np.sin(np.arange(4000) / 6).reshape(1, -1, 1)
    shifted = stft_distance(tone[:, 5:], tone[:, :-5]).spectral_convergence.mean
    assert shifted < 0.2 < 0.9 < stft_distance(other, tone).spectral_convergence.mean


def test_a_click_in_silence_is_heard_by_the_logarithm():
    quiet = np.full((1, 4000, 1), 1e-6)
    clicks = quiet.copy()
    clicks[:, ::500] = 0.01
    loud = 0.5 + 0.0 * quiet
    assert stft_distance(clicks, quiet).log_magnitude.mean > 0.2
    assert stft_distance(loud + clicks, loud + quiet).spectral_convergence.mean < 0.01


@pytest.mark.parametrize(
    "resolutions, message",
    [
        ([], r"must be a list of \(fft_size, hop, window\), at least one.* resolutions=\[\]"),
        ((64, 10, 40), r"must be a list of \(fft_size, hop, window\)"),
        ([(64, 0, 40)], r"`resolutions` must be an integer of at least 1"),
        ([(64, 10, 65)], r"must fit into its FFT.* fft_size=64, window=65"),
        ([(6000, 10, 65)], r"too short to be reflected.* recordings of 3000 samples, fft_size=6000"),
    ],
)
def test_what_is_no_resolution_is_named(resolutions, message):
    with pytest.raises(ValueError, match=message):
        stft_distance(NOISE, NOISE, resolutions=resolutions)
