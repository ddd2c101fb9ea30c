"""BiGAN and ALI: the step against the textbook written out, scores, and networks that do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

SHAPE = (4, 4, 1)


def generator(latent_dim=3, made=SHAPE):
    units = int(np.prod(made))
    paint = [keras.layers.Dense(units, activation="tanh"), keras.layers.Reshape(made)]
    return keras.Sequential([keras.Input((latent_dim,)), *paint])


def encoder(latent_dim=3, names=None):
    images = keras.Input(SHAPE)
    x = keras.layers.Dense(5, activation="tanh")(keras.layers.Flatten()(images))
    heads = {name: keras.layers.Dense(latent_dim)(x) for name in names or ("code",)}
    return keras.Model(images, heads if names else heads["code"])


def judge(taken=SHAPE, latent_dim=3):
    images, latents = keras.Input(taken, name="images"), keras.Input((latent_dim,), name="latents")
    both = keras.layers.Concatenate()([keras.layers.Flatten()(images), latents])
    features = keras.layers.Dense(6, activation="tanh", name="features")(both)
    return keras.Model({"images": images, "latents": latents}, keras.layers.Dense(1)(features))


def images_of(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def softplus_mean(x):
    return tf.reduce_mean(tf.nn.softplus(x))


ENCODERS = {"BiGAN": None, "ALI": ("log_variance", "mean")}


@pytest.mark.parametrize("names", ENCODERS.values(), ids=ENCODERS)
def test_the_step_is_the_textbook_algorithm(names):
    """Both objectives with a tape, all with the weights from before the step."""
    model = keras_gan.BiGAN(generator(), encoder(names=names), judge(), seed=3)
    gen, enc, dis = generator(), encoder(names=names), judge()
    for twin, network in zip((gen, enc, dis), (model.generator, model.encoder, model.discriminator), strict=True):
        twin.set_weights(network.get_weights())
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.5) for name in model.players}, run_eagerly=True)
    x, noise = tf.constant(images_of(4)), model.training_state.noise()
    deviation, z = noise.normal((4, 3)), noise.normal((4, 3))
    logs = model.train_on_batch(x, return_dict=True)
    with tf.GradientTape(persistent=True) as tape:
        code = enc(x)
        if names:
            code = code["mean"] + tf.exp(code["log_variance"] / 2) * deviation
        inferred, drawn = dis({"images": x, "latents": code}), dis({"images": gen(z), "latents": z})
        judging = softplus_mean(-inferred) + softplus_mean(drawn)
        fooling = softplus_mean(inferred) + softplus_mean(-drawn)
    assert logs == pytest.approx({"d_loss": float(judging), "g_loss": float(fooling)}, rel=1e-5)
    for network, twin, objective in (
        (model.generator, gen, fooling),
        (model.encoder, enc, fooling),
        (model.discriminator, dis, judging),
    ):
        gradients = tape.gradient(objective, [weight.value for weight in twin.trainable_weights])
        for found, weight, gradient in zip(network.trainable_weights, twin.trainable_weights, gradients, strict=True):
            np.testing.assert_allclose(found.numpy(), weight - 0.5 * gradient, atol=2e-6)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_scores_are_the_residuals_of_pixels_and_of_features(weight):
    model = keras_gan.BiGAN(generator(), encoder(), judge(), feature_weight=weight, seed=1)
    x = images_of(5)
    code = model.encoder(x)
    rebuilt = model.generator(code)
    layer = model.discriminator.get_layer("features")
    flat = [tf.concat([tf.reshape(each, (5, -1)), code], axis=1) for each in (x, rebuilt)]
    of_features = np.abs(layer(flat[0]) - layer(flat[1])).mean(axis=1)
    of_pixels = np.abs(x - rebuilt).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(model.score(x), (1 - weight) * of_pixels + weight * of_features, rtol=1e-5)


def test_codes_and_reconstructions_are_those_of_the_networks():
    model, x = keras_gan.BiGAN(generator(), encoder(names=("log_variance", "mean")), judge()), images_of(3)
    codes = model.encoder(x)["mean"]
    np.testing.assert_allclose(model.encode(x), codes, atol=1e-6)
    np.testing.assert_allclose(model.reconstruct(x), model.generator(codes), atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.generator(codes), atol=1e-6)


@pytest.mark.parametrize(
    "networks, message",
    [
        (lambda: (generator(latent_dim=2), encoder(), judge()), r"encoder makes .*\(3,\), but the generator takes"),
        (lambda: (generator(made=(4, 4, 2)), encoder(), judge()), r"generator makes .*\(4, 4, 2\), but the encoder"),
        (lambda: (generator(), encoder(), judge((2, 4, 1))), r"generator makes .*, but the discriminator takes .*\(2"),
        (lambda: (generator(), encoder(), judge(latent_dim=2)), r"of shape \(3,\).*Received: .*'latents': \(2,\)"),
        (lambda: (generator(), encoder(), encoder(latent_dim=1)), r"two inputs, 'images' and 'latents'"),
    ],
)
def test_networks_that_do_not_fit(networks, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.BiGAN(*networks())


def test_a_weight_out_of_range():
    with pytest.raises(
        ValueError, match=r"`feature_weight` must be a number in \[0.0, 1.0\]. Received: feature_weight=2"
    ):
        keras_gan.BiGAN(generator(), encoder(), judge(), feature_weight=2)
