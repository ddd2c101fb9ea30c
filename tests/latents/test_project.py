"""Projection of images to latents and styles."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.latents import Projection, StyleSpace, project


def test_the_latents_of_linear_images_are_found(plain, latents, capsys):
    before = plain.fingerprint()
    found = project(plain, plain.generate(latents=0.3 * latents), steps=300)
    np.testing.assert_allclose(found.points, 0.3 * latents, atol=1e-2)
    assert found.distances.max() < 1e-5
    np.testing.assert_allclose(found.images, plain.generate(latents=found.points), atol=1e-6)
    assert "distance" in capsys.readouterr().out
    # The generator stays as it is.
    assert plain.fingerprint() == before


def test_images_are_projected_on_their_own_and_measured_by_the_mean_square(plain):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 2, 2, 1)).astype("float32")
    together, alone = project(plain, images, steps=20, verbose=0), project(plain, images[1:2], steps=20, verbose=0)
    assert isinstance(together, Projection)
    np.testing.assert_allclose(together.points[1], alone.points[0], atol=1e-4)
    np.testing.assert_allclose(together.distances, np.square(together.images - images).mean(axis=(1, 2, 3)), rtol=1e-5)


def test_styles_reach_images_that_no_latent_has(styled, space):
    images = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 4, 2, 1)).astype("float32")
    of_styles = project(space, images, steps=300, verbose=0)
    of_latents = project(styled, images, steps=100, verbose=0)
    assert of_styles.points.shape == (2, 4, 2)
    assert of_styles.distances.max() < 1e-4 < of_latents.distances.min()


def test_each_image_keeps_its_class(by_class, latents):
    images = by_class.generate(latents=latents, labels=[0, 1, 0, 1])
    found = project(by_class, images, labels=[0, 1, 0, 1], steps=30, verbose=0)
    np.testing.assert_allclose(found.images, by_class.generate(latents=found.points, labels=[0, 1, 0, 1]), atol=1e-6)


def test_the_features_decide_what_is_near(plain):
    images = np.random.default_rng(0).uniform(-0.2, 0.2, (2, 2, 2, 1)).astype("float32")

    def features(batch):
        return [tf.reduce_mean(batch, axis=(1, 2)), 0.0 * batch]

    found = project(plain, images, features=features, steps=200, verbose=0)
    np.testing.assert_allclose(found.images.mean(axis=(1, 2, 3)), images.mean(axis=(1, 2, 3)), atol=1e-3)
    assert np.abs(found.images - images).max() > 0.05


def test_images_of_another_size_are_refused_with_what_to_do(plain):
    with pytest.raises(ValueError, match=r"image_size=\(2, 2\)\)`. Received: images.shape=\(1, 4, 4, 1\)"):
        project(plain, np.zeros((1, 4, 4, 1), "float32"))


def test_images_of_another_range_are_refused(plain):
    with pytest.raises(ValueError, match="in \\[-1, 1\\]"):
        project(plain, np.full((1, 2, 2, 1), 255.0, "float32"))


def test_a_conditional_gan_needs_labels(by_class, styled_by_class):
    with pytest.raises(ValueError, match="conditional: give `labels`"):
        project(by_class, np.zeros((1, 4, 4, 1), "float32"))
    with pytest.raises(ValueError, match="conditional: give `labels`"):
        project(StyleSpace(styled_by_class), np.zeros((1, 4, 2, 1), "float32"))


def test_labels_that_are_no_classes_are_refused(by_class):
    with pytest.raises(ValueError, match="a class for each of the 1"):
        project(by_class, np.zeros((1, 4, 4, 1), "float32"), labels=[0, 1])
