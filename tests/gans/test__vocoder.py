"""What all vocoders do: one front end, waveforms of mels, streams without clicks, files, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.layers import MelSpectrogram
from keras_gan.transfer import fine_tune

FRONT_END = {"sample_rate": 8000, "num_mels": 8, "fft_size": 64, "hop": 16, "high": 3000.0}
SIZES = {"num_mels": 8, "ratios": (4, 4), "width": 4, "blocks": 1, "discriminator_width": 1, "scales": 1}


@pytest.fixture(scope="module")
def model():
    """A MelGAN of the published architecture, tiny, of which the average is not the generator."""
    keras.utils.set_random_seed(0)
    model = keras_gan.MelGAN(
        *keras_gan.networks.melgan(**SIZES), MelSpectrogram(**FRONT_END), ema_half_life=100, seed=0
    )
    model.compile(run_eagerly=True)
    model.train_on_batch({"waveforms": sounds(2, 256)})
    return model


def sounds(count, num_samples):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (count, num_samples, 1)).astype("float32")


def test_a_stream_is_the_whole_without_clicks(model):
    mels = model.mel_spectrogram(sounds(2, 16 * 60)).numpy()
    whole = model.vocode(mels)
    assert whole.shape == (2, 16 * 60, 1)
    assert model.context_frames() == 5
    for chunk, pieces in ((7, np.split(mels, [3, 5, 30], axis=1)), (32, mels)):
        parts = list(model.vocode_stream(pieces, chunk=chunk))
        assert len(parts) > 1
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


def test_less_context_would_click(model):
    """The measured context is needed: with one frame less, some samples at the seams differ."""
    mels = model.mel_spectrogram(sounds(1, 16 * 60)).numpy()
    whole, context = model.vocode(mels), model.context_frames()
    cut = model.vocode(mels[:, 20 - context + 1 :])[:, 16 * (context - 1) :]
    assert np.abs(cut - whole[:, 16 * 20 :]).max() > 1e-8
    exact = model.vocode(mels[:, 20 - context :])[:, 16 * context :]
    np.testing.assert_allclose(exact, whole[:, 16 * 20 :], atol=1e-6)


def test_resynthesis_is_the_vocoder_on_the_models_own_mels(model):
    waveforms = sounds(3, 16 * 9 + 5)
    padded = np.pad(waveforms, ((0, 0), (0, 11), (0, 0)))
    expected = model.vocode(MelSpectrogram(**FRONT_END)(padded))[:, : 16 * 9 + 5]
    np.testing.assert_allclose(model.resynthesise(waveforms, batch_size=2), expected, atol=1e-5)


def test_snapshots_show_recordings_next_to_their_resynthesis(model):
    waveforms = sounds(3, 160)
    shown, columns = model.snapshot(4, seed=0, inputs={"waveforms": waveforms})
    assert (shown.shape, columns) == ((4, 160, 1), 2)
    np.testing.assert_array_equal(shown[::2], waveforms[:2])
    np.testing.assert_allclose(shown[1::2], model.resynthesise(waveforms[:2]), atol=1e-6)
    with pytest.raises(ValueError, match=r"give the snapshots recordings.* Received: inputs=None"):
        model.snapshot(4, seed=0)


@pytest.mark.long
def test_a_file_has_the_front_end_and_both_players(model, tmp_path):
    model.save(tmp_path / "vocoder.keras")
    again = fine_tune(tmp_path / "vocoder.keras", learning_rate=1e-5)
    assert again.mel_spectrogram.get_config() == model.mel_spectrogram.get_config()
    for name in ("generator", "discriminator", "averaged_generator"):
        assert all(map(np.array_equal, getattr(again, name).get_weights(), getattr(model, name).get_weights()))
    mels = model.mel_spectrogram(sounds(1, 160))
    np.testing.assert_array_equal(again.vocode(mels), model.vocode(mels))
    before = again.discriminator.get_weights(), again.generator.get_weights()
    again.train_on_batch({"waveforms": sounds(2, 256)})
    for then, network in zip(before, (again.discriminator, again.generator), strict=True):
        assert any((a != b).any() for a, b in zip(then, network.get_weights(), strict=True))


@pytest.mark.long
def test_the_export_serves_waveforms_of_mels(model, tmp_path):
    folder = keras_gan.export.save(model, tmp_path / "served")
    signatures = tf.saved_model.load(str(folder)).signatures
    assert set(signatures) == {"serving_default", "vocode_wav"}
    mels = model.mel_spectrogram(sounds(2, 16 * 20))
    found = signatures["serving_default"](mels=mels)["waveforms"]
    np.testing.assert_allclose(found, model.vocode(mels), atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Give finite numbers, like those of its training"):
        signatures["serving_default"](mels=tf.fill((1, 20, 8), np.nan))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mel_spectrogram": None}, r"must be a `keras_gan\.layers\.MelSpectrogram`.* Received: mel_spectrogram=None"),
        ({"num_mels": 7}, r"takes mels of shape \(None, 8\), but the front end makes 7 mels"),
        ({"hop": 32}, r"a frame of every 32 samples.* of shape \(1, 512, 1\) of 32 frames, hop=32"),
        ({"feature_weight": -1.0}, r"`feature_weight` must be a number in \[0\.0, inf\)"),
        ({"adversarial_loss": "hinge"}, r"`adversarial_loss` must be one of `keras_gan\.losses`"),
        ({"discriminator": None}, r"must return a dict of 'logits' and 'features'.*`networks\.melgan`"),
    ],
)
def test_bad_arguments(model, change, message):
    front_end = MelSpectrogram(**{**FRONT_END, **{key: change[key] for key in change if key in FRONT_END}})
    arguments = {"generator": model.generator, "discriminator": model.discriminator, "mel_spectrogram": front_end}
    arguments |= {key: value for key, value in change.items() if key not in FRONT_END}
    if arguments["discriminator"] is None:
        arguments["discriminator"] = keras.Sequential([keras.Input((None, 1)), keras.layers.Conv1D(1, 3)])
    with pytest.raises(ValueError, match=message):
        keras_gan.MelGAN(**arguments)


def test_parts_of_a_frame_cannot_be_learnt(model):
    with pytest.raises(ValueError, match=r"whole frames of 16 samples, such as 240 samples.* shape \(2, 250, 1\)"):
        model.train_on_batch({"waveforms": sounds(2, 250)})


@pytest.mark.parametrize("shape", [(2, 8), (2, 9, 7), (2, 9, 8, 1)])
def test_what_is_no_batch_of_mels(model, shape):
    with pytest.raises(ValueError, match=r"Mels must have the shape .*Received: mels\.shape="):
        model.vocode(np.zeros(shape, "float32"))
    with pytest.raises(ValueError, match=r"Mels must have the shape"):
        list(model.vocode_stream([np.zeros(shape, "float32")]))


def test_mels_that_are_too_short_to_be_padded(model):
    with pytest.raises(ValueError, match=r"needs more frames than these mels have.* Received: mels\.shape=\(1, 2, 8\)"):
        model.vocode(np.zeros((1, 2, 8), "float32"))
