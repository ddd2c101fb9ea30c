"""The residual networks: the papers' sizes, the same functions as their plain forms, right second-order gradients."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization, hold_power_iterations
from keras_gan.networks import resnet
from keras_gan.networks._resampling_convolutions import DownsamplingConv2D, UpsamplingConv2D
from keras_gan.networks._residual_blocks import require_halvable
from keras_gan.networks.resnet import _halvings

TINY = {"image_shape": (8, 8, 1), "latent_dim": 4, "generator_width": 3, "discriminator_width": 3}


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.parametrize(
    "image_shape, expected", [((32, 32, 3), (4_276_739, 1_053_824)), ((64, 64, 3), (12_220_675, 10_141_441))]
)
def test_the_papers_parameter_counts(image_shape, expected):
    assert tuple(trainable_parameters(model) for model in resnet(image_shape=image_shape)) == expected


def counted(up, down, w, *, latent_dim=128, num_classes=None, head_bias=1):
    """Parameters by the layers that the authors' code lists, for channels as multiples of w, and colour pictures."""
    classes, (start, *blocks) = num_classes or 1, [w * g for g in up]
    generator = (latent_dim + 1) * 16 * start
    for before, after in zip([start, *blocks], blocks, strict=False):
        generator += 2 * classes * (before + after) + 9 * (before + after) * after + before * after + 3 * after
    generator += 2 * blocks[-1] + (9 * blocks[-1] + 1) * 3
    discriminator = (classes if num_classes else 0) * w * down[-1][0] + w * down[-1][0] + head_bias
    before = 3
    for after, has_shortcut in [(w * g, has_shortcut) for g, has_shortcut in down]:
        inner = after if before == 3 else before
        discriminator += (9 * before + 1) * inner + (9 * inner + 1) * after + has_shortcut * (before + 1) * after
        before = after
    return generator, discriminator


UP_128, DOWN_128 = (16, 16, 8, 4, 2, 1), [(g, True) for g in (1, 2, 4, 8, 16)] + [(16, False)]
UP_32, DOWN_32 = (4, 4, 4, 4), [(2, True), (2, True), (2, False), (2, False)]


def test_the_published_networks_with_labels():
    with_labels = tuple(trainable_parameters(model) for model in resnet(num_classes=10))
    assert with_labels == counted(UP_32, DOWN_32, 64, num_classes=10, head_bias=0) == (4_304_387, 1_055_104)


@pytest.mark.long
def test_the_published_networks_of_128_pixels():
    networks = resnet(image_shape=(128, 128, 3), generator_width=2, discriminator_width=2)
    assert tuple(trainable_parameters(model) for model in networks) == counted(UP_128, DOWN_128, 2)
    assert counted(UP_128, DOWN_128, 64) == (32_150_787, 29_017_857)


def feature_maps(model, suffix="add"):
    return [layer.output.shape[1:] for layer in model.layers if layer.name.endswith(suffix)]


def test_the_maps_of_a_small_picture():
    generator, discriminator = resnet(image_shape=(32, 32, 3), generator_width=6, discriminator_width=5)
    assert feature_maps(generator) == [(8, 8, 6), (16, 16, 6), (32, 32, 6)]
    assert feature_maps(discriminator) == [(16, 16, 5), (8, 8, 5), (8, 8, 5), (8, 8, 5)]


def test_the_maps_of_a_large_picture_stop_growing_at_sixteen_widths():
    generator, discriminator = resnet(image_shape=(128, 256, 3), generator_width=1, discriminator_width=2)
    assert feature_maps(generator) == [(8, 16, 16), (16, 32, 8), (32, 64, 4), (64, 128, 2), (128, 256, 1)]
    assert feature_maps(discriminator) == [
        (64, 128, 2),
        (32, 64, 4),
        (16, 32, 8),
        (8, 16, 16),
        (4, 8, 32),
        (4, 8, 32),
    ]


@pytest.mark.parametrize(
    "image_shape, start",
    [
        ((28, 28, 1), 7),
        ((16, 32, 2), 4),
        *(pytest.param(*case, marks=pytest.mark.long) for case in (((4, 4, 1), 2), ((48, 48, 3), 6))),
    ],
)
def test_sizes_between(image_shape, start):
    generator, discriminator = resnet(image_shape=image_shape, latent_dim=3, generator_width=2, discriminator_width=2)
    assert min(generator.get_layer("reshape").output.shape[1:3]) == start
    images = generator(np.random.default_rng(0).normal(size=(2, 3)))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


def image_batch(height, width, channels):
    return np.random.default_rng(1).normal(size=(2, height, width, channels)).astype("float32")


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_a_resampling_convolution_is_the_two_layers_it_stands_for(kernel_size):
    x = image_batch(6, 4, 3)
    for fused, resampling, before in (
        (UpsamplingConv2D, keras.layers.UpSampling2D(2), True),
        (DownsamplingConv2D, keras.layers.AveragePooling2D(2), False),
    ):
        layer = fused(5, kernel_size, padding="same", bias_initializer="normal")
        plain = keras.layers.Conv2D(5, kernel_size, padding="same")
        result = layer(x)
        assert result.shape == layer.compute_output_shape(x.shape)
        plain.build(x.shape)
        plain.set_weights(layer.get_weights())
        np.testing.assert_allclose(result, plain(resampling(x)) if before else resampling(plain(x)), atol=1e-5)


