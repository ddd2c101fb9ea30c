"""MelGAN: the paper's formulas on networks that can be computed by hand, and the order of the updates."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import MelSpectrogram


@pytest.fixture
def by_hand(vocoder_by_hand):
    """A MelGAN."""
    front_end = MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
    return lambda **options: vocoder_by_hand(keras_gan.MelGAN, front_end, **options)


def test_the_objectives_are_those_of_the_paper(by_hand):
    model = by_hand()
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 64, 1)).astype("float32")
    y = np.tanh(0.01 * np.repeat(model.mel_spectrogram(x).numpy().sum(-1, keepdims=True), 16, axis=1))
    np.testing.assert_allclose(model.vocode(model.mel_spectrogram(x)), y, atol=1e-6)
    logs = model.train_on_batch({"waveforms": x}, return_dict=True)
    # The logits are x and 3/4 x.
    d_loss = sum(np.maximum(0, 1 - a * x).mean() + np.maximum(0, 1 + a * y).mean() for a in (1.0, 0.75))
    np.testing.assert_allclose(logs["d_loss"], d_loss, rtol=1e-5)
    np.testing.assert_allclose(logs["g_loss"], -1.75 * y.mean(), rtol=1e-5)
    # 12 * 4 / 2 scales * (means over the maps).
    np.testing.assert_allclose(logs["feature_loss"], 24 * (1.5 + 3) * np.abs(x - y).mean(), rtol=1e-5)
    losses = model.evaluate({"waveforms": x}, batch_size=2, verbose=0, return_dict=True)
    assert losses == pytest.approx(logs, rel=1e-5)


def test_the_weight_of_the_features_is_the_one_of_the_authors_code():
    """That is 10 sum_k 1/3 sum_i 4/5 |.| for three scales of six maps."""
    maps = [[np.full((1, 4, 1), 0.5 + i + k, "float32") for i in range(6)] for k in range(3)]
    zeros = [[np.zeros_like(each) for each in scale] for scale in maps]
    published = 10 * sum(4 / 5 / 3 * np.abs(each).mean() for scale in maps for each in scale)
    assert float(12.0 * keras_gan.losses.feature_matching(zeros, maps)) == pytest.approx(published)


def test_each_player_learns_from_its_own_loss_alone(by_hand):
    model = by_hand()
    model.compile(
        generator_optimizer=keras.optimizers.SGD(0.1),
        discriminator_optimizer=keras.optimizers.SGD(0.1),
        loss_weights={"g_loss": 0.0, "feature_loss": 0.0},
        run_eagerly=True,
    )
    before = model.generator.get_weights(), model.discriminator.get_weights()
    model.train_on_batch({"waveforms": np.full((1, 64, 1), 0.25, "float32")})
    assert all(map(np.array_equal, before[0], model.generator.get_weights()))
    assert not all(map(np.array_equal, before[1], model.discriminator.get_weights()))


def test_the_optimizers_are_those_of_the_paper(by_hand):
    for optimizer in by_hand().default_optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        config = optimizer.get_config()
        assert [config[key] for key in ("learning_rate", "beta_1", "beta_2")] == pytest.approx([1e-4, 0.5, 0.9])


def test_its_configuration_builds_it_again(by_hand):
    model = by_hand(feature_weight=3.0, adversarial_loss=keras_gan.losses.NonSaturating(), ema_half_life=10)
    again = keras_gan.MelGAN.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert isinstance(again.adversarial_loss, keras_gan.losses.NonSaturating)
