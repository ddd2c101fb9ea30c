"""Models with labels, with augmentation, and with other players than a generator and a discriminator."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint, TrainingDiverged, TrainingHealth
from keras_gan.callbacks.health._illnesses import VitalSigns
from keras_gan.callbacks.health._probe import FinitenessProbe, HealthProbe, images_in_a_pass
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.training.training_state import StepNoise

IMAGES = np.random.default_rng(0).uniform(-0.9, 0.9, (12, 4, 4, 1)).astype("float32")
LABELS = np.arange(12) % 3


@pytest.fixture(scope="module")
def class_gan():
    """A GAN whose samples are their class: G(z, c) = c / 4 and D(x, c) = 2 mean(x) + c - 1."""
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    shade = keras.layers.Embedding(3, 16)
    made = keras.layers.Reshape((4, 4, 1))(shade(labels) + keras.layers.Dense(16, kernel_initializer="zeros")(latents))
    generator = keras.Model([latents, labels], made)
    shade.embeddings.assign(np.repeat([[0.0], [0.25], [0.5]], 16, axis=1))
    images, labels = keras.Input((4, 4, 1), name="images"), keras.Input((), dtype="int32", name="labels")
    mean = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2 / 16))(keras.layers.Flatten()(images))
    bias = keras.layers.Embedding(3, 1)
    discriminator = keras.Model([images, labels], mean + bias(labels))
    bias.embeddings.assign([[-1.0], [0.0], [1.0]])
    gan = keras_gan.NonSaturatingGAN(generator, discriminator, seed=0)
    gan.compile(run_eagerly=True)
    return gan


def _cyclegan():
    translators = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3, padding="same")]) for _ in "ab"]
    critics = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)]) for _ in "ab"]
    return keras_gan.CycleGAN(*translators, *critics, pool_size=2, seed=0)


def _vaegan():
    return keras_gan.VAEGAN(*keras_gan.networks.vae_gan(image_shape=(16, 16, 1), latent_dim=2, width=2), seed=0)


def test_the_fakes_have_the_classes_of_the_real_images(class_gan):
    signs, sick = HealthProbe(class_gan, RealImages((IMAGES, LABELS), 12), 12)(0, 0)
    assert sick == []
    real = 2 * IMAGES.mean(axis=(1, 2, 3)) + LABELS - 1
    fake = 2 * LABELS / 4 + LABELS - 1
    assert signs.real_accuracy == pytest.approx(np.mean(real > 0))
    assert signs.fake_accuracy == pytest.approx(np.mean(fake < 0))
    assert signs.ranked_pairs == pytest.approx(
        np.mean(real[:, None] > fake[None]) + 0.5 * np.mean(real[:, None] == fake)
    )


def test_labels_come_with_the_images_however_these_are_given():
    batches = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(5)
    named = tf.data.Dataset.from_tensor_slices({"images": IMAGES, "labels": LABELS}).batch(5)
    for images in ((IMAGES, LABELS), {"images": IMAGES, "labels": LABELS}, batches, named):
        real = RealImages(images, 12)
        places = [int(np.flatnonzero((image == IMAGES).all(axis=(1, 2, 3)))[0]) for image in real.fields["images"]]
        assert sorted(places) == list(range(12))
        np.testing.assert_array_equal(real.labels, LABELS[places])
        np.testing.assert_array_equal(real.batch(1, 8)["labels"], real.labels[[8, 9, 10, 11, 0, 1, 2, 3]])
    assert sorted(RealImages((IMAGES, LABELS), 4).labels) == sorted(LABELS[[0, 3, 7, 11]])
    assert RealImages(IMAGES, 12).labels is None


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES, "This GAN takes labels: .*Received: images without labels"),
        ((IMAGES, LABELS[:5]), "This GAN takes labels"),
        ((IMAGES, LABELS / 2.0), "This GAN takes labels"),
        ((IMAGES, LABELS + 1), "knows 3 classes.*Received: labels from 1 to 3"),
    ],
)
def test_labels_must_be_the_model_s(class_gan, images, message):
    with pytest.raises(ValueError, match=message):
        class_gan.fit(IMAGES, LABELS, batch_size=4, verbose=0, callbacks=[TrainingHealth(images)])


@pytest.mark.long
def test_an_acgan_is_watched_while_it_trains():
    networks = keras_gan.networks.acgan(image_shape=(4, 4, 1), num_classes=3, latent_dim=4, width=2)
    gan = keras_gan.ACGAN(*networks, augmentation=keras_gan.augmentation.InstanceNoise(0.1), seed=0)
    gan.compile(run_eagerly=True)
    before = gan.fingerprint()
    HealthProbe(gan, RealImages((IMAGES, LABELS), 12), 4)(0, 0)
    assert gan.fingerprint() == before
    logs = gan.fit(IMAGES, LABELS, batch_size=4, verbose=0, callbacks=[TrainingHealth((IMAGES, LABELS), every=2)])
    assert np.isfinite(logs.history["health/d_gradient_norm"]).all()


def test_the_discriminator_sees_what_it_sees_in_training():
    """Under noise so strong that it cannot tell anything, a discriminator that knew all knows nothing."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    judge = keras.layers.Dense(1, kernel_initializer="ones")
    share = {}
    for level in (0.0, 1e4):
        gan = keras_gan.NonSaturatingGAN(
            generator,
            keras.Sequential([keras.Input((1,)), judge]),
            augmentation=keras_gan.augmentation.InstanceNoise(level) if level else [],
            seed=0,
        )
        gan.compile(run_eagerly=True)
        share[level] = HealthProbe(gan, RealImages(np.full((64, 1), 0.5, "float32"), 64), 64)(0, 0)[0].ranked_pairs
    assert share[0.0] == 1.0
    assert 0.25 < share[1e4] < 0.75