def test_the_head_sums_over_positions():
    _, discriminator = resnet(**TINY)
    pooled = keras.Model(discriminator.input, discriminator.get_layer("sum_over_positions").output)
    features = keras.Model(discriminator.input, discriminator.get_layer("relu").output)
    x = image_batch(8, 8, 1)
    np.testing.assert_allclose(pooled(x), np.sum(features(x), axis=(1, 2)), rtol=1e-5)


def test_initial_kernels_are_glorot_uniform_and_larger_in_the_branches():
    for model in resnet(generator_width=32, discriminator_width=32):
        for variable in model.trainable_variables:
            if variable.name != "kernel":
                continue
            *taps, channels_in, channels_out = variable.shape
            in_a_branch = "conv_" in variable.path
            limit = np.sqrt((2 if in_a_branch else 1) * 3 / (np.prod(taps) * (channels_in + channels_out) / 2))
            assert 0.9 * limit < np.abs(variable).max() <= limit, variable.path


def test_every_layer_of_the_discriminator_is_spectrally_normalized_and_none_of_the_generator():
    generator, discriminator = resnet(**TINY)
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    assert {type(layer) for layer in with_weights} == {SpectralNormalization}
    assert len(with_weights) == 11
    assert not any(isinstance(layer, SpectralNormalization) for layer in generator.layers)
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {(norm.momentum, norm.epsilon, norm.synchronized) for norm in norms} == {(0.9, 2e-5, True)}


def test_every_variable_gets_a_gradient():
    generator, discriminator = resnet(**{**TINY, "generator_width": 8, "discriminator_width": 8})
    with tf.GradientTape() as tape:
        logits = discriminator(generator(tf.random.normal((8, 4)), training=True), training=True)
        total = tf.reduce_sum(logits**2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


def branch(model, last):
    """The part of a network that computes in float64: up to a layer before the float32 head."""
    return keras.Model(model.input, model.get_layer(last).output)


@pytest.mark.long
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_second_order_gradient_equals_finite_differences(player):
    generator, discriminator = resnet(**{**TINY, "image_shape": (4, 4, 1), "generator_width": 2})
    network = branch(generator, "to_images") if player == "generator" else branch(discriminator, "relu")
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(3, *network.input_shape[1:])))
    variables = network.trainable_variables
    normalized = [layer for layer in network.layers if isinstance(layer, SpectralNormalization)]
    for variable in variables:
        variable.assign(rng.normal(size=variable.shape))

    def penalty():
        with tf.GradientTape() as tape, hold_power_iterations():
            tape.watch(x)
            total = tf.reduce_sum(network(x, training=True) ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    def penalty_after(step):
        """The penalty with all weights moved along `directions`, where sigma is again the singular value."""
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        for layer in normalized:
            matrix = np.reshape(layer.layer.kernel, (-1, layer.u.shape[0]))
            layer.u.assign(np.linalg.svd(matrix)[2][0])
        return penalty()

    directions = [rng.normal(size=variable.shape) for variable in variables]
    penalty_after(0.0)
    with tf.GradientTape() as tape:
        value = penalty()
    gradients = tape.gradient(
        value, [variable.value for variable in variables], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    above, below = penalty_after(1e-4), penalty_after(-2e-4)
    assert slope == pytest.approx(float(above - below) / 2e-4, rel=1e-3)


@pytest.mark.parametrize("player", [0, pytest.param(1, marks=pytest.mark.long)])
def test_xla_gives_the_eager_result(player):
    network = resnet(**TINY)[player]
    x = np.random.default_rng(0).normal(size=(2, *network.input_shape[1:])).astype("float32")
    compiled = tf.function(lambda x: network(x, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(x), network(x, training=False), rtol=1e-4, atol=1e-5)


@pytest.mark.long
def test_save_and_load_give_equal_outputs(tmp_path):
    generator, discriminator = resnet(**TINY)
    z = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    discriminator(generator(z, training=True), training=True)
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(z)
    np.testing.assert_array_equal(images, generator(z))
    logits = keras.saving.load_model(tmp_path / "discriminator.keras")(images)
    np.testing.assert_array_equal(logits, discriminator(images))


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = resnet(**TINY)
    assert generator.get_layer("up_0_conv_0").compute_dtype == policy.removeprefix("mixed_")
    images = generator(np.ones((2, 4), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


@pytest.mark.parametrize(
    "image_shape, multiple, nearest",
    [
        ((30, 32, 3), 4, (32, 32)),
        ((6, 6, 1), 4, (8, 8)),
        ((32, 36, 3), 8, (32, 32)),
        ((64, 80, 3), 32, (64, 64)),
        ((65, 65, 3), 32, (64, 64)),
        ((1, 8, 1), 4, (4, 8)),
        ((126, 144, 3), 32, (128, 128)),
    ],
)
def test_a_picture_that_cannot_be_halved(image_shape, multiple, nearest):
    message = f"multiples of {multiple} .*for example to {re.escape(str(nearest))}, .*Received: image_shape=\\("
    with pytest.raises(ValueError, match=message):
        resnet(image_shape=image_shape)
    require_halvable((*nearest, 1), _halvings)


@pytest.mark.parametrize("image_shape", [(32, 32), (0, 32, 1), (32.0, 32, 1), 64])
def test_bad_image_shapes(image_shape):
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\) .*Received: image_shape="):
        resnet(image_shape=image_shape)


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"generator_width": 0}, {"discriminator_width": 1.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value}"):
        resnet(**arguments)
