"""InfoGAN: the information against closed forms, the step against passes by hand, and codes on every road."""

import math

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import keras_gan
from keras_gan.callbacks.health._probe import HealthProbe
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.gans.info_gan import Posterior
from keras_gan.penalties import R1

TINY = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 2, "units": 8}


def make(tiny, **options):
    return tiny(keras_gan.InfoGAN).model(run_eagerly=True, **options)


def test_the_information_of_known_and_of_unknown_codes():
    chosen = [tf.constant([0, 1, 2, 2]), tf.constant([1, 0, 1, 0])]
    known = [100.0 * tf.one_hot(chosen[0], 3), tf.zeros((4, 2))]
    codes = tf.constant([[0.5], [-1.0], [0.0], [1.0]])
    categorical, continuous = Posterior(known, codes, tf.zeros((4, 1))).information(chosen, codes)
    assert float(categorical) == pytest.approx(math.log(3))
    assert float(continuous) == pytest.approx(math.log(2) - 0.5 * math.log(2 * math.pi))
    _, least = Posterior(known, codes, tf.fill((4, 1), math.log(0.1))).information(chosen, codes)
    assert float(least) == pytest.approx(2.0768, abs=1e-4)


def test_the_information_against_scipy(tiny):
    model, rng = make(tiny), np.random.default_rng(0)
    outputs = rng.normal(size=(6, 5)).astype("float32")
    codes = np.stack([np.arange(6) % 3, rng.uniform(-1, 1, 6)], axis=1).astype("float32")
    found = model.posterior(tf.constant(outputs)).information(*model.encoding.split(tf.constant(codes)))
    log_q = scipy.special.log_softmax(outputs[:, :3], axis=1)[np.arange(6), codes[:, 0].astype(int)]
    deviations = 0.1 + np.logaddexp(0.0, outputs[:, 4])
    densities = scipy.stats.norm.logpdf(codes[:, 1], outputs[:, 3], deviations)
    np.testing.assert_allclose(found, [math.log(3) + log_q.mean(), math.log(2) + densities.mean()], rtol=1e-5)


def test_the_step_trains_both_players_on_the_information(tiny, images):
    """Against separate passes with a tape for each player; the generator's information is not detached."""
    build = tiny(keras_gan.InfoGAN).networks
    model, twins = make(tiny, categorical_weight=2.0, continuous_weight=0.5), build(spectral=False, dropout=0.0)
    for twin, network in zip(twins, (model.generator, model.discriminator), strict=True):
        twin.set_weights(network.get_weights())
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True)
    noise = model.training_state.noise()
    codes = model.encoding.drawn(noise.uniform((8, 2)))
    latents = noise.normal((8, 4))
    logs = model.train_on_batch(images[:8], return_dict=True)

    (generator, discriminator), softplus = twins, tf.nn.softplus

    def losses():
        fake = discriminator(generator({"latents": latents, "codes": codes}))
        categorical, continuous = model.posterior(fake["codes"]).information(*model.encoding.split(codes))
        return fake["logits"], -(2.0 * categorical + 0.5 * continuous)

    with tf.GradientTape() as tape:
        logits, d_info = losses()
        real = discriminator(images[:8])["logits"]
        total = tf.reduce_mean(softplus(-real)) + tf.reduce_mean(softplus(logits)) + d_info
    descend(tape, total, discriminator)
    with tf.GradientTape() as tape:
        logits, g_info = losses()
        total = tf.reduce_mean(softplus(-logits)) + g_info
    descend(tape, total, generator)
    for twin, network in zip(twins, (model.generator, model.discriminator), strict=True):
        for expected, found in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)
    assert logs["d_info_loss"] == pytest.approx(float(d_info), rel=1e-5)
    assert logs["g_info_loss"] == pytest.approx(float(g_info), rel=1e-5)


def descend(tape, loss, network):
    weights = [weight.value for weight in network.trainable_weights]
    for weight, gradient in zip(network.trainable_weights, tape.gradient(loss, weights), strict=True):
        weight.assign_sub(0.1 * gradient)


def test_with_weights_of_0_the_information_trains_nothing(tiny, images):
    model = make(tiny, categorical_weight=0.0, continuous_weight=0.0)
    heads = [w for w in model.discriminator.trainable_weights if w.shape[-1] == 5]
    before = [head.numpy() for head in heads]
    model.train_on_batch(images[:8])
    assert len(heads) == 2
    for head, values in zip(heads, before, strict=True):
        np.testing.assert_array_equal(head, values)


def test_it_composes_with_penalties(images):
    networks = keras_gan.networks.info_gan(**TINY, discriminator_normalization=None)
    model = keras_gan.InfoGAN(*networks, penalties=[R1(1.0)], seed=0)
    model.compile(run_eagerly=True)
    logs = model.train_on_batch(images[:8], return_dict=True)
    assert set(logs) == {"d_loss", "g_loss", "d_info_loss", "g_info_loss", "r1"}
    assert logs["r1"] > 0
    rates = [float(model.players[name].optimizer.learning_rate) for name in ("generator", "discriminator")]
    assert rates == pytest.approx([1e-3, 2e-4])


def test_chosen_codes_are_those_that_it_generates_of(tiny):
    model = make(tiny)
    free, inputs = model.generate(4, seed=0), model.sampling_inputs(4, seed=0)
    np.testing.assert_array_equal(model.generate(4, codes=inputs["codes"], seed=0), free)
    same = model.generate(4, codes=[2, 0.5], seed=0)
    np.testing.assert_array_equal(model.generate(codes=[[2, 0.5]] * 4, latents=inputs["latents"]), same)
    assert np.abs(model.generate(4, codes=[1, 0.5], seed=0) - same).max() > 1e-3
    assert np.abs(model.generate(4, codes=[2, -0.5], seed=0) - same).max() > 1e-3


