"""The error of the pitch: tones of known frequencies, and what is voiced."""

import numpy as np
import pytest

from keras_gan.metrics import f0_error
from keras_gan.metrics.f0_error import fundamental_frequencies

RATE = 8000
TIME = np.arange(3000) / RATE
PITCH = {"sample_rate": RATE, "low": 60.0, "high": 400.0}


def voice(hertz, harmonics=8):
    """A sum of harmonics, each weaker than the last, as of a voice; of a random phase each."""
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, harmonics)
    return 0.2 * sum(np.sin(2 * np.pi * (k + 1) * hertz * TIME + phases[k]) / (k + 1) for k in range(harmonics))


def batch(*waves):
    return np.stack(waves)[..., None]


@pytest.mark.parametrize("hertz", [70.0, 97.3, 151.0, 222.2, 390.0])
def test_the_pitch_of_a_voice_is_found(hertz):
    found = fundamental_frequencies(voice(hertz), **PITCH)
    assert len(found) == 1 + (3000 - 400) // 80
    # Three cents are far less than anybody hears.
    np.testing.assert_allclose(1200 * np.log2(found / hertz), 0.0, atol=3.0)


def test_a_voice_without_its_fundamental_has_its_pitch():
    wave = voice(120.0) - 0.2 * np.sin(2 * np.pi * 120.0 * TIME + np.random.default_rng(0).uniform(0, 2 * np.pi, 8)[0])
    np.testing.assert_allclose(fundamental_frequencies(wave, **PITCH), 120.0, rtol=0.003)


def test_noise_and_silence_are_not_voiced():
    noise = np.random.default_rng(1).normal(size=3000)
    assert np.isnan(fundamental_frequencies(noise, **PITCH)).mean() > 0.95
    assert np.isnan(fundamental_frequencies(np.zeros(3000), **PITCH)).all()
    # What is a thousand times quieter than the loudest frame counts as silence, even if it is periodic.
    fading = voice(120.0) * np.where(TIME < 0.2, 1.0, 1e-3)
    found = fundamental_frequencies(fading, **PITCH)
    assert not np.isnan(found[:15]).any()
    assert np.isnan(found[21:]).all()


def test_the_error_is_that_of_the_frames_that_are_voiced_in_both():
    half = np.where(TIME < 0.15, 1.0, 0.0)
    made, true = batch(voice(106.0), half * voice(212.0)), batch(voice(100.0), voice(200.0))
    error = f0_error(made, true, RATE)
    assert error.cents == pytest.approx(1200 * np.log2(1.06), abs=5.0)
    squares, both, one, frames = error.sums.T
    assert (frames == 33).all()
    assert (both[0], one[0]) == (33, 0)
    assert both[1] + one[1] == 33
    assert error.voicing == one[1] / 66 > 0.1
    assert error.cents == pytest.approx(np.sqrt(squares.sum() / both.sum()))


def test_whispering_has_no_error_of_the_pitch_but_of_the_voicing():
    noise = np.random.default_rng(1).normal(size=(1, 3000, 1))
    error = f0_error(noise, batch(voice(100.0)), RATE)
    assert error.voicing > 0.95
    silent = f0_error(0 * noise, batch(voice(100.0)), RATE)
    assert np.isnan(silent.cents)
    assert silent.voicing == 1.0


def test_equal_recordings_have_no_error():
    waves = batch(voice(100.0), voice(300.0))
    assert f0_error(waves, waves, RATE)[:2] == (0.0, 0.0)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"sample_rate": 8000.5}, r"`sample_rate` must be an integer"),
        ({"low": 0.0}, r"between `low` and `high`.* low=0, high=400"),
        ({"low": 500.0}, r"between `low` and `high`.* low=500, high=400"),
        ({"high": 2001.0}, r"a quarter of `sample_rate`.* high=2001, sample_rate=8000"),
        ({"low": 5.0}, r"give longer recordings.* recordings of 3000 samples, frames of 4800"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    waves = batch(voice(100.0))
    with pytest.raises(ValueError, match=message):
        f0_error(waves, waves, **{**PITCH, **changes})
