"""Models with labels, with augmentation, and with other players than a generator and a discriminator."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint, TrainingDiverged, TrainingHealth
from keras_gan.callbacks.health._probe import FinitenessProbe, HealthProbe
from keras_gan.callbacks.health._statistics import RealImages

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
        places = [int(np.flatnonzero((image == IMAGES).all(axis=(1, 2, 3)))[0]) for image in real.array]
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


@pytest.mark.parametrize("make", [_cyclegan, _vaegan])
def test_models_of_other_players_have_no_use_for_images(make):
    model = make()
    model.compile()
    health = TrainingHealth(np.zeros((4, *model.data_spec[next(iter(model.data_spec))].shape), "float32"))
    health.set_model(model)
    with pytest.raises(ValueError, match=rf"leave `images` out.*Received: model={type(model).__name__} with `images`"):
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
