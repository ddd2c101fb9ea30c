"""What all models that score anomalies share: one expression for every way to a score."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export
from keras_gan.gans._scoring import features_of

IMAGES = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")


@pytest.fixture(scope="module", params=[keras_gan.BiGAN, pytest.param(keras_gan.VAE, marks=pytest.mark.long)])
def model(request, tiny):
    """A model whose averages have other weights than its networks."""
    keras.utils.set_random_seed(0)
    model = tiny(request.param).model(run_eagerly=True)
    model.training_state.step.assign(1)
    for player in model.players.values():
        for average in player.averages.values():
            average.set_weights([0.5 * values for values in average.get_weights()])
    return model


def test_averages_score_unless_told_otherwise(model):
    for averaged in (True, False):
        expected = model.scores(tf.constant(IMAGES), model.networks_of(averaged))
        found = model.score(IMAGES, averaged=averaged, batch_size=2)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.abs(model.score(IMAGES) - model.score(IMAGES, averaged=False)).min() > 1e-4
    assert model.score(IMAGES).dtype == np.float32


def test_the_score_of_an_image_does_not_depend_on_the_others(model):
    np.testing.assert_allclose(model.score(IMAGES[2:3]), model.score(IMAGES)[2:3], rtol=1e-5, atol=1e-6)


def test_images_of_another_kind_have_no_score(model):
    with pytest.raises(ValueError, match=r"Images must have the shape.*Received: images.shape=\(5, 4, 8, 1\)"):
        model.score(IMAGES[:, :4])
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        model.score(200 * IMAGES)


@pytest.mark.long
def test_the_export_scores_images(model, tmp_path):
    asked = {"image_type": "uint8", "max_count": 5, "signatures": ["serving_default", "score"]}
    served = tf.saved_model.load(export.save(model, tmp_path, **asked)).signatures
    pixels = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 1), "uint8")
    images = pixels / np.float32(127.5) - np.float32(1)
    scores = served["score"](images=tf.constant(pixels))["scores"]
    np.testing.assert_allclose(scores, model.score(images), rtol=1e-5, atol=1e-6)


@pytest.mark.long
def test_an_export_does_not_change_the_scores(tmp_path):
    """Of other averages an export computes the batch statistics again."""
    latents, images = keras.Input((4,)), keras.Input((8, 8, 1))
    paint = keras.layers.BatchNormalization()(keras.layers.Dense(64)(latents))
    networks = (
        keras.Model(latents, keras.layers.Reshape((8, 8, 1))(keras.layers.Activation("tanh")(paint))),
        keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(images))),
        keras.Model(images, keras.layers.Dense(4)(keras.layers.Flatten()(images))),
    )
    model = keras_gan.AnomalyGAN(*networks, gan_steps=0, ema_half_life=10)
    before = model.score(IMAGES)
    folder = export.save(model, tmp_path, signatures=["serving_default", "score"])
    np.testing.assert_array_equal(model.score(IMAGES), before)
    served = tf.saved_model.load(folder).signatures["score"](images=tf.constant(IMAGES))["scores"]
    np.testing.assert_allclose(served, before, rtol=1e-5)


def test_networks_of_one_name_are_scored_by(tiny):
    parts = tiny(keras_gan.GANomaly)
    networks = parts.networks(spectral=False, dropout=0.0)
    for network in networks:
        network.name = "net"
    model = keras_gan.GANomaly(*networks)
    expected = model.scores(tf.constant(IMAGES), model.networks_of(averaged=False))
    np.testing.assert_allclose(model.score(IMAGES), expected, atol=1e-6)
    assert all(network.trainable for network in networks)


def test_networks_that_return_float16_score_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    latents, images = keras.Input((4,), name="latents"), keras.Input((8, 8, 1), name="images")
    flat = keras.layers.Flatten()(images)
    networks = (
        keras.Model(latents, keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64, "tanh")(latents))),
        keras.Model(images, keras.layers.Dense(4)(flat)),
        keras.Model([images, latents], keras.layers.Dense(1)(keras.layers.Concatenate()([flat, latents]))),
    )
    model = keras_gan.BiGAN(*networks, feature_weight=0.0)
    expected = np.abs(IMAGES - model.reconstruct(IMAGES)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(model.score(IMAGES), expected, rtol=1e-5)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), model.reconstruct(IMAGES))


def judge(outputs):
    images = keras.Input((2,))
    hidden = keras.layers.Dense(3, name="hidden")(images)
    made = {"logits": keras.layers.Dense(1)(keras.layers.ReLU()(hidden)), "features": hidden}
    return keras.Model(images, made if outputs == "both" else made["logits"])


@pytest.mark.parametrize("outputs", ["both", "logits"])
def test_features_are_the_output_of_that_name_or_what_the_last_layer_takes(outputs):
    network, points = judge(outputs), tf.constant([[1.0, -2.0]])
    hidden = network.get_layer("hidden")(points)
    expected = hidden if outputs == "both" else tf.nn.relu(hidden)
    np.testing.assert_allclose(features_of(network)(points), expected, rtol=1e-6)


def test_features_that_compare_the_images_of_a_batch():
    images = keras.Input((2, 2, 1))
    together = keras.layers.Flatten()(keras_gan.layers.MinibatchStddev(2)(images))
    with pytest.raises(ValueError, match=r"would depend on the others: build it without MinibatchStddev\. Received: "):
        features_of(keras.Model(images, keras.layers.Dense(1)(together)))


def test_a_network_that_shows_no_features():
    class Judge(keras.Model):
        def call(self, images):
            return images

    with pytest.raises(ValueError, match=r"returns a dict of 'logits' and 'features'\. Received: discriminator="):
        features_of(Judge())
