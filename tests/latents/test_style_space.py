"""Styles: mapped, truncated, mixed, drawn."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.latents import StyleSpace


def test_mapping_and_drawing_is_what_the_generator_does(styled, space, latents):
    styles = space.map(latents)
    assert styles.shape == (4, *space.style_shape) == (4, 4, 2)
    np.testing.assert_allclose(space.generate(styles), styled.generate(latents=latents), atol=1e-6)


def test_labels_go_to_the_mapping_network(styled_by_class, latents):
    space = StyleSpace(styled_by_class)
    drawn = space.generate(space.map(latents, labels=[0, 1, 1, 0]))
    np.testing.assert_allclose(drawn, styled_by_class.generate(latents=latents, labels=[0, 1, 1, 0]), atol=1e-6)


def test_the_mean_is_that_of_the_mapped_latents(space):
    # Of a linear mapping, the mean is that of its latents, which are around 0: the standard error is 0.01 of a weight.
    assert np.abs(space.mean()).max() < 0.05
    np.testing.assert_array_equal(space.mean(seed=3), space.mean(seed=3))
    few = space.mean(500, seed=3)
    np.testing.assert_allclose(few, space.sample(500, 3).mean(axis=0), atol=1e-6)


def test_truncation_moves_styles_towards_their_mean(space, latents):
    styles, mean = space.map(latents), space.mean()
    np.testing.assert_allclose(space.truncate(styles, 1.0), styles, atol=1e-6)
    np.testing.assert_allclose(space.truncate(styles, 0.0), np.broadcast_to(mean, styles.shape), atol=1e-7)
    np.testing.assert_allclose(space.truncate(styles, 0.25) - mean, 0.25 * (styles - mean), atol=1e-6)


def test_mixing_takes_the_first_styles_of_one_and_the_others_of_the_other(space, latents):
    coarse, fine = space.map(latents[:2]), space.map(latents[2:])
    images = space.generate(space.mix(coarse, fine, num_coarse=3))
    np.testing.assert_allclose(images[:, :3], space.generate(coarse)[:, :3], atol=1e-6)
    np.testing.assert_allclose(images[:, 3:], space.generate(fine)[:, 3:], atol=1e-6)


def test_the_averaged_generator_is_used_if_there_is_one(latents):
    generator = keras.models.clone_model(_generator())
    gan = keras_gan.LSGAN(generator, keras_gan.networks.mlp(image_shape=(1, 2, 1), width=2)[1], ema_half_life=10.0)
    # Beyond the first step, the averages are no longer set to the weights.
    gan.training_state.step.assign(1)
    gan.generator.get_layer("mapping").set_weights([np.zeros((3, 2))])
    assert StyleSpace(gan).map(latents).any()


def _generator():
    z, w = keras.Input((3,), name="latents"), keras.Input((1, 2), name="styles")
    styles = keras.layers.Reshape((1, 2))(keras.layers.Dense(2, use_bias=False)(z))
    mapping = keras.Model(z, styles, name="mapping")
    synthesis = keras.Model(w, keras.layers.Reshape((1, 2, 1))(w), name="synthesis")
    latents = keras.Input((3,), name="latents")
    return keras.Model(latents, synthesis(mapping(latents)))


def test_a_generator_without_styles_is_refused_with_what_works_on_it(plain):
    with pytest.raises(ValueError, match=r"no model called 'mapping'.*`truncated_latents`.*leave mixing out"):
        StyleSpace(plain)


def test_what_draws_no_images_from_latents_is_refused(translator):
    with pytest.raises(ValueError, match="CycleGAN translates images"):
        StyleSpace(translator)
    with pytest.raises(ValueError, match=r"keras_gan.training.load_model\(path\)"):
        StyleSpace("gan.keras")


def test_a_conditional_gan_needs_labels(styled_by_class, latents):
    with pytest.raises(ValueError, match="conditional: give `labels`"):
        StyleSpace(styled_by_class).map(latents)


def test_wrong_styles_are_refused(space, latents):
    styles = space.map(latents)
    for call in (lambda: space.truncate(latents, 0.5), lambda: space.mix(latents, latents, num_coarse=1)):
        with pytest.raises(ValueError, match=r"must be styles.*Latents become styles by `map`"):
            call()
    with pytest.raises(ValueError, match="as many coarse styles as fine ones"):
        space.mix(styles, styles[:2], num_coarse=1)
    with pytest.raises(ValueError, match="`num_coarse` must be an integer of at most 3"):
        space.mix(styles, styles, num_coarse=4)
    with pytest.raises(ValueError, match="`psi` must be a number"):
        space.truncate(styles, "0.5")
