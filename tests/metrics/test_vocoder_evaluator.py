"""The protocol of vocoders: the numbers of the pure functions, on the right recordings."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import metrics
from keras_gan.metrics import VocoderEvaluator

RNG = np.random.default_rng(0)
TIME = np.arange(2070) / 8000
PITCHES = RNG.uniform(100, 200, (12, 1))
WAVES = (0.4 * np.sin(2 * np.pi * PITCHES * TIME) + RNG.normal(0, 0.02, (12, 2070)))[..., None].astype("float32")
RESOLUTIONS = [(341, 40, 200), (683, 80, 400), (171, 17, 80)]


class Mels:
    """The logarithm of the power of each frame of 64 samples, in one band."""

    sample_rate, hop = 8000, 64

    def __call__(self, waveforms):
        waveforms = np.asarray(waveforms)
        frames = waveforms[:, : waveforms.shape[1] // 64 * 64].reshape(len(waveforms), -1, 64)
        return np.log(np.maximum(np.square(frames).mean(axis=2, keepdims=True), 1e-5))


class Humming:
    """A vocoder that knows loudness alone."""

    def vocode(self, mels):
        self.seen = mels
        return np.exp(0.5 * mels).repeat(64, axis=1) * np.sin(0.1 * np.arange(64 * mels.shape[1]))[None, :, None]


@pytest.fixture(scope="module")
def report():
    return VocoderEvaluator(Mels()).compare(Humming(), WAVES)


def test_the_values_are_those_of_the_pure_functions(report):
    model, whole = Humming(), WAVES[:, :2048]
    made = model.vocode(Mels()(whole))
    spectra = metrics.stft_distance(made, whole, resolutions=RESOLUTIONS)
    pitch = metrics.f0_error(made, whole, 8000)
    expected = {
        "log_mel_distance": metrics.log_mel_distance(made, whole, Mels()).mean,
        "spectral_convergence": spectra.spectral_convergence.mean,
        "log_magnitude": spectra.log_magnitude.mean,
        "f0_cents": pitch.cents,
        "voicing_error": pitch.voicing,
    }
    assert report.numbers() == pytest.approx(expected)
    assert list(report) == list(VocoderEvaluator(Mels()).better)
    assert "12 pairs; seed 0" in str(report["f0_cents"])


def test_an_interval_holds_its_value_and_stays_in_its_range(report):
    for result in report.values():
        assert 0.0 <= result.interval[0] <= result.value <= result.interval[1]
    assert report["voicing_error"].interval[1] <= 1.0
    values = VocoderEvaluator(Mels()).compare(Humming(), WAVES, intervals=False)
    assert values["f0_cents"].interval is None


def test_all_forms_of_the_same_recordings_give_the_same_values(report):
    evaluator = VocoderEvaluator(Mels())
    real = evaluator.real(tf.data.Dataset.from_tensor_slices({"waveforms": WAVES}).batch(5))
    made = Humming().vocode(Mels()(WAVES))
    assert evaluator.compare(made, real, intervals=False).numbers() == pytest.approx(report.numbers())
    np.testing.assert_array_equal(real.source, evaluator.real({"waveforms": WAVES}).source)
    assert real.target.shape == (12, 2048, 1)


def test_of_more_recordings_the_same_part_is_compared_with_its_own():
    evaluator = VocoderEvaluator(Mels(), num_recordings=5, seed=1)
    report = evaluator.compare(WAVES, WAVES)
    assert report["log_mel_distance"].num_real == 5
    assert set(report.numbers().values()) == {0.0}


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda: VocoderEvaluator(len), r"must be the `keras_gan.layers.MelSpectrogram`"),
        (lambda: VocoderEvaluator(Mels(), num_recordings=1), r"`num_recordings` must be an integer of at least 2"),
        (lambda: VocoderEvaluator(Mels()).real({"images": WAVES}), r'in the field "waveforms". Received:.*images'),
        (lambda: VocoderEvaluator(Mels()).real(WAVES[:0]), r"`waveforms` must be a batch of recordings"),
        (lambda: VocoderEvaluator(Mels()).compare(WAVES[:3], WAVES), r"a waveform for each of the 12 recordings"),
        (lambda: VocoderEvaluator(Mels()).compare(WAVES[:, :640], WAVES), r"as many samples.* \(640, 1\)"),
        (lambda: VocoderEvaluator(Mels()).compare(Humming(), WAVES, floor=WAVES), r"no floor: leave `floor` out"),
    ],
)
def test_what_cannot_be_compared_is_named(act, message):
    with pytest.raises(ValueError, match=message):
        act()