def _vae():
    return keras_gan.VAE(*keras_gan.networks.vae(image_shape=(8, 8, 1), latent_dim=2, width=2, units=4), seed=0)


def test_a_model_without_critics_of_samples_has_no_use_for_images():
    model = _vae()
    model.compile()
    health = TrainingHealth(np.zeros((4, *model.data_spec["images"].shape), "float32"))
    health.set_model(model)
    with pytest.raises(ValueError, match=r"leave `images` out.*Received: model=VAE with `images`"):
        health.on_train_begin()


@pytest.mark.long
def test_the_record_of_a_model_without_critics_has_each_look_for_nan(tmp_path):
    model = _vae()
    model.compile(run_eagerly=True)
    images = np.zeros((8, 8, 8, 1), "float32")
    model.fit(images, batch_size=4, verbose=0, callbacks=[TrainingHealth(every=2, directory=tmp_path)])
    nothing = {"illnesses": [], "warnings": []}
    assert json.loads((tmp_path / "health.json").read_text()) == [{"step": step, **nothing} for step in range(3)]


def test_the_drawn_images_of_a_vaegan_are_judged():
    """Dec(z) = 0.3 + z / 10 and D(x) = 4 mean(x) - 1, with the features x."""
    images, latents = keras.Input((4, 4, 1)), keras.Input((1,))
    codes = {name: keras.layers.Dense(1)(keras.layers.Flatten()(images)) for name in ("mean", "log_variance")}
    paint = keras.layers.Dense(16)
    made = keras.layers.Reshape((4, 4, 1))(paint(latents))
    paint.set_weights([np.full((1, 16), 0.1), np.full(16, 0.3)])
    judge = keras.layers.Dense(1)
    logits = judge(keras.layers.Flatten()(images))
    judge.set_weights([np.full((16, 1), 4 / 16), np.full(1, -1.0)])
    verdict = keras.Model(images, {"logits": logits, "features": keras.layers.Flatten()(images)})
    model = keras_gan.VAEGAN(keras.Model(images, codes), keras.Model(latents, made), verdict, seed=0)
    model.compile(run_eagerly=True)
    before = model.fingerprint()
    signs, sick = HealthProbe(model, RealImages(IMAGES, 12), 12)(0, 0)
    assert (sick, model.fingerprint()) == ([], before)
    # The noise of a probe at step 0.
    prior = StepNoise(tf.constant(-1, tf.int64), tf.constant(0, tf.int64)).normal((12, 1)).numpy()[:, 0]
    real, fake = 4 * IMAGES.mean(axis=(1, 2, 3)) - 1, 4 * (0.3 + prior / 10) - 1
    assert signs.real_accuracy == pytest.approx(np.mean(real > 0))
    assert signs.fake_accuracy == pytest.approx(np.mean(fake < 0))
    assert signs.ranked_pairs == pytest.approx(np.mean(real[:, None] > fake))
    # Of E[s(-D(Dec(z)))]: each of the 16 pixels has its slope of the code, and its own bias.
    slope = -0.25 / (1 + np.exp(fake))
    assert signs.g_gradient_norm == pytest.approx(4 * np.hypot(np.mean(slope * prior), np.mean(slope)), rel=1e-4)