@pytest.mark.parametrize(
    "codes, message",
    [
        ([3, 0.0], r"a category from 0 to 2, then 1 finite number. Received: 3 for a category from 0 to 2"),
        ([0.5, 0.0], r"Received: 0.5 for a category"),
        ([-1, 0.0], r"Received: -1 for a category"),
        ([0, np.nan], r"must be finite numbers"),
        ([0, 0, 1, 0.0], r"one row of 2 for all samples, or a row for each of the 4.*shape \(4, 4\)"),
        ([[0, 0.0]] * 3, r"Received: codes of shape \(3, 2\)"),
        (1, r"Received: codes of shape \(\)"),
        ("red", r"Received: codes of shape \(\) and type <U3"),
        ([[0, 0.0], [0]], r"Received: codes=\[\[0, 0.0\], \[0\]\]"),
    ],
)
def test_codes_that_it_cannot_generate_of(tiny, codes, message):
    with pytest.raises(ValueError, match=message):
        make(tiny).generate(4, codes=codes)


def test_inferred_codes_can_be_generated_of(tiny, images):
    model = make(tiny)
    found, outputs = model.infer_codes(images, batch_size=7), model.discriminator(images)["codes"].numpy()
    np.testing.assert_array_equal(found.codes[:, 0], outputs[:, :3].argmax(axis=1))
    np.testing.assert_allclose(found.codes[:, 1], outputs[:, 3], atol=1e-5)
    np.testing.assert_allclose(found.probabilities[0], scipy.special.softmax(outputs[:, :3], axis=1), atol=1e-5)
    np.testing.assert_allclose(found.deviations[:, 0], 0.1 + np.logaddexp(0, outputs[:, 4]), atol=1e-5)
    assert model.generate(48, codes=found.codes, seed=0).shape == images.shape
    with pytest.raises(ValueError, match=r"Images must have the shape"):
        model.infer_codes(images[:, :4])


def test_a_fixed_deviation_is_1(images):
    model = keras_gan.InfoGAN(*keras_gan.networks.info_gan(**TINY), seed=0)
    assert (model.infer_codes(images).deviations == 1.0).all()


def test_pictures_have_a_row_for_each_category_with_the_same_noise(tiny):
    model = make(tiny)
    shown, columns = model.snapshot(11, seed=0)
    assert (len(shown), columns) == (9, 3)
    inputs = model.sampling_inputs(3, seed=0)
    codes = inputs["codes"].numpy()
    codes[:, 0] = 1
    np.testing.assert_allclose(shown[3:6], model.generate(codes=codes, latents=inputs["latents"]), atol=1e-6)
    chosen = np.array([[0, -1.0], [0, 1.0]])
    np.testing.assert_array_equal(model.snapshot(8, seed=0, inputs=chosen)[0], model.generate(2, codes=chosen, seed=0))


def test_without_categories_the_rows_show_the_first_number():
    networks = keras_gan.networks.info_gan(**TINY, categories=())
    shown, columns = keras_gan.InfoGAN(*networks, seed=0).snapshot(20, seed=0)
    assert (len(shown), columns) == (20, 2)


def test_networks_without_codes_or_with_others(networks):
    generator, discriminator = keras_gan.networks.info_gan(**TINY)
    plain = networks()
    with pytest.raises(ValueError, match=r"two inputs, 'latents' and 'codes'. `networks.info_gan` builds one"):
        keras_gan.InfoGAN(plain[0], discriminator)
    with pytest.raises(ValueError, match=r"'codes' of shape \(batch, 12\) or \(batch, 14\).*Received: outputs"):
        keras_gan.InfoGAN(generator, plain[1])
    with pytest.raises(ValueError, match=r"one of these names: latents, labels.*inputs named \['latents', 'codes'\]"):
        keras_gan.LSGAN(generator, discriminator)
    _, classifier = keras_gan.networks.acgan(image_shape=(8, 8, 1), width=2)
    with pytest.raises(ValueError, match=r"takes no labels: use `ACGAN`"):
        keras_gan.InfoGAN(generator, classifier)


def test_a_generator_that_does_not_say_what_its_codes_are():
    latents, codes = keras.Input((4,), name="latents"), keras.Input((3,), name="codes")
    both = keras.layers.Concatenate()([latents, codes])
    generator = keras.Model([latents, codes], keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64)(both)))
    _, discriminator = keras_gan.networks.info_gan(**TINY)
    with pytest.raises(ValueError, match=r"pass through one `keras_gan.layers.CodeEncoding`.*with 0 of these layers"):
        keras_gan.InfoGAN(generator, discriminator)


def test_weights_out_of_range(tiny):
    with pytest.raises(ValueError, match=r"`categorical_weight` must be a number in \[0.0, inf\)"):
        make(tiny, categorical_weight=-1.0)
    with pytest.raises(ValueError, match=r"`continuous_weight` must be a number"):
        make(tiny, continuous_weight="1")


def test_its_health_is_watched_without_a_trace(tiny, images):
    model = make(tiny)
    before = model.fingerprint()
    found, sick = HealthProbe(model, RealImages(images, 12), 4)(0, 0)
    assert np.isfinite(found.ranked_pairs)
    assert not sick
    assert model.fingerprint() == before
