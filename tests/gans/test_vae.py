"""VAE: its bound against probabilistic PCA, the objective, and networks that do not fit."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import keras_gan
from keras_gan import losses, schedules
from keras_gan.layers import LearnedConstant

SHAPE = (3, 4, 1)


def encoder(latent_dim=2, names=("mean", "log_variance"), taken=SHAPE):
    images = keras.Input(taken)
    flat = keras.layers.Flatten()(images)
    return keras.Model(images, {name: keras.layers.Dense(latent_dim)(flat) for name in names})


def decoder(latent_dim=2, outputs=("images",), made=SHAPE):
    """A linear decoder."""
    latents = keras.Input((latent_dim,))
    picture = keras.layers.Reshape(made)(keras.layers.Dense(math.prod(made))(latents))
    scale = LearnedConstant((1, 1, 1))(latents)
    return keras.Model(latents, {name: scale if name == "log_scale" else picture for name in outputs})


def make(likelihood=None, **options):
    likelihood = likelihood or losses.Gaussian(0.5, levels=None)
    return keras_gan.VAE(encoder(), decoder(), likelihood=likelihood, seed=3, **options)


def images_of(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


@pytest.fixture(scope="module")
def linear():
    """A linear VAE at its optimum for 40 images of two main directions, the images, and their log p(x) in closed form.

    Tipping and Bishop 1999: the best weights are the main directions, longer than the noise, which has the mean of the
    other variances.
    """
    rng = np.random.default_rng(0)
    images = np.clip(
        0.2 * rng.normal(size=(40, 2)) @ rng.normal(size=(2, 12)) + 0.05 * rng.normal(size=(40, 12)), -1, 1
    )
    mean, covariance = images.mean(axis=0), np.cov(images.T, bias=True)
    variances, directions = (part[..., ::-1] for part in np.linalg.eigh(covariance))
    noise = variances[2:].mean()
    weights = directions[:, :2] * np.sqrt(variances[:2] - noise)
    inner = weights.T @ weights + noise * np.eye(2)
    back = np.linalg.inv(inner) @ weights.T
    model = keras_gan.VAE(
        encoder(), decoder(outputs=("images", "log_scale")), likelihood=losses.Gaussian(levels=None), seed=0
    )
    codes, spreads = model.encoder.layers[-2:]
    if spreads.output is model.encoder.output["mean"]:
        codes, spreads = spreads, codes
    codes.set_weights([back.T, -back @ mean])
    spreads.set_weights([np.zeros((12, 2)), np.log(noise / np.diag(inner))])
    (dense,) = (layer for layer in model.decoder.layers if isinstance(layer, keras.layers.Dense))
    dense.set_weights([weights.T, mean])
    (scale,) = (layer for layer in model.decoder.layers if isinstance(layer, LearnedConstant))
    scale.set_weights([np.full((1, 1, 1), 0.5 * np.log(noise))])
    log_p = stats.multivariate_normal(mean, weights @ weights.T + noise * np.eye(12)).logpdf(images)
    return model, images.reshape(-1, *SHAPE).astype("float32"), log_p


def test_the_bound_of_the_best_linear_model_is_the_likelihood_of_probabilistic_pca(linear):
    """The bound is quadratic in the code, so its mean over four points with the moments of N(0, I) is exact."""
    model, images, log_p = linear
    points = math.sqrt(2) * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], "float32")
    means = []
    for image in images[:5]:
        batch = {"images": tf.constant(np.tile(image, (4, 1, 1, 1)))}
        means.append(float(model.objective(batch, {"codes": tf.constant(points)})["autoencoder"]["elbo"]))
    np.testing.assert_allclose(means, log_p[:5], rtol=1e-4)
    drawn = model.elbo(images, num_samples=50, seed=1, batch_size=16)
    assert drawn.mean() == pytest.approx(log_p.mean(), abs=0.15)


def test_worse_weights_have_a_lower_bound(linear):
    model, images, log_p = linear
    assert model.elbo(images, num_samples=20).mean() > log_p.mean() - 0.3
    worse = keras_gan.VAE(encoder(), decoder(), likelihood=losses.Gaussian(0.3, levels=None), seed=0)
    assert worse.elbo(images, num_samples=20).mean() < log_p.mean() - 0.3


def test_the_score_is_the_negated_bound_with_deviations_that_all_images_share(linear):
    model, images, log_p = linear
    scores = model.score(images, batch_size=16)
    deviations = [np.ravel(model._draws_of_seed(1, tf.constant([0, draw], tf.int64))["codes"]) for draw in range(4)]
    batch = {"images": tf.constant(np.tile(images[3], (4, 1, 1, 1)))}
    bound = model.objective(batch, {"codes": tf.constant(np.stack(deviations))})["autoencoder"]["elbo"]
    assert scores[3] == pytest.approx(-float(bound), rel=1e-5)
    assert np.ptp(deviations, axis=0).min() > 0.1
    assert np.corrcoef(scores, -log_p)[0, 1] > 0.9


def test_the_bound_of_images_has_the_noise_of_their_levels():
    """A decoder of a constant with a code that says nothing: the bound is the mean log density of the moved pixels."""
    model = keras_gan.VAE(encoder(), decoder(), likelihood=losses.Gaussian(0.2), seed=0)
    for network in (model.encoder, model.decoder):
        network.set_weights([np.zeros_like(values) for values in network.get_weights()])
    levels = np.round((images_of(64) + 1) * 127.5) / 127.5 - 1
    found = model.elbo(levels, num_samples=30, batch_size=10)
    # E (x + u)^2 = x^2 + w^2 / 12.
    width = 2 / 255
    density = -0.5 * (levels**2 + width**2 / 12) / 0.04 - math.log(0.2) - 0.5 * math.log(2 * math.pi)
    np.testing.assert_allclose(found, (density + math.log(width)).sum(axis=(1, 2, 3)), atol=0.15)
    np.testing.assert_array_equal(found, model.elbo(levels, num_samples=30, batch_size=10))
    assert (found != model.elbo(levels, num_samples=30, batch_size=10, seed=1)).any()


@pytest.mark.parametrize("options", [{}, {"beta": 2.5}, {"beta": 0.5, "free_bits": 0.2}])
def test_the_step_minimises_the_textbook_objective(options):
    model, x = make(**options), tf.constant(images_of(4))
    enc, dec = encoder(), decoder()
    for twin, network in ((enc, model.encoder), (dec, model.decoder)):
        twin.set_weights(network.get_weights())
    model.compile(autoencoder_optimizer=keras.optimizers.SGD(0.05), run_eagerly=True)
    deviation = model.training_state.noise().normal((4, 2))
    logs = model.train_on_batch(x, return_dict=True)
    with tf.GradientTape(persistent=True) as tape:
        q = enc(x)
        sigma = tf.exp(q["log_variance"] / 2)
        squares = tf.reduce_sum(((x - dec(q["mean"] + sigma * deviation)["images"]) / 0.5) ** 2, axis=(1, 2, 3))
        nll = tf.reduce_mean(0.5 * squares) + 12 * (math.log(0.5) + 0.5 * math.log(2 * math.pi))
        kl = 0.5 * tf.reduce_mean(q["mean"] ** 2 + sigma**2 - q["log_variance"] - 1, axis=0)
        costly = options.get("beta", 1.0) * tf.reduce_sum(tf.maximum(kl, options.get("free_bits", 0.0)))
        total = nll + costly
    for network, twin in ((model.encoder, enc), (model.decoder, dec)):
        gradients = tape.gradient(total, [weight.value for weight in twin.trainable_weights])
        for found, weight, gradient in zip(network.trainable_weights, twin.trainable_weights, gradients, strict=True):
            np.testing.assert_allclose(found.numpy(), weight - 0.05 * gradient, atol=3e-6)
    elbo = -float(nll) - float(tf.reduce_sum(kl))
    expected = {"reconstruction_loss": float(nll), "kl_loss": float(costly), "elbo": elbo}
    assert logs == pytest.approx(expected | {"bits_per_dim": -elbo / (12 * math.log(2))}, rel=1e-5)


def test_numbers_of_a_code_below_their_free_bits_are_not_pushed_down():
    model = make(free_bits=0.5)
    divergences = tf.Variable([[0.1, 2.0], [0.3, 4.0]])
    with tf.GradientTape() as tape:
        cost = model._costly(divergences)
    assert float(cost) == pytest.approx(0.5 + 3.0)
    np.testing.assert_allclose(tape.gradient(cost, divergences), [[0.0, 0.5], [0.0, 0.5]])


def test_a_beta_that_rises_is_shown_and_used():
    model = make(beta=schedules.Linear(0.0, 1.0, 4))
    model.compile(run_eagerly=True)
    history = model.fit(images_of(8), batch_size=8, epochs=3, verbose=0).history
    assert history["model_beta" if "model_beta" in history else f"{model.name}_beta"] == pytest.approx([0.0, 0.25, 0.5])
    assert history["kl_loss"][0] == 0.0 < history["kl_loss"][2]
    again = keras_gan.VAE.from_config(model.get_config())
    assert (again.beta.end, repr(again.likelihood)) == (1.0, repr(model.likelihood))


@pytest.mark.parametrize(
    "likelihood, outputs",
    [
        (losses.Bernoulli(), ("images", "logits")),
        (losses.DiscretizedLogistic(), ("images", "log_scale")),
        (losses.Gaussian(), ("log_scale", "images")),
    ],
)
def test_every_likelihood_draws_the_output_images(likelihood, outputs):
    model = keras_gan.VAE(encoder(), decoder(outputs=outputs), likelihood=likelihood, seed=0)
    latents = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    np.testing.assert_allclose(model.generate(latents=latents), model.decoder(latents)["images"], atol=1e-6)
    assert np.isfinite(model.elbo(images_of(3))).all()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (lambda: (encoder(3), decoder()), r"encoder makes .*\(3,\), but the decoder takes"),
        (lambda: (encoder(names=("mean",)), decoder()), r"must return 'log_variance'. Received: outputs \['mean'\]"),
        (lambda: (encoder(taken=(4, 4, 1)), decoder()), r"decoder makes .*\(3, 4, 1\), but the encoder takes"),
        (lambda: (encoder(), decoder(outputs=("images", "logits"))), r"Gaussian needs .*'log_scale'.*learn_scale=True"),
        (lambda: (None, decoder()), r"The encoder must be a keras.Model. Received: encoder=None"),
    ],
)
def test_networks_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.VAE(*arguments())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"likelihood": losses.Gaussian(1.0)}, r"does not use the scale .*learn_scale=False.*'log_scale'"),
        ({"likelihood": losses.Bernoulli()}, r"Bernoulli needs a decoder that returns 'logits'"),
        ({"likelihood": "gaussian"}, r"`likelihood` must be one of `keras_gan.losses`.*likelihood='gaussian'"),
        ({"beta": -1.0}, r"`beta` must be a number in \[0.0, inf\).*beta=-1.0"),
        ({"free_bits": -1.0}, r"`free_bits` must be a number in \[0.0, inf\).*free_bits=-1.0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.VAE(encoder(), decoder(outputs=("images", "log_scale")), **options)


@pytest.mark.parametrize(
    "options", [{"num_samples": 0}, {"seed": -1}, {"batch_size": 0}, {"averaged": "yes"}, {"images": np.zeros((2, 4))}]
)
def test_bad_arguments_of_the_bound(options):
    ((name, _),) = options.items()
    with pytest.raises(ValueError, match=rf"(?i)`?{name}`? must .*Received: {name}"):
        make().elbo(**{"images": images_of(2)} | options)