@pytest.mark.long
def test_a_bigan_is_judged_by_images_with_their_codes():
    networks = keras_gan.networks.bigan(image_shape=(8, 8, 1), latent_dim=2, width=2)
    model = keras_gan.BiGAN(*networks, seed=0)
    model.compile(run_eagerly=True)
    images = np.random.default_rng(0).uniform(-0.9, 0.9, (12, 8, 8, 1)).astype("float32")
    before = model.fingerprint()
    signs, sick = HealthProbe(model, RealImages(images, 12), 6)(0, 0)
    assert (sick, model.fingerprint()) == ([], before)
    assert 0 < signs.g_gradient_norm < np.inf
    assert 0 <= signs.ranked_pairs <= 1


@pytest.fixture
def scaling_cyclegan():
    """G(x) = 2 x, F(y) = y / 2, and D the mean of an image, times 3 for those of the target."""
    translators = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1)]) for _ in "GF"]
    for translator, factor in zip(translators, (2.0, 0.5), strict=True):
        translator.set_weights([np.full((1, 1, 1, 1), factor), np.zeros(1)])
    critics = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 4)]) for _ in "XY"]
    for critic, factor in zip(critics, (1.0, 3.0), strict=True):
        critic.set_weights([np.full((4, 4, 1, 1), factor / 16), np.zeros(1)])
    model = keras_gan.CycleGAN(*translators, *critics, pool_size=2, seed=0)
    model.compile(run_eagerly=True)
    return model


def test_the_signs_of_both_games_of_a_cyclegan(scaling_cyclegan):
    x, y = 0.3 * IMAGES, 0.8 * IMAGES[::-1]
    before = scaling_cyclegan.fingerprint()
    real = RealImages({"source": x, "target": y}, 12)
    signs = {name: HealthProbe(scaling_cyclegan, real, 12, name)(0, 0) for name in scaling_cyclegan.games}
    assert scaling_cyclegan.fingerprint() == before
    for name, right, wrong, slope in (("source", x, y / 2, 1.0), ("target", y, 2 * x, 3.0)):
        found, sick = signs[name]
        assert sick == []
        truth, fooled = (slope * each.mean(axis=(1, 2, 3)) for each in (right, wrong))
        assert found.real_accuracy == pytest.approx(np.mean(truth > 0.5))
        assert found.fake_accuracy == pytest.approx(np.mean(fooled < 0.5))
        assert found.ranked_pairs == pytest.approx(np.mean(truth[:, None] > fooled))
        assert found.logit_range == pytest.approx(np.ptp([*truth, *fooled]), rel=1e-4)
        # Of the squares 1/2 E[(D(x) - 1)^2] + 1/2 E[D(G)^2], in the kernel and in the bias of the discriminator.
        pull, push = (truth - 1)[:, None, None, None] * right, fooled[:, None, None, None] * wrong
        kernel, bias = np.mean(pull + push, axis=0), np.mean(truth - 1 + fooled)
        assert found.d_gradient_norm == pytest.approx(np.sqrt(np.sum(kernel**2) + bias**2), rel=1e-4)
        # Of E[(D(G) - 1)^2], in the factor and in the bias of the translator.
        source = wrong / 2 if name == "target" else wrong * 2
        steepness = 2 * slope * (fooled - 1)
        norm = np.hypot(np.mean(steepness * source.mean(axis=(1, 2, 3))), np.mean(steepness))
        assert found.g_gradient_norm == pytest.approx(norm, rel=1e-4)
        assert found.diversity == pytest.approx({"source": 0.4 / 0.3, "target": 0.6 / 0.8}[name], rel=1e-4)
        # A mean over 16 pixels has a kernel of 16 equal weights.
        assert found.d_spectral_norm == pytest.approx(slope / 4, rel=1e-4)
        assert found.g_spectral_norm == pytest.approx({"source": 0.5, "target": 2.0}[name], rel=1e-4)


@pytest.mark.long
def test_a_cyclegan_is_watched_while_it_trains_and_its_record_names_each_game(tmp_path):
    model = _cyclegan()
    model.compile(run_eagerly=True)
    data = {"source": IMAGES, "target": -IMAGES}
    health = TrainingHealth(tf.data.Dataset.from_tensor_slices(data).batch(6), every=2, directory=tmp_path)
    logs = model.fit(data, batch_size=4, epochs=2, verbose=0, callbacks=[health]).history
    names = {f"{game}_{sign}" for game in ("source", "target") for sign in VitalSigns._fields}
    assert {name for name in logs if name.startswith("health/")} == {f"health/{name}" for name in names}
    assert np.isfinite([logs[f"health/{name}"] for name in names]).all()
    probes = json.loads((tmp_path / "health.json").read_text())
    assert all(names <= set(probe) for probe in probes)
    again = TrainingHealth(data, every=2)
    again.set_model(model)
    again.set_state(json.loads(json.dumps(health.get_state())))
    assert again.get_state() == health.get_state()
    assert list(again._history) == list(health._history)


