"""Pix2PixHD: the step against the textbook written out, its perceptual loss in files, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses, networks
from keras_gan.callbacks.health._probe import HealthProbe
from keras_gan.callbacks.health._statistics import RealImages

SHAPE = (8, 8, 2)


def trunk():
    return keras.Sequential([keras.Input((None, None, 2)), keras.layers.Conv2D(3, 3, name="edges")])


def judge(**options):
    options = {"source_channels": 2, "width": 2, "layers": 1, "scales": 2} | options
    return networks.multiscale_discriminator(image_shape=SHAPE, **options)


def make(discriminator=None, **options):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(2, 3, padding="same", activation="tanh")])
    return keras_gan.Pix2PixHD(generator, discriminator or judge(), **{"seed": 3} | options)


def pairs(count):
    rng = np.random.default_rng(1)
    return {name: rng.uniform(-1, 1, (count, *SHAPE)).astype("float32") for name in ("source", "target")}


def compiled(model):
    model.compile(
        generator_optimizer=keras.optimizers.SGD(0.1),
        discriminator_optimizer=keras.optimizers.SGD(0.1),
        run_eagerly=True,
    )
    return model


def mean(values):
    return tf.reduce_mean(values)


def test_the_step_is_the_textbook_algorithm():
    perceptual = losses.Perceptual(trunk(), ["edges"])
    model = compiled(make(feature_weight=5.0, perceptual=perceptual, perceptual_weight=3.0))
    g, d = (keras.models.clone_model(network) for network in (model.generator, model.discriminator))
    g.set_weights(model.generator.get_weights())
    d.set_weights(model.discriminator.get_weights())
    batch = pairs(3)
    logs = model.train_on_batch(batch, return_dict=True)
    x, y = tf.constant(batch["source"]), tf.constant(batch["target"])
    edges = perceptual.network.get_layer("edges")
    with tf.GradientTape(persistent=True) as tape:
        fake = g(x)
        real, made = d({"images": y, "source": x}), d({"images": fake, "source": x})
        g_loss = sum(mean((logits - 1) ** 2) for logits in made["logits"])
        maps = [
            4 / len(of_real) * 1 / 2 * mean(tf.abs(tf.stop_gradient(one) - other))
            for of_real, of_made in zip(real["features"], made["features"], strict=True)
            for one, other in zip(of_real, of_made, strict=True)
        ]
        feature_loss = 5.0 * sum(maps)
        perceptual_loss = 3.0 * mean(tf.abs(edges(y) - edges(fake)))
        total = g_loss + feature_loss + perceptual_loss
        d_loss = 0.5 * sum(
            mean((logits - 1) ** 2) + mean(others**2)
            for logits, others in zip(real["logits"], made["logits"], strict=True)
        )
    for network, twin, value in ((model.generator, g, total), (model.discriminator, d, d_loss)):
        weights = twin.trainable_weights
        gradients = tape.gradient(value, [weight.value for weight in weights])
        for weight, gradient, found in zip(weights, gradients, network.trainable_weights, strict=True):
            np.testing.assert_allclose(found, weight - 0.1 * gradient, atol=1e-5)
    expected = {"g_loss": g_loss, "feature_loss": feature_loss, "perceptual_loss": perceptual_loss, "d_loss": d_loss}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def test_each_network_passes_once():
    model = compiled(make())
    calls = []
    for name in ("generator", "discriminator"):
        network = getattr(model, name)
        call = network.call
        network.call = lambda *args, call=call, name=name, **kwargs: calls.append(name) or call(*args, **kwargs)
    model.train_on_batch(pairs(2))
    assert calls == ["generator", "discriminator", "discriminator"]


def test_a_discriminator_of_one_scale_or_of_targets_alone_will_do():
    one = networks.patch_discriminator(image_shape=SHAPE, source_channels=2, width=2, layers=1, features=True)
    for discriminator in (one, judge(source_channels=None)):
        logs = compiled(make(discriminator)).train_on_batch(pairs(2), return_dict=True)
        assert np.isfinite(list(logs.values())).all()


def test_the_perceptual_network_is_in_the_saved_model_and_not_in_its_checkpoints(tmp_path):
    model = compiled(make(perceptual=losses.Perceptual(trunk(), ["edges"])))
    batch = pairs(2)
    kernel = np.asarray(model.perceptual.network.get_layer("edges").kernel)
    model.train_on_batch(batch)
    np.testing.assert_array_equal(model.perceptual.network.get_layer("edges").kernel, kernel)
    assert not [name for name in model.training_variables() if name.startswith("perceptual")]
    fingerprint, before = model.fingerprint(), model.test_on_batch(batch, return_dict=True)
    model.save(tmp_path / "model.keras")
    again = keras_gan.training.load_model(tmp_path / "model.keras")
    assert again.fingerprint() == fingerprint
    assert again.test_on_batch(batch, return_dict=True) == pytest.approx(before, rel=1e-5)


def test_the_probe_of_its_health_sees_all_scales():
    model, batch = compiled(make()), pairs(4)
    signs, sick = HealthProbe(model, RealImages(batch, 4), 4)(0, 0)
    given = {name: tf.constant(values) for name, values in batch.items()}
    real, fake = (model.critic(pair).logits for pair in model.play(given, None)[""])
    logits = np.concatenate([np.ravel(scale) for scale in (*real, *fake)])
    assert sick == []
    assert signs.logit_range == pytest.approx(np.ptp(logits), rel=1e-4)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: make(feature_weight=-1), r"`feature_weight` must be a number in \[0.0, inf\)"),
        (lambda: make(perceptual_weight=-1), r"`perceptual_weight` must be a number in \[0.0, inf\)"),
        (lambda: make(perceptual=trunk()), "`perceptual` must be a `keras_gan.losses.Perceptual`, or None"),
        (lambda: make(adversarial_loss="lsgan"), "`adversarial_loss` must be one of `keras_gan.losses`"),
        (
            lambda: make(networks.patch_discriminator(image_shape=SHAPE, width=2, layers=1)),
            r"must return a dict of 'logits' and 'features'.*`networks.multiscale_discriminator` does.*\['logits'\]",
        ),
        (lambda: make(judge(source_channels=1)), "generator has source images of shape"),
    ],
)
def test_what_does_not_fit(build, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        build()
