"""Mel spectrograms: the numbers of librosa, one frame for every hop, safe gradients, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import MelSpectrogram

# Of an established vocoder, of the digits, and one whose numbers are all odd.
SETTINGS = {
    "hifi_gan": {"sample_rate": 22050, "high": 8000.0},
    "digits": {"sample_rate": 8000, "num_mels": 40, "fft_size": 256, "hop": 64},
    "odd": {"sample_rate": 16001, "num_mels": 21, "fft_size": 511, "hop": 120, "window": 401, "low": 77.0},
}

# What librosa 0.11 gives: frames 0, 7 and the last of both recordings, and of each the bands 0, 9 and the last.
OF_LIBROSA = {
    "hifi_gan": [
        [-2.32885, -2.85079, -3.37844],
        [-3.28916, -2.99271, -3.24985],
        [-3.16833, -3.9015, -3.22361],
        [-6.93402, -7.45596, -7.98361],
        [-7.89433, -7.59788, -7.85502],
        [-7.7735, -8.50667, -7.82878],
    ],
    "digits": [
        [-3.80971, -3.20176, -4.3291],
        [-4.14152, -4.45059, -4.08248],
        [-3.81333, -0.97174, -4.31146],
        [-8.41488, -7.80693, -8.93427],
        [-8.74669, -9.05576, -8.68765],
        [-8.4185, -5.57691, -8.91663],
    ],
    "odd": [
        [-3.77137, -1.83357, -4.16156],
        [-4.51918, -1.25065, -4.36718],
        [-4.01097, -4.42561, -4.11553],
        [-8.37654, -6.43874, -8.76673],
        [-9.12435, -5.85582, -8.97235],
        [-8.61614, -9.03078, -8.7207],
    ],
}


@pytest.fixture
def waveforms():
    """A falling tone in noise, and the same a hundred times as quiet."""
    time = np.arange(5000) / 8000
    sound = 0.5 * np.sin(2 * np.pi * (900 - 300 * time) * time) + np.random.default_rng(0).normal(0, 0.05, 5000)
    return np.stack([sound, sound / 100])[..., None].astype("float32")


def of_librosa(sound, sample_rate, num_mels=80, fft_size=1024, hop=256, window=None, low=0.0, high=None):
    """The same by librosa, in float64."""
    librosa = pytest.importorskip("librosa")
    margin = fft_size - hop
    padded = np.pad(sound.astype("float64"), (margin // 2, margin - margin // 2), mode="reflect")
    magnitudes = np.abs(librosa.stft(padded, n_fft=fft_size, hop_length=hop, win_length=window, center=False))
    filters = librosa.filters.mel(sr=sample_rate, n_fft=fft_size, n_mels=num_mels, fmin=low, fmax=high, dtype="float64")
    return np.log(np.maximum(filters @ magnitudes, 1e-5)).T


@pytest.mark.parametrize("name", SETTINGS)
def test_has_the_numbers_of_librosa(waveforms, name):
    mels = MelSpectrogram(**SETTINGS[name])(waveforms).numpy()
    chosen = mels[:, [0, 7, -1]][..., [0, 9, -1]].reshape(-1, 3)
    np.testing.assert_allclose(chosen, OF_LIBROSA[name], atol=1e-4)


@pytest.mark.long  # librosa takes many seconds for its first transform.
@pytest.mark.parametrize("name", SETTINGS)
def test_equals_librosa_everywhere(waveforms, name):
    mels = MelSpectrogram(**SETTINGS[name])(waveforms)
    expected = np.stack([of_librosa(sound, **SETTINGS[name]) for sound in waveforms[..., 0]])
    np.testing.assert_allclose(mels, expected, atol=1e-4)


@pytest.mark.parametrize("num_samples", [256, 300, 319, 320, 1000])
def test_there_is_a_frame_for_every_hop(num_samples):
    layer = MelSpectrogram(8000, num_mels=20, fft_size=256, hop=64)
    mels = layer(np.zeros((3, num_samples, 1), "float32"))
    assert tuple(mels.shape) == layer.compute_output_shape((3, num_samples, 1)) == (3, num_samples // 64, 20)
    assert layer.compute_output_shape((None, None, 1)) == (None, None, 20)


def test_the_frame_of_a_click_is_the_one_of_its_samples():
    click = np.zeros((1, 640, 1), "float32")
    click[0, 64 * 4 + 32] = 1.0
    mels = MelSpectrogram(8000, num_mels=20, fft_size=128, hop=64)(click)
    assert np.argmax(np.mean(mels[0], axis=-1)) == 4


def test_silence_is_the_logarithm_of_the_floor_and_has_a_gradient_of_zero():
    silence = tf.zeros((1, 640, 1))
    with tf.GradientTape() as tape:
        tape.watch(silence)
        mels = MelSpectrogram(8000, num_mels=20, fft_size=128, hop=64)(silence)
    np.testing.assert_allclose(mels, np.log(1e-5), rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(mels, silence), silence)


def test_gradient_equals_finite_differences(waveforms):
    layer = MelSpectrogram(8000, num_mels=10, fft_size=128, hop=64)
    sound = tf.constant(waveforms[:1, :640])
    direction = np.random.default_rng(1).normal(size=sound.shape).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(sound)
        total = tf.reduce_sum(layer(sound))
    slope = np.sum(tape.gradient(total, sound) * direction)
    ends = [np.sum(layer(sound + step * direction), dtype="float64") for step in (2e-4, -2e-4)]
    assert slope == pytest.approx((ends[0] - ends[1]) / 4e-4, rel=1e-2)


def test_graphs_of_any_length_give_the_same_numbers(waveforms):
    layer = MelSpectrogram(**SETTINGS["digits"])
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None))])
    np.testing.assert_allclose(graph(waveforms), layer(waveforms), atol=1e-5)
    given = keras.Input((None, 1))
    assert layer(given).shape == (None, None, 40)


def test_computes_in_float32_under_every_policy(waveforms):
    expected = MelSpectrogram(**SETTINGS["digits"])(waveforms)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mels = MelSpectrogram(**SETTINGS["digits"])(waveforms)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(mels, expected)


def test_config_round_trip(waveforms):
    layer = MelSpectrogram(**SETTINGS["odd"], name="front_end")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(copy, MelSpectrogram)
    assert copy.get_config() == layer.get_config() == {**SETTINGS["odd"], "high": None, "name": "front_end"}
    np.testing.assert_array_equal(copy(waveforms), layer(waveforms))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_mels": 0}, r"`num_mels` must be an integer of at least 1\. Received: num_mels=0"),
        ({"window": 300}, r"`window` must be an integer of at most 256\. Received: window=300"),
        ({"window": 200, "hop": 201}, r"`hop` must be an integer of at most 200\. Received: hop=201"),
        ({"high": 4001.0}, r"`high` must be a number in .*4000\.0\]\. Received: high=4001\.0"),
        ({"low": -1.0}, r"`low` must be a number in \[0\.0, inf\)\. Received: low=-1\.0"),
        ({"low": 4000.0}, r"`low` must be below `high`.* Received: low=4000\.0, high=None, sample_rate=8000"),
        ({"low": 300, "high": 300}, r"`low` must be below `high`.* Received: low=300, high=300, sample_rate=8000"),
        ({"num_mels": 200}, r"of the 200 mel filters contain no frequency .*num_mels=200, fft_size=256"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MelSpectrogram(**{**SETTINGS["digits"], **arguments})


@pytest.mark.parametrize("shape", [(2, 5000), (2, 5000, 2), (5000,)])
def test_an_input_that_is_no_batch_of_recordings(shape):
    with pytest.raises(ValueError, match=r"needs recordings \(batch, num_samples, 1\).* Received: shape=\("):
        MelSpectrogram(8000, num_mels=20, fft_size=256, hop=64)(np.zeros(shape, "float32"))


def test_recordings_that_are_too_short():
    layer = MelSpectrogram(8000, num_mels=20, fft_size=256, hop=64)
    layer(np.zeros((1, 97, 1), "float32"))
    with pytest.raises(ValueError, match=r"at least 97 samples.* Received: shape=\(1, 96, 1\), fft_size=256, hop=64"):
        layer(np.zeros((1, 96, 1), "float32"))
