"""The networks of StyleGAN2: published sizes, what styles and labels do, gradients of second order, half precision."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import stylegan2
from keras_gan.networks._building_blocks import doubled_sides

TINY = {"image_shape": (16, 24, 2), "latent_dim": 6, "width": 4, "max_width": 8, "mapping_layers": 2}


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def latents(rows=4):
    return np.random.default_rng(0).normal(size=(rows, 6)).astype("float32")


def formula(widths, channels, style_dim, mapping_layers):
    """The parameters of both networks; `widths` from the picture to the smallest map of 4x4, one style for a layer."""

    def modulated(inputs, outputs, kernel=9):
        return (style_dim + 1) * inputs + kernel * inputs * outputs + outputs

    noise, small, pairs = 1, widths[-1], list(itertools.pairwise(widths))
    mapping = mapping_layers * (style_dim + 1) * style_dim
    synthesis = 16 * small + modulated(small, small) + noise + modulated(small, channels, 1)
    for large, smaller in pairs:
        synthesis += modulated(smaller, large) + modulated(large, large) + 2 * noise + modulated(large, channels, 1)
    discriminator = (channels + 1) * widths[0] + sum(9 * a * a + a + 9 * a * b + b + a * b for a, b in pairs)
    discriminator += 9 * (small + 1) * small + small + (16 * small + 1) * small + small + 1
    return mapping + synthesis, discriminator


@pytest.fixture(scope="module")
def tiny():
    """The two networks, without noise and with mixed styles in training; no test changes them."""
    keras.utils.set_random_seed(0)
    return stylegan2(**TINY, noise=False, style_mixing=1.0)


# FFHQ at 1024x1024 (configuration F) and at 256x256.
PUBLISHED = {
    (30_370_060, 29_012_513): [32, 64, 128, 256, 512, 512, 512, 512, 512],
    (24_767_458, 24_001_089): [64, 128, 256, 512, 512, 512, 512],
}


def test_the_formula_gives_the_published_parameter_counts():
    for counts, widths in PUBLISHED.items():
        assert formula(widths, 3, 512, 8) == counts


def test_the_networks_have_the_parameters_of_the_formula():
    networks = stylegan2(image_shape=(16, 16, 2), latent_dim=5, width=3, max_width=6, mapping_layers=2)
    assert tuple(map(trainable_parameters, networks)) == formula([3, 6, 6], 2, 5, 2)


@pytest.mark.long
@pytest.mark.parametrize("counts", PUBLISHED)
def test_the_defaults_are_the_published_networks(counts):
    side = 2 ** (len(PUBLISHED[counts]) + 1)
    assert tuple(map(trainable_parameters, stylegan2(image_shape=(side, side, 3)))) == counts


@pytest.mark.long
def test_the_generator_for_cifar_is_the_published_one():
    """The discriminator is not: there it has no residual blocks."""
    networks = stylegan2(image_shape=(32, 32, 3), mapping_layers=2)
    assert tuple(map(trainable_parameters, networks)) == formula([512] * 4, 3, 512, 2)


def test_coarse_styles_come_first_and_the_colours_have_the_style_of_the_next_size(tiny):
    synthesis = tiny[0].get_layer("synthesis")
    kept = [layer for layer in synthesis.layers if hasattr(layer, "affine")]
    looking = keras.Model(synthesis.input, [layer.output for layer in kept])
    styles = np.random.default_rng(0).normal(size=(1, 6, 6)).astype("float32")
    before = looking(styles)
    changed_by = {layer.name: [] for layer in kept}
    for index in range(6):
        other = styles.copy()
        other[:, index] += 1.0
        for layer, then, now in zip(kept, before, looking(other), strict=True):
            if np.abs(now - then).max() > 1e-6:
                changed_by[layer.name].append(index)
    assert changed_by == {
        "conv_0": [0],
        "to_images_0": [0, 1],
        "up_1": [0, 1],
        "conv_1": [0, 1, 2],
        "to_images_1": [0, 1, 2, 3],
        "up_2": [0, 1, 2, 3],
        "conv_2": [0, 1, 2, 3, 4],
        "to_images_2": [0, 1, 2, 3, 4, 5],
    }


def test_mixed_styles_are_the_own_ones_first_and_then_those_of_the_next_sample(tiny):
    mapping = tiny[0].get_layer("mapping")
    own, mixed = np.asarray(mapping(latents())), np.asarray(mapping(latents(), training=True))
    others = np.roll(own, 1, axis=0)
    is_own = np.isclose(mixed, own, atol=1e-6).all(axis=-1)
    np.testing.assert_allclose(mixed, np.where(is_own[..., None], own, others), atol=1e-6)
    crossovers = is_own.sum(axis=1)
    np.testing.assert_array_equal(is_own, np.arange(6) < crossovers[:, None])
    assert ((crossovers >= 1) & (crossovers < 6)).all()


def test_styles_are_mixed_within_a_class():
    generator, _ = stylegan2(**TINY, style_mixing=1.0, num_classes=3)
    mapping, classes = generator.get_layer("mapping"), tf.constant([0, 1, 2, 0])
    mixed = mapping({"latents": tf.constant(latents()), "labels": classes}, training=True)
    others = mapping({"latents": tf.roll(latents(), 1, axis=0), "labels": classes})
    np.testing.assert_allclose(mixed[:, -1], others[:, -1], atol=1e-6)


def test_without_truncation_left_all_samples_are_the_mean_image():
    generator, _ = stylegan2(**TINY, noise=False)
    mapping, synthesis = generator.get_layer("mapping"), generator.get_layer("synthesis")
    truncation = mapping.get_layer("truncation")
    generator(latents(), training=True)
    mean = mapping(latents())[:, 0].numpy().mean(axis=0)
    np.testing.assert_allclose(truncation.average, 0.005 * mean, atol=1e-6)
    truncation.average.assign(mean)
    truncation.psi = 0.0
    images = np.asarray(generator(latents()))
    np.testing.assert_allclose(images, synthesis(np.tile(mean, (4, 6, 1))), atol=1e-6)
    np.testing.assert_allclose(images, images[:1].repeat(4, axis=0), atol=1e-6)


def test_a_style_for_each_sample_and_unit_activations_at_the_start():
    generator, discriminator = stylegan2(
        image_shape=(32, 32, 3), latent_dim=64, width=32, max_width=64, mapping_layers=2
    )
    z = np.random.default_rng(0).normal(size=(16, 64)).astype("float32")
    styles = generator.get_layer("mapping")(z)
    assert 0.5 < np.std(styles) < 2.0
    synthesis = generator.get_layer("synthesis")
    names = ["conv_0", "up_1", "conv_1", "up_2", "conv_2", "up_3", "conv_3"]
    maps = keras.Model(synthesis.input, [synthesis.get_layer(name).output for name in names])(styles)
    # Before the leaky rectifier, and times its gain sqrt(2): the larger maps are smoothed.
    assert all(0.5 < np.std(values) < 2.0 for values in maps)
    images = synthesis(styles, training=True)
    inner = [layer for layer in discriminator.layers if layer.name.endswith("add")]
    for values in keras.Model(discriminator.input, [layer.output for layer in inner])(images / np.std(images)):
        assert 0.3 < np.sqrt(np.mean(np.square(values))) < 3.0


def test_the_discriminator_projects_the_label():
    _, discriminator = stylegan2(**TINY, num_classes=3)
    images = np.random.default_rng(0).normal(size=(4, 16, 24, 2)).astype("float32")
    look = {name: discriminator.get_layer(name).output for name in ("projected", "map_1_leaky_relu", "logits")}
    classes = np.array([0, 1, 2, 0], "int32")
    seen = keras.Model(discriminator.input, look)({"images": tf.constant(images), "labels": tf.constant(classes)})
    expected = np.sum(seen["projected"] * seen["map_1_leaky_relu"], axis=1, keepdims=True) / np.sqrt(8)
    np.testing.assert_allclose(seen["logits"], expected, rtol=1e-5)
    normalised = keras.Model(discriminator.input, discriminator.get_layer("normalize_label").output)
    embedded = normalised({"images": tf.constant(images), "labels": tf.constant(classes)})
    np.testing.assert_allclose(np.mean(np.square(embedded), axis=1), 1.0, rtol=1e-5)


def test_the_gradient_of_r1_equals_finite_differences():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        _, discriminator = stylegan2(image_shape=(8, 8, 1), latent_dim=2, width=2, max_width=3, mapping_layers=1)
    finally:
        keras.config.set_floatx("float32")
    images = tf.constant(np.random.default_rng(0).normal(size=(4, 8, 8, 1)))

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(images)
            logits = discriminator(images)
        return tf.reduce_sum(tf.cast(tape.gradient(logits, images), "float64") ** 2)

    variables = discriminator.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in variables])
        value = penalty()
    found = tape.gradient(value, [variable.value for variable in variables])
    rng, step = np.random.default_rng(1), 1e-3
    directions = [rng.normal(size=variable.shape) for variable in variables]
    before, sides = [variable.numpy() for variable in variables], []
    for sign in (1, -1):
        for variable, start, direction in zip(variables, before, directions, strict=True):
            variable.assign(start + sign * step * direction)
        sides.append(float(penalty()))
    slope = sum(float(tf.reduce_sum(g * d)) for g, d in zip(found, directions, strict=True) if g is not None)
    assert slope == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=2e-3)


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("mixed_float16", 0.01), pytest.param("mixed_bfloat16", 0.08, marks=pytest.mark.long)]
)
def test_half_precision_is_near_float32_and_returns_float32(tiny, policy, tolerance):
    keras.config.set_dtype_policy(policy)
    half = stylegan2(**TINY, noise=False, style_mixing=1.0)
    for network, twin in zip(tiny, half, strict=True):
        twin.set_weights(network.get_weights())
    images, images_of_half = tiny[0](latents()), half[0](latents())
    assert images_of_half.dtype == half[1](images).dtype == "float32"
    np.testing.assert_allclose(images_of_half, images, atol=tolerance)
    np.testing.assert_allclose(half[1](images), tiny[1](images), atol=tolerance)
    mapping = half[0].get_layer("mapping")
    np.testing.assert_array_equal(mapping(latents()), tiny[0].get_layer("mapping")(latents()))


def test_images_are_clipped_in_inference_alone(tiny):
    synthesis, styles = tiny[0].get_layer("synthesis"), 3.0 * np.ones((1, 6, 6), "float32")
    drawn = np.asarray(synthesis(styles, training=True))
    assert np.abs(drawn).max() > 1.0
    np.testing.assert_allclose(synthesis(styles), drawn.clip(-1, 1), atol=1e-6)


@pytest.mark.parametrize(
    ("image_shape", "start"), [pytest.param((28, 56, 3), (7, 14), marks=pytest.mark.long), ((6, 6, 4), (3, 3))]
)
def test_sizes_between(image_shape, start):
    generator, discriminator = stylegan2(image_shape=image_shape, latent_dim=3, width=2, mapping_layers=1)
    assert generator.get_layer("synthesis").get_layer("constant").output.shape[1:3] == start
    assert discriminator(generator(np.zeros((2, 3), "float32"))).shape == (2, 1)


@pytest.mark.parametrize(
    ("sides", "multiple", "nearest"),
    [((30, 30), 4, "32 x 32"), ((29, 40), 4, "28 x 40"), ((62, 100), 8, "64 x 96"), ((3, 9), 2, "4 x 10")],
)
def test_the_message_names_the_nearest_size_that_works(sides, multiple, nearest):
    message = rf"must be multiples of {multiple} .*resize them, to {nearest} for example.* Received: image_shape="
    with pytest.raises(ValueError, match=message):
        stylegan2(image_shape=(*sides, 3), latent_dim=2, width=1)
    assert doubled_sides((*map(int, nearest.split(" x ")), 3))
