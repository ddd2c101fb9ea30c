"""The noise of each pixel: fresh, shared by the channels, constant if asked, and repeated by a seed."""

import keras
import numpy as np
import pytest

from keras_gan.layers import NoiseInjection

X = np.random.default_rng(0).normal(size=(3, 8, 8, 4)).astype("float32")


def made(strength=0.5, **options):
    layer = NoiseInjection(**options)
    layer.build(X.shape)
    layer.strength.assign(strength)
    return layer


def noise_of(layer, **options):
    return np.asarray(layer(X, **options)) - X


def test_it_starts_without_effect():
    np.testing.assert_array_equal(NoiseInjection()(X, training=True), X)


@pytest.mark.parametrize("training", [True, False])
def test_the_noise_is_normal_new_for_each_pixel_sample_and_call_and_the_same_for_all_channels(training):
    layer = made(seed=1)
    first, second = noise_of(layer, training=training), noise_of(layer, training=training)
    np.testing.assert_allclose(first, first[..., :1].repeat(4, axis=-1), atol=1e-6)
    assert first.std() == pytest.approx(0.5, abs=0.08)
    numbers = np.concatenate([first[..., 0].ravel(), second[..., 0].ravel()]).round(5)
    assert len(np.unique(numbers)) > 0.99 * len(numbers)


def test_a_seed_repeats_the_noise():
    np.testing.assert_array_equal(noise_of(made(seed=1)), noise_of(made(seed=1)))
    assert np.abs(noise_of(made(seed=1)) - noise_of(made(seed=2))).max() > 0.1


def test_constant_noise_is_the_same_for_all_samples_and_calls_of_inference_alone(tmp_path):
    layer = made(constant=True)
    first = noise_of(layer)
    np.testing.assert_allclose(first, first[:1].repeat(3, axis=0), atol=1e-6)
    np.testing.assert_array_equal(noise_of(layer), first)
    fresh = noise_of(layer, training=True)
    assert np.abs(fresh[0] - fresh[1]).max() > 0.1
    model = keras.Sequential([keras.Input(X.shape[1:]), layer])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(X), model(X))


def test_a_constant_map_needs_a_size():
    with pytest.raises(ValueError, match=r"known. Received: constant=True, input_shape=\(None, None, 8, 4\)"):
        NoiseInjection(constant=True).build((None, None, 8, 4))
