"""WaveGAN: the objective of WGAN-GP on sound, the phase shuffle in training alone, and samples of a given class."""

import json

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf

import keras_gan


def sounds(num_samples=256):
    waveforms = np.random.default_rng(0).uniform(-1, 1, (8, num_samples, 1)).astype("float32")
    return {"waveforms": waveforms, "labels": np.arange(8, dtype="int32") % 3}


@pytest.fixture
def gan():
    networks = keras_gan.networks.wavegan(num_samples=256, latent_dim=4, width=2, num_classes=3)
    gan = keras_gan.WaveGAN(*networks, discriminator_steps=1, seed=0)
    gan.compile(run_eagerly=True)
    return gan


def test_the_objective_of_a_linear_critic():
    """Its slope is w wherever it is taken, so the penalty is 10 (|w| - 1)^2, and the phase does not matter."""
    generator, _ = keras_gan.networks.wavegan(num_samples=64, latent_dim=4, width=2)
    w = np.random.default_rng(1).normal(size=(64, 1)).astype("float32")
    linear = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(w))
    critic = keras.Sequential([keras.Input((64, 1)), keras.layers.Flatten(), linear])
    gan = keras_gan.WaveGAN(generator, critic, discriminator_steps=1, seed=0)
    gan.compile(run_eagerly=True)
    x = sounds(64)["waveforms"]
    y = generator(gan.training_state.noise().normal((8, 4))).numpy()
    logs = gan.train_on_batch({"waveforms": x}, return_dict=True)
    np.testing.assert_allclose(logs["d_loss"], ((y - x)[..., 0] @ w).mean(), rtol=1e-4)
    np.testing.assert_allclose(logs["gradient_penalty"], 10 * (np.linalg.norm(w) - 1) ** 2, rtol=1e-4)


def test_a_class_may_be_asked_for(gan):
    latents = np.ones((2, 4), "float32")
    one, other = gan.generate(latents=latents, labels=[1, 2])
    assert np.abs(one - other).max() > 1e-6
    np.testing.assert_array_equal(gan.generate(latents=latents, labels=2), [other, other])
    with pytest.raises(ValueError, match="Give the number of samples, as `num_waveforms`"):
        gan.generate()


@pytest.mark.long
def test_the_sample_rate_is_saved_and_its_sounds_have_it(gan, tmp_path):
    networks = keras_gan.networks.wavegan(num_samples=64, latent_dim=4, width=1)
    fast = keras_gan.WaveGAN(*networks, discriminator_steps=1, sample_rate=11_025, seed=0)
    fast.compile(run_eagerly=True)
    fast.save(tmp_path / "gan.keras")
    loaded = keras_gan.training.load_model(tmp_path / "gan.keras")
    assert (loaded.sample_rate, gan.sample_rate) == (11_025, None)
    loaded.compile(run_eagerly=True)
    snapshots = keras_gan.callbacks.AudioSnapshots(tmp_path, num_waveforms=2)
    loaded.fit({"waveforms": sounds(64)["waveforms"]}, batch_size=8, verbose=0, callbacks=[snapshots])
    assert soundfile.info(tmp_path / "epoch_0001.wav").samplerate == 11_025
    with pytest.raises(ValueError, match=r"give AudioSnapshots the `sample_rate`.*model=WaveGAN"):
        gan.fit(sounds(), batch_size=8, verbose=0, callbacks=[snapshots])
    with pytest.raises(ValueError, match=r"`sample_rate` must be an integer of at least 1. .*Received: sample_rate=0"):
        keras_gan.WaveGAN(*networks, sample_rate=0)


@pytest.mark.long
def test_the_export_makes_files_of_the_rate(tmp_path):
    networks = keras_gan.networks.wavegan(num_samples=64, latent_dim=4, width=1)
    gan = keras_gan.WaveGAN(*networks, sample_rate=11_025)
    folder = keras_gan.export.save(gan, tmp_path)
    inputs = tf.saved_model.load(folder).signatures["sample_wav"].structured_input_signature[1]
    assert set(inputs) == {"seed", "count"}
    assert json.loads((folder / "model_card.json").read_text())["exported"]["sample_rate"] == 11_025


def test_evaluation_does_not_shuffle(gan):
    losses = [gan.test_on_batch(sounds()) for _ in range(2)]
    assert losses[0] == losses[1]


def test_the_optimizers_are_the_papers(gan):
    for player in gan.players.values():
        config = player.optimizer.get_config()
        assert [config[name] for name in ("learning_rate", "beta_1", "beta_2")] == pytest.approx([1e-4, 0.5, 0.9])
    assert keras_gan.WaveGAN(gan.generator, gan.discriminator).discriminator_steps == 5
