"""HiFi-GAN: the paper's formulas on networks that can be computed by hand, and its two front ends."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import MelSpectrogram


@pytest.fixture
def by_hand(vocoder_by_hand):
    """A HiFiGAN whose generator is told the frequencies up to 2000 Hz."""
    front_end = MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16, high=2000.0)
    return lambda **options: vocoder_by_hand(keras_gan.HiFiGAN, front_end, **options)


def test_the_objectives_are_those_of_the_paper(by_hand):
    model = by_hand()
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 64, 1)).astype("float32")
    y = model.vocode(model.mel_spectrogram(x))
    logs = model.train_on_batch({"waveforms": x}, return_dict=True)
    # The logits are x and 3/4 x.
    d_loss = sum(((a * x - 1) ** 2).mean() + ((a * y) ** 2).mean() for a in (1.0, 0.75))
    np.testing.assert_allclose(logs["d_loss"], d_loss, rtol=1e-5)
    np.testing.assert_allclose(logs["g_loss"], sum(((a * y - 1) ** 2).mean() for a in (1.0, 0.75)), rtol=1e-5)
    # Twice the sum over the maps x, 2x, 3x and the logits.
    np.testing.assert_allclose(logs["feature_loss"], 2 * (1 + 2 + 3 + 1.75) * np.abs(x - y).mean(), rtol=1e-5)
    # The loss hears all frequencies, where the generator is told those up to 2000 Hz.
    phi = MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
    expected = 45 * np.abs(phi(x).numpy() - phi(y).numpy()).mean()
    np.testing.assert_allclose(logs["mel_loss"], expected, rtol=1e-4)
    assert abs(np.abs(model.mel_spectrogram(x) - model.mel_spectrogram(y)).mean() * 45 - expected) > 0.1
    losses = model.evaluate({"waveforms": x}, batch_size=2, verbose=0, return_dict=True)
    assert losses == pytest.approx(logs, rel=1e-5)


def test_the_optimizers_are_those_of_the_paper(by_hand):
    for optimizer in by_hand().default_optimizers().values():
        assert isinstance(optimizer, keras.optimizers.AdamW)
        config = optimizer.get_config()
        found = [config[key] for key in ("learning_rate", "beta_1", "beta_2", "weight_decay")]
        assert found == pytest.approx([2e-4, 0.8, 0.99, 0.01])


def test_its_configuration_builds_it_again(by_hand):
    model = by_hand(feature_weight=3.0, mel_weight=4.0, ema_half_life=10)
    again = keras_gan.HiFiGAN.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert again.mel_spectrogram.high == 2000.0
    assert again.all_mels.high is None


@pytest.mark.long
def test_a_step_on_its_own_networks_updates_every_weight():
    judge = {"discriminator_width": 1, "periods": (2, 3), "scales": 2}
    networks = keras_gan.networks.hifigan(version="V3", num_mels=8, ratios=(4, 4), width=4, **judge)
    model = keras_gan.HiFiGAN(*networks, MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16), seed=0)
    model.compile(run_eagerly=True)
    before = [network.get_weights() for network in networks]
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 256, 1)).astype("float32")
    logs = model.train_on_batch({"waveforms": x}, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    for network, weights in zip(networks, before, strict=True):
        for variable, then, now in zip(network.weights, weights, network.get_weights(), strict=True):
            # The singular vector of a single output is 1.
            assert (then != now).any() or now.shape == (1,), variable.path
    with pytest.raises(ValueError, match=r"`mel_weight` must be a number in \[0\.0, inf\)\. Received: mel_weight=-1"):
        keras_gan.HiFiGAN(*networks, model.mel_spectrogram, mel_weight=-1)
