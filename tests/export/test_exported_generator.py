"""An export in the place of the GAN that it was."""

import weakref

import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.export import ExportedGenerator


@pytest.fixture(scope="module")
def gan():
    networks = keras_gan.networks.mlp(image_shape=(4, 6, 1), latent_dim=5, width=8, generator_normalization=None)
    return keras_gan.NonSaturatingGAN(*networks, ema_half_life=100)


@pytest.fixture(scope="module")
def exported(gan, tmp_path_factory):
    return keras_gan.export.save(gan, tmp_path_factory.mktemp("models"))


def test_samples_are_those_of_the_gan(gan, exported):
    generator = ExportedGenerator(exported)
    assert (generator.latent_shape, generator.sample_shape) == ((5,), (4, 6, 1))
    np.testing.assert_array_equal(generator.generate(9, seed=3, batch_size=4), gan.generate(9, seed=3, batch_size=4))
    latents = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    np.testing.assert_array_equal(generator.generate(latents=latents), gan.generate(latents=latents))
    assert not np.array_equal(generator.generate(2), generator.generate(2))


def test_the_newest_version_is_meant(gan, tmp_path):
    for version in (2, 10):
        keras_gan.export.save(gan, tmp_path, version=version, signatures=["serving_default"])
    assert ExportedGenerator(tmp_path).path == tmp_path / "10"


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no SavedModel.*Received: directory="):
        ExportedGenerator(tmp_path)


def test_a_folder_that_is_not_local_is_refused():
    with pytest.raises(ValueError, match=r"writes to local folders and reads from them.* Received: directory='gs://"):
        ExportedGenerator("gs://bucket/models")


def test_a_model_of_something_else_is_refused(tmp_path):
    module = tf.Module()
    module.double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec((None, 3))])
    tf.saved_model.save(module, tmp_path, signatures=module.double)
    with pytest.raises(ValueError, match=r"maps latents to images.*Received: .* and outputs"):
        ExportedGenerator(tmp_path)


def test_the_number_is_said_once(exported):
    with pytest.raises(
        ValueError,
        match=r"Give the number of samples, as `num_images`, or their latents. Received: num_images=None, latents",
    ):
        ExportedGenerator(exported).generate()
    with pytest.raises(ValueError, match=r"or their latents, not both. Received: num_images=2, latents=given"):
        ExportedGenerator(exported).generate(2, latents=np.zeros((2, 5), "float32"))


def test_samples_are_copied_into_one_array_as_they_come(exported, monkeypatch):
    run, pieces = ExportedGenerator._run, []

    def watched(generator, batch):
        # At most the one that the copy still holds: a list of all of them would take twice the memory.
        assert sum(piece() is not None for piece in pieces) <= 1
        made = np.array(run(generator, batch))
        pieces.append(weakref.ref(made))
        return made

    expected = ExportedGenerator(exported).generate(7, seed=3, batch_size=2)
    monkeypatch.setattr(ExportedGenerator, "_run", watched)
    np.testing.assert_array_equal(ExportedGenerator(exported).generate(7, seed=3, batch_size=2), expected)
    assert len(pieces) == 4
