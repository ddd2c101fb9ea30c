"""Directions in closed form."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.latents import StyleSpace, directions


def singular(kernel):
    """The left singular vectors of a kernel, each with its largest number above 0."""
    vectors = np.linalg.svd(kernel)[0].T
    return vectors * np.sign(np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1))


def gan_of(generator):
    shape = generator.output_shape[1:]
    return keras_gan.LSGAN(generator, keras_gan.networks.mlp(image_shape=shape, width=2, depth=1)[1])


def test_they_are_the_singular_vectors_of_the_first_layer(plain):
    kernel = np.asarray(plain.generator.get_layer("first").kernel)
    np.testing.assert_allclose(directions(plain, 3), singular(kernel), atol=1e-5)


def test_no_other_step_of_the_same_length_changes_the_first_layer_more(plain, latents):
    (best,) = directions(plain, 1)
    others = latents / np.linalg.norm(latents, axis=1, keepdims=True)
    kernel = np.asarray(plain.generator.get_layer("first").kernel)
    assert np.linalg.norm(best @ kernel) >= np.linalg.norm(others @ kernel, axis=1).max()


def test_labels_next_to_the_latents_take_no_part(by_class):
    kernel = np.asarray(by_class.generator.get_layer("hidden_0").kernel)[:3]
    np.testing.assert_allclose(directions(by_class, 3), singular(kernel), atol=1e-5)


def test_latents_that_are_cut_into_parts_count_in_every_layer_that_takes_a_part():
    latents = keras.Input((4,), name="latents")
    first, second = (
        keras.layers.Dense(2, name="first")(latents[:, :2]),
        keras.layers.Dense(2, name="second")(latents[:, 2:]),
    )
    generator = keras.Model(latents, keras.layers.Reshape((2, 2, 1))(keras.layers.Concatenate()([first, second])))
    generator.get_layer("first").kernel.assign([[1.0, 0.0], [0.0, 3.0]])
    generator.get_layer("second").kernel.assign([[4.0, 0.0], [0.0, 2.0]])
    expected = np.eye(4)[[2, 1, 3, 0]]
    np.testing.assert_allclose(directions(gan_of(generator), 4), expected, atol=1e-6)


def test_latents_with_several_axes_have_directions_of_their_shape():
    generator = keras.Sequential(
        [
            keras.Input((2, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(4, name="first"),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    expected = singular(np.asarray(generator.get_layer("first").kernel)).reshape(4, 2, 2)
    np.testing.assert_allclose(directions(gan_of(generator), 4), expected, atol=1e-5)


def test_those_of_styles_are_of_all_layers_that_take_a_style(styled):
    rng = np.random.default_rng(1)
    synthesis = styled.generator.get_layer("synthesis")
    kernels = [rng.normal(size=(2, 2)).astype("float32") for _ in range(4)]
    before = synthesis.get_weights()
    synthesis.set_weights(kernels)
    try:
        found = directions(StyleSpace(styled), 2)
    finally:
        synthesis.set_weights(before)
    np.testing.assert_allclose(found, singular(np.concatenate(kernels, axis=1)), atol=1e-5)


def test_those_of_latents_are_of_the_mapping_network(styled):
    kernel = np.asarray(styled.generator.get_layer("mapping").get_layer("dense").kernel)
    np.testing.assert_allclose(directions(styled, 3), singular(kernel), atol=1e-5)


def test_spectral_normalisation_does_not_turn_them():
    first = keras_gan.layers.SpectralNormalization(keras.layers.Dense(4))
    generator = keras.Sequential([keras.Input((3,)), first, keras.layers.Reshape((2, 2, 1))])
    np.testing.assert_allclose(directions(gan_of(generator), 3), singular(np.asarray(first.layer.kernel)), atol=1e-5)


def test_more_directions_than_latents_are_refused(plain):
    with pytest.raises(ValueError, match="`count` must be an integer of at most 3"):
        directions(plain, 4)


def test_a_first_layer_that_is_not_dense_is_refused():
    generator = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Conv2D(1, 2, padding="same")])
    with pytest.raises(ValueError, match="No dense layer takes the latents of this generator first"):
        directions(gan_of(generator))
