"""ESRGAN: its phases against the textbook."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.layers import PixelShuffle

RATE = 0.1


def make(**options):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(4, 3, padding="same", activation="tanh"), PixelShuffle(2)]
    judge = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras_gan.ESRGAN(keras.Sequential([keras.Input((4, 4, 1)), *layers]), keras.Sequential(judge), **options)
    optimizers = {f"{name}_optimizer": keras.optimizers.SGD(RATE) for name in model.players}
    model.compile(**optimizers, run_eagerly=True)
    return model


def pairs(count):
    target = np.random.default_rng(1).uniform(-1, 1, (count, 8, 8, 1)).astype("float32")
    return {"source": target[:, ::2, ::2], "target": target}


def twin(network):
    found = keras.models.clone_model(network)
    found.set_weights(network.get_weights())
    return found


def relativistic(low, high):
    """The mean of the two halves: `high` should be above the mean of `low`, and the other way round."""
    halves = tf.nn.softplus(tf.reduce_mean(low) - high), tf.nn.softplus(low - tf.reduce_mean(high))
    return 0.5 * sum(tf.reduce_mean(half) for half in halves)


def assert_stepped(network, twin, tape, value):
    gradients = tape.gradient(value, [weight.value for weight in twin.trainable_weights])
    for weight, gradient, found in zip(twin.trainable_weights, gradients, network.trainable_weights, strict=True):
        expected = weight if gradient is None else weight - RATE * gradient
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_pre_training_minimises_the_absolute_distance_alone():
    model, batch = make(pretraining_steps=1), pairs(3)
    g = twin(model.generator)
    model.train_on_batch(batch)
    with tf.GradientTape() as tape:
        distance = tf.reduce_mean(tf.abs(batch["target"] - g(batch["source"])))
    assert_stepped(model.generator, g, tape, distance)


def test_the_game_is_the_textbook_algorithm():
    model, batch = make(adversarial_weight=0.4, pixel_weight=0.6), pairs(3)
    g, d = twin(model.generator), twin(model.discriminator)
    logs = model.train_on_batch(batch, return_dict=True)
    with tf.GradientTape() as tape:
        d_loss = relativistic(d(g(batch["source"])), d(batch["target"]))
    assert_stepped(model.discriminator, d, tape, d_loss)
    d.set_weights(model.discriminator.get_weights())
    with tf.GradientTape() as tape:
        fake = g(batch["source"])
        g_loss = 0.4 * relativistic(d(batch["target"]), d(fake))
        pixel_loss = 0.6 * tf.reduce_mean(tf.abs(batch["target"] - fake))
        total = g_loss + pixel_loss
    assert_stepped(model.generator, g, tape, total)
    found = [logs[name] for name in ("g_loss", "pixel_loss", "d_loss")]
    np.testing.assert_allclose(found, [g_loss, pixel_loss, d_loss], rtol=1e-5)


def test_the_average_is_that_of_the_authors():
    """After batches of 16, an update counts 0.001."""
    half_life = make().players["generator"].ema_half_life
    assert 1.0 - 0.5 ** (16 / half_life) == pytest.approx(0.001, rel=0.02)


def test_the_pixels_weigh_what_they_do_in_the_authors_code():
    """Its images are in [0, 1], so the same distance is half as large."""
    assert make().pixel_weight == 0.01 / 2.0
