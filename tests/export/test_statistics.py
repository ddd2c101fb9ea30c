"""BatchNormalization in an averaged generator, exported."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export


def _trained(*networks, steps=3):
    gan = keras_gan.NonSaturatingGAN(*networks, ema_half_life=40)
    gan.compile(run_eagerly=True)
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype(np.float32)
    gan.fit(images, batch_size=4, epochs=steps, verbose=0)
    return gan


@pytest.fixture
def gan():
    """Its generator has BatchNormalization, and two layers whose state moves on at every pass of training."""
    generator = keras.Sequential(
        [
            keras.Input((5,)),
            keras_gan.layers.SpectralNormalization(keras.layers.Dense(64)),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Dropout(0.1, seed=1),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Activation("tanh"),
        ]
    )
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    return _trained(generator, discriminator)


def _batch_norm(network):
    return next(layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))


@pytest.mark.long
def test_the_statistics_are_those_of_the_averaged_weights(gan, tmp_path):
    before = [weight.numpy() for weight in gan.averaged_generator.weights]
    export.save_litert(gan, tmp_path / "averaged.tflite")
    layer, dense = _batch_norm(gan.averaged_generator), gan.averaged_generator.layers[0]
    # The distribution of a linear layer's outputs for standard normal latents is known: N(bias, kernel' kernel).
    mean = dense(np.zeros((1, 5), np.float32)).numpy()[0]
    kernel = dense(np.eye(5, dtype=np.float32)).numpy() - mean
    variance = (kernel**2).sum(axis=0)
    error = np.abs(layer.moving_mean - mean) / np.sqrt(variance)
    # 4,096 latents: the standard error of a mean is 1 / 64 of the deviation, that of a variance sqrt(2) / 64 of it.
    assert error.max() < 4.5 / 64
    assert np.abs(layer.moving_variance / variance - 1.0).max() < 4.5 * np.sqrt(2) / 64
    assert layer.momentum == 0.9
    changed = [
        weight.path
        for weight, then in zip(gan.averaged_generator.weights, before, strict=True)
        if (weight.numpy() != then).any()
    ]
    assert [path.split("/")[-1] for path in changed] == ["moving_mean", "moving_variance"]


@pytest.mark.long
def test_what_is_served_is_what_generate_makes_from_then_on(gan, tmp_path):
    before = gan.generate(8, seed=1)
    sample = tf.saved_model.load(export.save(gan, tmp_path)).signatures["sample"]
    served = sample(seed=tf.constant(1, tf.int64), count=tf.constant(8))["images"].numpy()
    np.testing.assert_array_equal(served, gan.generate(8, seed=1))
    assert np.abs(served - before).max() > 1e-3


@pytest.mark.long
def test_a_second_export_is_the_same_and_the_statistics_of_training_are_left_alone(gan, tmp_path):
    before = [variable.numpy() for variable in gan.generator.variables]
    export.save(gan, tmp_path, signatures=["serving_default"])
    averaged = gan.fingerprint()
    export.save_litert(gan, tmp_path / "averaged.tflite")
    export.save_litert(gan, tmp_path / "raw.tflite", averaged=False)
    assert gan.fingerprint() == averaged
    for variable, then in zip(gan.generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable, then)


def _twice(function):
    """The function, which is interrupted at its third call."""
    calls = iter([function, function])
    return lambda *arguments: next(calls)(*arguments)


@pytest.mark.long
def test_all_but_the_statistics_is_as_before_when_it_is_interrupted(gan, tmp_path, monkeypatch):
    layer = _batch_norm(gan.averaged_generator)
    monkeypatch.setattr(keras_gan._random, "normal", _twice(keras_gan._random.normal))
    statistics = (layer.moving_mean, layer.moving_variance)
    others = [
        variable for variable in gan.averaged_generator.variables if all(variable is not own for own in statistics)
    ]
    before = [variable.numpy() for variable in others]
    with pytest.raises(StopIteration):
        export.save(gan, tmp_path)
    assert layer.momentum == 0.9
    assert not layer.trainable
    for variable, then in zip(others, before, strict=True):
        np.testing.assert_array_equal(variable, then)
    assert list(tmp_path.iterdir()) == []
