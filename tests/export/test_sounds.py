"""Exports of sound: the files hold what the model makes, with its sample rate."""

import io
import json
import types

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_gan import export
from keras_gan.training import Interface, Sampler

MELS = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def model_of(network, takes, *, is_drawn, **attributes):
    """A model that makes sound, as an export sees it."""
    sampler = Sampler(Interface(network, "generator", (takes,), "waveforms"), is_drawn=is_drawn)
    return types.SimpleNamespace(generator=network, sampler=lambda averaged=True: sampler, **attributes)


@pytest.fixture(scope="module")
def singer():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((4,)), keras.layers.Dense(600, "tanh"), keras.layers.Reshape((600, 1))]
    return model_of(keras.Sequential(layers), "latents", is_drawn=True, sample_rate=8000)


@pytest.fixture(scope="module")
def folder(singer, tmp_path_factory):
    return export.save(singer, tmp_path_factory.mktemp("models") / "singer")


@pytest.fixture(scope="module")
def vocoder_folder(tmp_path_factory):
    mels = keras.Input((None, 3))
    wave = keras.layers.Conv1DTranspose(1, 4, strides=4, activation="tanh")(mels)
    model = model_of(keras.Model(mels, wave), "mels", is_drawn=False)
    return export.save(model, tmp_path_factory.mktemp("models") / "vocoder")


def made(singer, count, seed):
    return singer.sampler()(singer.sampler().draw(count, seed))


def heard(file):
    """The samples of a WAV file, as 16-bit integers, and their rate."""
    return soundfile.read(io.BytesIO(file), dtype="int16")


def test_a_wav_file_holds_the_recording_of_the_seed(singer, folder):
    model = tf.saved_model.load(folder)
    signatures = model.signatures
    assert set(signatures) == {"serving_default", "sample", "sample_wav"}
    asked = {"seed": tf.constant(3, tf.int64), "count": tf.constant(2)}
    waveforms = signatures["sample"](**asked)["waveforms"].numpy()
    files = signatures["sample_wav"](**asked)["wav_bytes"].numpy()
    np.testing.assert_allclose(waveforms, made(singer, 2, 3), atol=1e-6)
    for waveform, file in zip(waveforms, files, strict=True):
        samples, rate = heard(file)
        assert rate == 8000
        np.testing.assert_allclose(samples, 32768 * waveform[:, 0], atol=1.0)


def test_the_card_says_the_rate_and_draws_no_picture(folder):
    card = json.loads((folder / "model_card.json").read_text())
    assert (card["exported"]["sample_rate"], card["sample_grid"]) == (8000, None)
    assert "8000 samples a second" in card["signatures"]["sample_wav"]
    text = (folder / "README.md").read_text()
    assert "samples (600, 1), float32. It is sound of 8,000 samples a second." in text
    assert not (folder / "sample_grid.png").exists()


def test_the_export_takes_the_place_of_the_model(singer, folder):
    exported = export.ExportedGenerator(folder)
    assert (exported.latent_shape, exported.sample_shape) == ((4,), (600, 1))
    np.testing.assert_allclose(exported.generate(2, seed=3), made(singer, 2, 3), atol=1e-6)
    with pytest.raises(ValueError, match=r"no vocoder: it draws samples, as in `exported.generate\(16\)`"):
        exported.vocode(MELS)


@pytest.mark.long
def test_a_vocoder_is_asked_by_mels_of_any_length_and_the_request_says_the_rate(vocoder_folder):
    model = tf.saved_model.load(vocoder_folder)
    signatures = model.signatures
    assert set(signatures) == {"serving_default", "vocode_wav"}
    waveforms = signatures["serving_default"](mels=tf.constant(MELS))["waveforms"].numpy()
    assert waveforms.shape == (2, 20, 1)
    files = signatures["vocode_wav"](mels=tf.constant(MELS), sample_rate=tf.constant(22_050))["wav_bytes"].numpy()
    samples, rate = heard(files[1])
    assert rate == 22_050
    np.testing.assert_allclose(samples, 32768 * waveforms[1, :, 0], atol=1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be at least 1 sample a second"):
        signatures["vocode_wav"](mels=tf.constant(MELS), sample_rate=tf.constant(0))
    exported = export.ExportedGenerator(vocoder_folder)
    np.testing.assert_array_equal(exported.vocode(MELS), waveforms)
    with pytest.raises(ValueError, match=r"draws nothing by itself: .* `exported\(mels=...\)`, or `vocode`. Received"):
        exported.generate(2)
    with pytest.raises(ValueError, match=r"no images: it makes sound of mels, as in `exported.vocode\(mels\)`"):
        exported.translate(np.zeros((1, 8, 8, 1), "float32"))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"mels hold NaN or infinity. .* like those of its train"):
        exported.vocode(MELS * np.nan)


@pytest.mark.long
def test_the_first_requests_of_a_vocoder_fit_and_its_card_says_what_it_needs(vocoder_folder):
    records = list(tf.data.TFRecordDataset(str(vocoder_folder / "assets.extra" / "tf_serving_warmup_requests")))
    assert len(records) == 2
    text = (vocoder_folder / "README.md").read_text()
    assert "mels (any, 3) to samples" in text
    assert "There is no grid of samples: the model needs mels." in text