@pytest.mark.parametrize("batch_size, expected", [(1, 4), (6, 6), (500, 256)])
def test_a_probe_of_a_translator_compares_some_images_even_if_it_trains_on_one(batch_size, expected):
    model = _cyclegan()
    model.compile()
    model.images_per_step = batch_size
    assert images_in_a_pass(model, 256) == expected


def test_a_stargan_is_watched_with_labels_of_both_kinds():
    for kind, labels in (("domains", LABELS), ("attributes", np.eye(3, dtype="int32")[LABELS])):
        images, domain = keras.Input((4, 4, 1), name="images"), keras.Input((3,), name="labels")
        shade = keras.layers.Reshape((1, 1, 1))(keras.layers.Dense(1, use_bias=False)(domain))
        generator = keras.Model({"images": images, "labels": domain}, keras.layers.Add()([images, shade]))
        flat = keras.layers.Flatten()(images)
        outputs = {"logits": keras.layers.Conv2D(1, 3)(images), "classes": keras.layers.Dense(3)(flat)}
        model = keras_gan.StarGAN(generator, keras.Model(images, outputs), labels=kind, seed=0)
        model.compile(run_eagerly=True)
        found, sick = HealthProbe(model, RealImages((IMAGES, labels), 12), 12)(0, 0)
        assert sick == []
        # The images are moved by a shade for each domain: the same shade for all would leave the distances.
        generator.set_weights([np.full((3, 1), 0.1)])
        if kind == "domains":
            found, _ = HealthProbe(model, RealImages((IMAGES, labels), 12), 12)(0, 0)
            assert found.diversity == pytest.approx(1.0, rel=1e-4)
        assert found.real_accuracy is None  # The Wasserstein loss has no boundary.


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES, r"trained on source and target: give TrainingHealth a dict of them.*Received: images without source"),
        ({"source": IMAGES}, r"Received: source without target"),
        ({"source": IMAGES, "target": IMAGES[:, :2]}, r"samples, \(4, 4, 1\).*Received: target of shape \(2, 4, 1\)"),
    ],
)
def test_a_translator_needs_images_of_all_its_kinds(images, message):
    model = _cyclegan()
    model.compile()
    health = TrainingHealth(images)
    health.set_model(model)
    with pytest.raises(ValueError, match=message):
        health.on_train_begin()


@pytest.mark.parametrize("make", [_cyclegan, _vaegan])
def test_nan_in_any_variable_is_found(make):
    model = make()
    model.compile(run_eagerly=True)
    probe = FinitenessProbe(model)
    assert probe(0, 0) == (None, [])
    name, network = list(next(iter(model.players.values())).networks.items())[-1]
    network.weights[0].assign(np.full(network.weights[0].shape, np.inf))
    assert [found.split(" ")[0] for found in probe(0, 0)[1]] == [f"{name}[0]"]


@pytest.mark.long
def test_a_cyclegan_returns_to_its_checkpoint(meddle, spoil, tmp_path):
    model = _cyclegan()
    model.compile(run_eagerly=True)
    data = {"source": IMAGES, "target": -IMAGES}
    checkpoint = Checkpoint(tmp_path, every=2, unit="step")
    health = TrainingHealth(every=1, checkpoint=checkpoint, rollbacks=1)
    spoiled = meddle(4, lambda model: spoil(model.target_to_source), times=1)
    with pytest.warns(UserWarning, match=r"not finite; training returns to .*rollback 1 of 1"):
        logs = model.fit(data, batch_size=4, epochs=2, verbose=0, callbacks=[spoiled, health, checkpoint])
    assert int(model.training_state.step) == 6
    assert not any(name.startswith("health/") for name in logs.history)
    with pytest.raises(TrainingDiverged, match=r"target_to_source\[\d\] .*The last good checkpoint is"):
        model.fit(
            data,
            batch_size=4,
            initial_epoch=2,
            epochs=3,
            verbose=0,
            callbacks=[
                meddle(8, lambda model: spoil(model.target_to_source)),
                TrainingHealth(every=1, checkpoint=checkpoint),
                checkpoint,
            ],
        )
