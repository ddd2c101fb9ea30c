"""Pix2Pix: the step against the textbook written out, its discriminator of pairs, its noise, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses, networks
from keras_gan.augmentation import AdaptiveAugment, DiffAugment
from keras_gan.penalties import R1, PathLength

SOURCE, TARGET = (4, 4, 1), (4, 4, 2)


def translator(taken=SOURCE, made=TARGET):
    return keras.Sequential([keras.Input(taken), keras.layers.Conv2D(made[-1], 3, padding="same", activation="tanh")])


def judge(source=SOURCE, target=TARGET):
    """A discriminator of one layer, of pairs; of targets alone without a source."""
    images = x = keras.Input(target, name="images")
    inputs = images
    if source is not None:
        inputs = {"images": images, "source": keras.Input(source, name="source")}
        x = keras.layers.Concatenate()([inputs["source"], images])
    return keras.Model(inputs, keras.layers.Conv2D(1, 3)(x))


def pairs(count, sides=(4, 4)):
    rng = np.random.default_rng(1)
    shapes = {"source": (count, *sides, SOURCE[-1]), "target": (count, *sides, TARGET[-1])}
    return {name: rng.uniform(-1, 1, shape).astype("float32") for name, shape in shapes.items()}


def make(discriminator=None, **options):
    keras.utils.set_random_seed(0)
    return keras_gan.Pix2Pix(translator(), discriminator or judge(), **{"seed": 3} | options)


def sgd():
    return keras.optimizers.SGD(0.5)


def compiled(model, **options):
    model.compile(generator_optimizer=sgd(), discriminator_optimizer=sgd(), run_eagerly=True, **options)
    return model


def cloned(model):
    return [keras.models.clone_model(network) for network in (model.generator, model.discriminator)]


def descend(value, tape, network):
    weights = network.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(value, [w.value for w in weights]), strict=True):
        weight.assign_sub(0.5 * gradient)


@pytest.mark.parametrize("source", [SOURCE, None], ids=["conditional", "unconditional"])
def test_the_step_is_the_textbook_algorithm(source):
    model = compiled(make(judge(source), l1_weight=7.0))
    g, d = cloned(model)
    g.set_weights(model.generator.get_weights())
    d.set_weights(model.discriminator.get_weights())
    batch = pairs(4)
    logs = model.train_on_batch(batch, return_dict=True)
    x, y = tf.constant(batch["source"]), tf.constant(batch["target"])

    def judged(images):
        return d({"images": images, "source": x} if source else images)

    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(g(x))
        d_loss = 0.5 * tf.reduce_mean(tf.nn.softplus(-judged(y)))
        d_loss += 0.5 * tf.reduce_mean(tf.nn.softplus(judged(fake)))
    descend(d_loss, tape, d)
    with tf.GradientTape() as tape:
        fake = g(x)
        g_loss, l1_loss = tf.reduce_mean(tf.nn.softplus(-judged(fake))), 7.0 * tf.reduce_mean(tf.abs(y - fake))
        total = g_loss + l1_loss
    descend(total, tape, g)
    for twin, network in zip((g, d), (model.generator, model.discriminator), strict=True):
        for expected, found in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)
    expected = {"g_loss": g_loss, "l1_loss": l1_loss, "d_loss": d_loss}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


@pytest.mark.parametrize("loss", [losses.Relativistic(), losses.LeastSquares(), losses.Hinge()], ids=repr)
def test_any_adversarial_loss(loss):
    model = compiled(make(adversarial_loss=loss))
    batch = {name: tf.constant(values) for name, values in pairs(3).items()}
    found = model.test_on_batch(batch, return_dict=True)
    real = model.discriminator({"images": batch["target"], "source": batch["source"]})
    made = model.generator(batch["source"])
    fake = model.discriminator({"images": made, "source": batch["source"]})
    assert found["d_loss"] == pytest.approx(0.5 * float(loss.discriminator_loss(real, fake)), rel=1e-5)
    assert found["g_loss"] == pytest.approx(float(loss.generator_loss(real, fake)), rel=1e-5)


def test_each_network_passes_once_where_it_can():
    """G once, D on real and fake before its update, and on the fake after it."""
    model = compiled(make())
    calls = []
    for name in ("generator", "discriminator"):
        network = getattr(model, name)
        call = network.call
        network.call = lambda *args, call=call, name=name, **kwargs: calls.append(name) or call(*args, **kwargs)
    model.train_on_batch(pairs(2))
    assert calls == ["generator", "discriminator", "discriminator", "discriminator"]


def test_the_gan_alone_and_the_distance_alone_are_settings():
    batch = pairs(4)
    alone, without = compiled(make(), loss_weights={"g_loss": 0.0}), compiled(make(l1_weight=0.0))
    x, y = tf.constant(batch["source"]), tf.constant(batch["target"])
    twin, _ = cloned(alone)
    twin.set_weights(alone.generator.get_weights())
    with tf.GradientTape() as tape:
        value = 100.0 * tf.reduce_mean(tf.abs(y - twin(x)))
    descend(value, tape, twin)
    alone.train_on_batch(batch)
    for found, expected in zip(alone.generator.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert without.train_on_batch(batch, return_dict=True)["l1_loss"] == 0.0


def test_a_penalty_and_an_augmentation_of_pairs():
    model = compiled(make(penalties=[R1(1.0)], augmentation=DiffAugment(["translation"])))
    logs = model.train_on_batch(pairs(4), return_dict=True)
    # D is linear: the mean map has the gradient of its kernel, whatever the pair is moved by.
    assert 0 < logs["r1"] < np.inf
    again = keras_gan.Pix2Pix.from_config(model.get_config())
    assert repr(again.critic.augmentations) == repr(model.critic.augmentations)
    assert repr(again.penalties) == repr(model.penalties) == "(R1(weight=1.0),)"


@pytest.mark.long
def test_translate_the_noise_of_a_unet_and_the_export_agree(tmp_path):
    generator = networks.unet(image_shape=(8, 8, 1), target_channels=2, width=2, depth=2, noise=True)
    model = keras_gan.Pix2Pix(generator, judge((8, 8, 1), (8, 8, 2)), seed=0)
    images = pairs(3, (8, 8))["source"]
    found = model.translate(images)
    np.testing.assert_array_equal(model.translate(images), found)
    folder = keras_gan.export.save(model, tmp_path, signatures=["serving_default"])
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (made,) = served(images=tf.constant(images)).values()
    np.testing.assert_allclose(made, found, atol=1e-6)


def test_networks_of_any_size_train_on_one_size_and_translate_others():
    keras.utils.set_random_seed(0)
    generator = networks.unet(image_shape=(None, None, 1), target_channels=2, width=2, depth=2)
    discriminator = networks.patch_discriminator(image_shape=(None, None, 2), source_channels=1, width=2, layers=1)
    model = compiled(keras_gan.Pix2Pix(generator, discriminator, seed=0))
    logs = model.train_on_batch(pairs(2, (8, 12)), return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert model.translate(pairs(2, (12, 20))["source"]).shape == (2, 12, 20, 2)
    # The mirror image continues what the network cannot halve twice.
    odd = pairs(2, (10, 19))["source"]
    continued = np.pad(odd, [(0, 0), (0, 2), (0, 1), (0, 0)], mode="symmetric")
    np.testing.assert_array_equal(model.translate(odd), model.translate(continued)[:, :10, :19])
    with pytest.raises(ValueError, match=r"(?s)multiples of 4 .* work: 8 x 8 or 12 x 8. Received: height=10, width=8"):
        model.train_on_batch(pairs(2, (10, 8)))


def test_pairs_of_different_sizes_are_refused():
    generator = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 1)])
    model = compiled(keras_gan.Pix2Pix(generator, judge(None, (None, None, 2)), seed=0))
    with pytest.raises(ValueError, match=r"pair must have the same height and width: crop.*targets of shape \(2, 8, 8"):
        model.train_on_batch({"source": pairs(2)["source"], "target": pairs(2, (8, 8))["target"]})


def test_images_without_pairs_are_refused():
    unpaired = keras_gan.data.load_unpaired(*(np.zeros((count, 8, 8, 1), "uint8") for count in (4, 6)), batch_size=2)
    with pytest.raises(ValueError, match="A Pix2Pix learns from pairs, and these are two kinds of images"):
        make().fit(unpaired, steps_per_epoch=1, verbose=0)


def test_pictures_show_source_translation_and_target():
    model, batch = make(), pairs(3)
    images, columns = model.snapshot(9, seed=0, inputs=batch)
    assert (len(images), columns % 3) == (9, 0)
    np.testing.assert_allclose(images[0], np.repeat(batch["source"][0], images.shape[-1], axis=-1), atol=1e-6)


def test_its_game_is_that_of_pairs():
    model, batch = make(), {name: tf.constant(values) for name, values in pairs(3).items()}
    ((game, (real, fake)),) = zip(model.games.values(), model.play(batch, None).values(), strict=True)
    assert (game.critic, game.network, game.field) == (model.critic, model.generator, "target")
    for pair, images in ((real, batch["target"]), (fake, model.generator(batch["source"]))):
        np.testing.assert_array_equal(pair["source"], batch["source"])
        np.testing.assert_allclose(pair["images"], images, atol=1e-6)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: keras_gan.Pix2Pix(translator(), judge(target=SOURCE)), r"makes samples of shape \(4, 4, 2\), but the"),
        (
            lambda: keras_gan.Pix2Pix(translator(), judge(source=(4, 4, 3))),
            r"generator has source images of shape \(4, 4, 1\), but the discriminator takes source images of shape",
        ),
        (lambda: keras_gan.Pix2Pix(None, judge()), "The generator must be a keras.Model"),
        (lambda: keras_gan.Pix2Pix(translator(), translator()), "must return one logit for each sample"),
        (lambda: make(l1_weight=-1), r"`l1_weight` must be a number in \[0.0, inf\)"),
        (lambda: make(adversarial_loss="bce"), "`adversarial_loss` must be one of `keras_gan.losses`"),
        (lambda: make(augmentation="flip"), "`augmentation` must be one of `keras_gan.augmentation`"),
        (
            lambda: make(augmentation=AdaptiveAugment(), adversarial_loss=losses.LeastSquares()),
            "adapts to the sign of the logits",
        ),
        (lambda: make(penalties=[PathLength(1.0)]), "belongs to the player 'generator', and the players are discr"),
        (lambda: make(networks.multiscale_discriminator(image_shape=(4, 4, 2), width=1)), "train `Pix2PixHD`"),
    ],
)
def test_what_does_not_fit(build, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        build()
