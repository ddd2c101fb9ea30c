"""The networks of R3GAN: published sizes and initial weights, a reference in NumPy, gradients, and messages."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import r3gan

TINY = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 4, "blocks": 1, "group_size": 4}


def parameters(width, latent_dim, *, blocks=8, heads=1):
    """Of both networks for CIFAR-10, counted by hand."""
    block = width * 2 * width + 2 * width + 9 * 16 * 2 * width + 2 * width + 2 * width * width
    shared = blocks * block + width * 4 * 4 + width * 3
    return [shared + latent_dim * width, shared + heads * width]


def test_the_parameter_counts_of_the_published_networks_for_cifar_10():
    assert parameters(768, 64) == [20_732_160, 20_683_776]
    assert [network.count_params() for network in r3gan()] == parameters(768, 64)


def test_the_parameter_counts_with_labels():
    generator, discriminator = parameters(16, 128, heads=16)
    counts = [network.count_params() for network in r3gan(width=16, num_classes=10)]
    assert counts == [generator + 10 * 64, discriminator + 10 * 16]


def test_initial_weights_keep_the_variance_as_published():
    generator, discriminator = r3gan(image_shape=(16, 16, 3), width=(256, 128, 64), blocks=2)
    gain = math.sqrt(2 / 1.04) * 6**-0.25
    for network in (generator, discriminator):
        for layer in network.layers:
            if layer.name.endswith("conv_2"):
                assert not np.any(layer.kernel)
            elif "_conv_" in layer.name:
                inputs = np.prod(layer.kernel.shape[:3])
                assert np.std(layer.kernel) * math.sqrt(inputs) == pytest.approx(gain, rel=0.05)
                assert not np.any(layer.bias)
    for layer in (generator.get_layer("linear"), discriminator.get_layer("down_1_linear")):
        assert np.std(layer.kernel) * math.sqrt(np.prod(layer.kernel.shape[:-1])) == pytest.approx(1, rel=0.05)
    assert np.std(generator.get_layer("basis").basis) == pytest.approx(1, rel=0.05)
    assert np.std(discriminator.get_layer("weighted_sum").kernel) == pytest.approx(1 / 4, rel=0.05)


def test_no_layer_normalises_and_only_two_of_a_block_have_biases():
    for network in r3gan(**TINY | {"blocks": 2}):
        names = [weight.path.split("/")[-2] for weight in network.weights if weight.name == "bias"]
        assert all(name.endswith(("conv_0", "conv_1")) for name in names)
        assert len(names) == 2 * 2 * 2
        assert len(network.weights) == len(network.trainable_weights)


def weights_of(network, name):
    return [np.asarray(weight) for weight in network.get_layer(name).weights]


def lrelu(x):
    return np.where(x > 0, x, 0.2 * x)


def test_a_block_in_numpy():
    _, discriminator = r3gan(image_shape=(8, 8, 2), width=4, blocks=1, group_size=2)
    rng = np.random.default_rng(0)
    discriminator.set_weights([rng.normal(size=weight.shape) for weight in discriminator.weights])
    (first, bias), (second, next_bias), (third,) = (
        weights_of(discriminator, f"block_0_0_conv_{number}") for number in range(3)
    )
    x = rng.normal(size=(2, 8, 8, 2))
    x = x @ weights_of(discriminator, "from_images")[0][0, 0]
    y = np.pad(lrelu(x @ first[0, 0] + bias), ((0, 0), (1, 1), (1, 1), (0, 0)))
    grouped = np.zeros((2, 8, 8, 8)) + next_bias
    for channel in range(8):
        group = slice(channel // 2 * 2, channel // 2 * 2 + 2)
        for i in range(3):
            for j in range(3):
                grouped[..., channel] += y[:, i : i + 8, j : j + 8, group] @ second[i, j, :, channel]
    expected = x + lrelu(grouped) @ third[0, 0]
    start = np.linalg.lstsq(weights_of(discriminator, "from_images")[0][0, 0].T, np.moveaxis(x, -1, 0).reshape(4, -1))
    images = np.moveaxis(start[0].reshape(2, 2, 8, 8), 0, -1).astype("float32")
    until = keras.Model(discriminator.input, discriminator.get_layer("block_0_0_add").output)
    np.testing.assert_allclose(until(images), expected, rtol=1e-3, atol=1e-3)


def test_the_ends_in_numpy():
    generator, discriminator = r3gan(image_shape=(8, 4, 1), latent_dim=3, width=(2, 4), blocks=1, group_size=2)
    latents = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    start = keras.Model(generator.input, generator.get_layer("basis").output)(latents)
    basis, linear = weights_of(generator, "basis")[0], weights_of(generator, "linear")[0]
    np.testing.assert_allclose(start, np.einsum("hwc,bc->bhwc", basis, latents @ linear), rtol=1e-4, atol=1e-5)
    last = keras.Model(discriminator.input, discriminator.get_layer("block_1_0_add").output)
    images = np.random.default_rng(1).normal(size=(5, 8, 4, 1)).astype("float32")
    sums = np.einsum("bhwc,hwc->bc", last(images), weights_of(discriminator, "weighted_sum")[0])
    np.testing.assert_allclose(discriminator(images), sums @ weights_of(discriminator, "logits")[0], atol=1e-4)


def test_only_drawn_images_are_clipped():
    generator, _ = r3gan(**TINY)
    latents = 5 * np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    free, drawn = generator(latents, training=True), generator(latents, training=False)
    assert np.abs(free).max() > 1
    np.testing.assert_array_equal(drawn, np.clip(free, -1, 1))


@pytest.mark.parametrize("image_shape", [(8, 8, 1), (13, 30, 4), (5, 16, 2)])
def test_any_size(image_shape):
    generator, discriminator = r3gan(**TINY | {"image_shape": image_shape})
    images = generator(np.zeros((2, 4)))
    assert images.shape == (2, *image_shape)
    assert discriminator(images).shape == (2, 1)


def test_the_label_changes_the_image_and_the_verdict():
    generator, discriminator = r3gan(**TINY, num_classes=3)
    latents = np.tile(np.random.default_rng(0).normal(size=(1, 4)), (3, 1))
    images = generator({"latents": latents, "labels": np.arange(3)})
    logits = discriminator({"images": np.tile(images[:1], (3, 1, 1, 1)), "labels": np.arange(3)})
    assert len(np.unique(np.asarray(images)[:, 0, 0, 0])) == len(np.unique(logits)) == 3


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = r3gan(**TINY)
    assert generator.get_layer("block_0_0_conv_1").compute_dtype == policy.removeprefix("mixed_")
    images = generator(np.ones((2, 4), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


@pytest.mark.usefixtures("float64")
def test_second_order_gradient_equals_finite_differences():
    _, discriminator = r3gan(**TINY | {"width": 2})
    network = keras.Model(discriminator.input, discriminator.get_layer("block_1_0_add").output)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(2, 8, 8, 1)))
    variables = network.trainable_variables
    for variable in variables:
        variable.assign(rng.normal(size=variable.shape))
    directions = [rng.normal(size=variable.shape) for variable in variables]

    @tf.function
    def penalty():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = tf.reduce_sum(tf.sin(network(x, training=True)))
            value = tf.reduce_sum(tape.gradient(total, x) ** 2)
        values = [variable.value for variable in variables]
        return value, outer.gradient(value, values, unconnected_gradients="zero")

    slope = sum(np.sum(g * d) for g, d in zip(penalty()[1], directions, strict=True))
    values = []
    for step in (1e-6, -2e-6):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        values.append(float(penalty()[0]))
    assert slope == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4)


@pytest.mark.long
def test_save_and_load_give_equal_outputs(tmp_path):
    generator, discriminator = r3gan(**TINY, num_classes=3)
    labels = tf.constant([0, 1, 2, 1])
    latents = {"latents": np.random.default_rng(0).normal(size=(4, 4)), "labels": np.array(labels)}
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(latents)
    np.testing.assert_array_equal(images, generator(latents))
    judged = {"images": images, "labels": labels}
    np.testing.assert_array_equal(
        keras.saving.load_model(tmp_path / "discriminator.keras")(judged), discriminator(judged)
    )


@pytest.mark.parametrize("width, message", [(5, "a width of 4"), (1, "a width of 2"), ((4, 7), "a width of 8")])
def test_groups_that_do_not_divide_the_width(width, message):
    with pytest.raises(ValueError, match=f"{message}, or another `group_size`. Received: width=., group_size=4"):
        r3gan(**TINY | {"width": width})


def test_a_wrong_number_of_widths():
    with pytest.raises(ValueError, match=r"these pictures have 2: 4x4, 8x8. Received: width=\(4, 4, 4\)"):
        r3gan(**TINY | {"width": (4, 4, 4)})


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": 0}, {"blocks": 1.5}, {"group_size": "4"}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value!r}"):
        r3gan(**TINY | arguments)
