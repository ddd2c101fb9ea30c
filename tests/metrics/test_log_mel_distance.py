"""The distance of mel spectrograms: closed forms, whatever the spectrogram is."""

import numpy as np
import pytest

from keras_gan.metrics import log_mel_distance

WAVES = np.random.default_rng(0).uniform(0.1, 1, (40, 12, 1))


def logarithms(waveforms):
    return np.log(waveforms)


def test_a_factor_is_its_logarithm_in_each_band():
    factors = np.linspace(1.0, 3.0, 40)
    found = log_mel_distance(factors[:, None, None] * WAVES, WAVES, logarithms)
    np.testing.assert_allclose(found.values, np.log(factors), atol=1e-6)
    assert found.mean == found.values.mean()


def test_a_spectrogram_sees_float32_and_all_recordings_once():
    seen = []

    def note(waveforms):
        seen.append((waveforms.dtype, len(waveforms)))
        return waveforms

    log_mel_distance(WAVES, WAVES, note)
    assert {dtype for dtype, _ in seen} == {np.dtype("float32")}
    assert sum(count for _, count in seen) == 80


@pytest.mark.parametrize(
    "waveforms, targets, spectrogram, message",
    [
        (WAVES, WAVES[:3], logarithms, r"same shape.*\(40, 12, 1\), targets.shape=\(3, 12, 1\)"),
        (WAVES[..., 0], WAVES, logarithms, r"`waveforms` must be a batch of recordings of one channel.*\(40, 12\)"),
        (WAVES, (1e4 * WAVES).astype("int16"), logarithms, r"`targets` must be floats.*x / 32768.*int16"),
        (WAVES * np.nan, WAVES, logarithms, r"`waveforms` must be finite numbers. Received: 480 of 480"),
        (WAVES, WAVES, None, r"must be a function of waveforms.* Received: mel_spectrogram=None"),
        (WAVES, WAVES, lambda waves: waves[:, :0], r"at least one frame: give longer.*of 12 samples"),
    ],
)
def test_what_cannot_be_compared_is_named(waveforms, targets, spectrogram, message):
    with pytest.raises(ValueError, match=message):
        log_mel_distance(waveforms, targets, spectrogram)
