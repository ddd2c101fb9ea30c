"""Directions of labels: differences of means, and what they do to an image."""

import numpy as np
import pytest

import keras_gan
from keras_gan.callbacks import image_grid
from keras_gan.latents import attribute_vectors, direction_grid, interpolate, interpolation_grid

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(30, 2, 3)).astype("float32")


def test_they_are_differences_of_mean_codes_for_classes_and_attributes():
    classes = np.arange(30) % 4
    found = attribute_vectors(CODES, classes)
    for label, direction in enumerate(found):
        expected = CODES[classes == label].mean(axis=0) - CODES[classes != label].mean(axis=0)
        np.testing.assert_allclose(direction, expected, atol=1e-6)
    np.testing.assert_allclose(attribute_vectors(CODES, np.eye(4)[classes]), found, atol=1e-6)
    np.testing.assert_allclose(attribute_vectors(CODES, (classes == 2)[:, None]), found[2:3], atol=1e-6)


def test_the_direction_of_a_hidden_step_is_found():
    """Codes with an attribute are moved by a step: it is found up to the noise of the means."""
    codes, step = RNG.normal(size=(4000, 5)), np.array([2.0, 0.0, -1.0, 0.0, 0.5])
    has = RNG.uniform(size=4000) < 0.3
    (found,) = attribute_vectors(codes + has[:, None] * step, has[:, None])
    np.testing.assert_allclose(found, step, atol=5 / np.sqrt(1200))


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.zeros(30, int), r"needs images with the label and images without it.*label 0 of 30 of the 30"),
        (np.eye(3)[np.zeros(30, int)], r"Received: label 0 of 30"),
        (np.arange(29), r"the class of each of the 30 images.*Received: labels of shape \(29,\)"),
        (np.full((30, 1), 2), r"rows of zeros and ones.*Received: labels of shape \(30, 1\)"),
        (np.linspace(0, 1, 30), r"Received: labels of shape \(30,\) and dtype float64"),
        (-np.arange(30), r"integers of at least 0"),
    ],
)
def test_labels_that_say_nothing(labels, message):
    with pytest.raises(ValueError, match=message):
        attribute_vectors(CODES, labels)


@pytest.fixture(scope="module")
def encoding():
    """A model with an encoder, and some images."""
    networks = keras_gan.networks.vae(image_shape=(8, 8, 1), latent_dim=3, width=2, units=4)
    return keras_gan.VAE(*networks, seed=0), RNG.uniform(-1, 1, (4, 8, 8, 1)).astype("float32")


def test_paths_lead_from_real_images_to_others(encoding):
    model, images = encoding
    ends = model.encode(images[:2]), model.encode(images[2:])
    picture = interpolation_grid(model, ends=ends, steps=3)
    points = interpolate(*ends, 3).reshape(6, 3)
    np.testing.assert_array_equal(picture, image_grid(model.decode(points), columns=3))
    np.testing.assert_allclose(model.decode(points)[::3], model.reconstruct(images[:2]), atol=1e-6)


def test_real_images_are_moved_along_a_direction(encoding):
    model, images = encoding
    codes, step = model.encode(images), np.array([[0.5, 0.0, -1.0]], "float32")
    picture = direction_grid(model, step, points=codes, strength=2.0, steps=3)
    points = codes[:, None] + np.array([-2.0, 0.0, 2.0])[:, None] * step
    np.testing.assert_array_equal(picture, image_grid(model.decode(points.reshape(12, 3)), columns=3))
    one = direction_grid(model, np.concatenate([step, -step]), points=codes[:1], strength=2.0, steps=3)
    moved = np.concatenate([points[0], points[0, ::-1]])
    np.testing.assert_array_equal(one, image_grid(model.decode(moved), columns=3))


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda m: interpolation_grid(m, ends=np.zeros((2, 3))), r"`ends` must be two arrays.*Received: ends=array"),
        (lambda m: interpolation_grid(m, ends=([[1.0, 2.0]], [[1.0, 2.0]])), r"each of the shape \(3,\).*\(1, 2\)"),
        (lambda m: interpolation_grid(m, ends=(np.ones((2, 3)), np.ones((1, 3)))), r"Each path needs two ends"),
        (lambda m: direction_grid(m, np.ones((2, 3)), points=np.ones((3, 3))), r"Received: 3 points, 2 directions"),
        (lambda m: direction_grid(m, np.ones((1, 3)), points=np.ones((1, 2))), r"each of the shape \(3,\)"),
    ],
)
def test_points_that_do_not_fit(encoding, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(encoding[0])
