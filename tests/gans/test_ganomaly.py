"""GANomaly: the step against the textbook written out, scores of codes, and networks that do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

SHAPE = (4, 4, 1)


def encoder(taken=SHAPE, latent_dim=3):
    look = [keras.layers.Flatten(), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(latent_dim)]
    return keras.Sequential([keras.Input(taken), *look])


def decoder(latent_dim=3, made=SHAPE):
    units = int(np.prod(made))
    paint = [keras.layers.Dense(units, activation="tanh"), keras.layers.Reshape(made)]
    return keras.Sequential([keras.Input((latent_dim,)), *paint])


def judge(taken=SHAPE, names=("logits", "features")):
    images = keras.Input(taken)
    features = keras.layers.Dense(6, activation="tanh")(keras.layers.Flatten()(images))
    outputs = {"logits": keras.layers.Dense(1)(features), "features": features}
    return keras.Model(images, {name: outputs[name] for name in names})


def networks():
    return encoder(), decoder(), encoder(), judge()


def images_of(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def mean_square(values):
    return tf.reduce_mean(values**2)


def test_the_step_is_the_textbook_algorithm():
    """Both objectives with a tape, all with the weights from before the step."""
    weights = {"image_weight": 5.0, "code_weight": 0.5, "feature_weight": 2.0}
    model, twins = keras_gan.GANomaly(*networks(), **weights, seed=3), networks()
    players = model.encoder, model.decoder, model.second_encoder, model.discriminator
    for twin, network in zip(twins, players, strict=True):
        twin.set_weights(network.get_weights())
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.1) for name in model.players}, run_eagerly=True)
    x = tf.constant(images_of(4))
    logs = model.train_on_batch(x, return_dict=True)
    enc, dec, again, dis = twins
    with tf.GradientTape(persistent=True) as tape:
        z = enc(x)
        rebuilt = dec(z)
        real, fake = dis(x), dis(rebuilt)
        distances = {
            "image_loss": 5.0 * tf.reduce_mean(tf.abs(x - rebuilt)),
            "code_loss": 0.5 * mean_square(z - again(rebuilt)),
            "feature_loss": 2.0 * mean_square(real["features"] - fake["features"]),
        }
        painting = tf.add_n(list(distances.values()))
        judging = tf.reduce_mean(tf.nn.softplus(-real["logits"])) + tf.reduce_mean(tf.nn.softplus(fake["logits"]))
    expected = {"d_loss": judging, **distances}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)
    for network, twin, objective in zip(players, twins, (painting, painting, painting, judging), strict=True):
        gradients = tape.gradient(objective, [weight.value for weight in twin.trainable_weights])
        for found, weight, gradient in zip(network.trainable_weights, twin.trainable_weights, gradients, strict=True):
            np.testing.assert_allclose(found.numpy(), weight - 0.1 * gradient, atol=2e-6)


def test_scores_are_the_distances_of_both_codes():
    model, x = keras_gan.GANomaly(*networks(), seed=1), images_of(5)
    codes = model.encoder(x)
    again = model.second_encoder(model.decoder(codes))
    np.testing.assert_allclose(model.score(x), tf.reduce_mean((codes - again) ** 2, axis=1), rtol=1e-5)
    np.testing.assert_allclose(model.encode(x), codes, atol=1e-6)
    np.testing.assert_allclose(model.reconstruct(x), model.decoder(codes), atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.decoder(codes), atol=1e-6)


def test_codes_are_not_drawn():
    model = keras_gan.GANomaly(*networks())
    with pytest.raises(ValueError, match="This model cannot draw latents: give `latents`"):
        model.generate(3)
    with pytest.raises(ValueError, match="give `ImageSnapshots` an array of them"):
        model.snapshot(4, seed=0)
    assert model.snapshot(4, seed=0, inputs=images_of(2))[0].shape == (4, *SHAPE)
    assert model.generate(latents=np.zeros((3, 3), "float32")).shape == (3, *SHAPE)


@pytest.mark.parametrize(
    "networks, message",
    [
        (lambda: (encoder(latent_dim=2), *networks()[1:]), r"encoder makes .*\(2,\), but the decoder takes"),
        (lambda: (encoder(), decoder(), encoder(latent_dim=2), judge()), r"second encoder makes .*\(2,\), but the dec"),
        (lambda: (encoder(), decoder(made=(4, 4, 2)), encoder(), judge()), r"decoder makes .*\(4, 4, 2\), but the enc"),
        (lambda: (encoder(), decoder(), encoder((2, 8, 1)), judge()), r"but the second encoder takes .*\(2, 8, 1\)"),
        (lambda: (encoder(), decoder(), encoder(), judge((2, 8, 1))), r"but the discriminator takes .*\(2, 8, 1\)"),
        (lambda: (*networks()[:3], judge(names=("logits",))), r"'logits' and 'features'.*outputs \['logits'\]"),
    ],
)
def test_networks_that_do_not_fit(networks, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.GANomaly(*networks())


@pytest.mark.parametrize("name", ["image_weight", "code_weight", "feature_weight"])
def test_weights_out_of_range(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a number"):
        keras_gan.GANomaly(*networks(), **{name: -1.0})
