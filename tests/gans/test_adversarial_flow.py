"""Adversarial flow: its objectives, the scale of the gradient, and the shape of its noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.gans.adversarial_flow import _with_unit_gradient
from keras_gan.schedules import Cosine


def flow(slope=(3.0, 4.0), **options):
    """G(z) = 2 z and D(x) = w x, with the slope w."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    generator.set_weights([2 * np.eye(2)])
    discriminator.set_weights([np.reshape(slope, (2, 1))])
    return keras_gan.AdversarialFlow(generator, discriminator, seed=0, **options)


@pytest.fixture
def batches():
    """Real points and latents."""
    return [tf.random.stateless_normal((6, 2), (0, seed)) for seed in (1, 2)]


def test_all_terms_are_the_papers(batches):
    points, latents = batches
    gan = flow(transport_weight=0.3)
    real = {"images": points}
    fake = gan.generate_for(real, latents)
    terms = {**gan.discriminator_terms(real, fake)["discriminator"], **gan.generator_terms(real, fake)["generator"]}
    above, below = (np.asarray(values) @ [3.0, 4.0] for values in (points, 2 * latents))
    assert float(terms["d_loss"]) == pytest.approx(np.log1p(np.exp(below - above)).mean(), rel=1e-5)
    assert float(terms["g_loss"]) == pytest.approx(np.log1p(np.exp(above - below)).mean(), rel=1e-5)
    assert float(terms["centring"]) == pytest.approx(0.01 * np.mean((above + below) ** 2), rel=1e-5)
    assert float(terms["transport"]) == pytest.approx(0.3 * np.mean(np.square(latents)), rel=1e-5)
    assert [penalty.weight for penalty in gan.penalties] == [0.5, 0.5]


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_the_gradient_of_the_images_has_one_scale(batches, factor):
    images, _ = batches
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = _with_unit_gradient(lambda x: factor * tf.reduce_sum(tf.sin(x)), images)
        scaled = 8.0 * value
    found = tape.gradient(scaled, images)
    assert float(value) == pytest.approx(factor * float(tf.reduce_sum(tf.sin(images))))
    direction = np.cos(images)
    np.testing.assert_allclose(found, 8.0 / 12 * direction / np.sqrt(np.mean(direction**2)), rtol=1e-4)


def test_a_gradient_of_zero_stays_zero(batches):
    images, _ = batches
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = _with_unit_gradient(lambda x: tf.reduce_sum(0.0 * x), images)
    np.testing.assert_array_equal(tape.gradient(value, images), np.zeros((6, 2)))


def test_the_generator_gets_the_unit_gradient_and_the_pull_to_its_noise(batches):
    points, latents = batches
    gan = flow(transport_weight=0.3)
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    recording = gan.record(gan.generate_for, {"images": points}, latents)
    gan.minimise(gan.generator_terms, {"images": points}, recording)
    above, below = (np.asarray(values) @ [3.0, 4.0] for values in (points, 2 * latents))
    upstream = -np.outer(1 / (1 + np.exp(below - above)), [3.0, 4.0])
    upstream = upstream / np.sqrt(np.mean(upstream**2)) + 0.3 * 2 * np.asarray(latents)
    expected = 2 * np.eye(2) - np.transpose(latents) @ upstream / 12
    np.testing.assert_allclose(gan.generator.get_weights()[0], expected, rtol=1e-4)


def test_the_weight_of_the_transport_falls_and_is_logged():
    gan = flow(transport_weight=Cosine(1.0, 0.0, 2), name="flow")
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    points = np.zeros((8, 2), "float32")
    logs = [gan.train_on_batch(points, return_dict=True) for _ in range(3)]
    assert [float(entry["flow_transport_weight"]) for entry in logs] == [1.0, 0.5, 0.0]
    assert float(logs[0]["transport"]) > 0


def test_the_config_keeps_the_weight():
    copy = keras_gan.AdversarialFlow.from_config(flow(transport_weight=Cosine(1.0, 0.1, 50)).get_config())
    assert copy.transport_weight.get_config() == Cosine(1.0, 0.1, 50).get_config()
    assert flow().transport_weight.get_config() == Cosine(0.2, 0.005, 20_000).get_config()


def test_noise_of_another_shape_than_the_images():
    networks = keras_gan.networks.mlp(image_shape=(2,), latent_dim=3, width=4)
    with pytest.raises(ValueError, match=r"input_shape=\(None, 3\), generator.output_shape=\(None, 2\)"):
        keras_gan.AdversarialFlow(*networks)


@pytest.mark.parametrize("weight", [-0.1, "0", float("inf"), True])
def test_bad_weights(weight):
    with pytest.raises(ValueError, match=r"`transport_weight` must be a number in \[0.0, inf\).* Received: "):
        flow(transport_weight=weight)
