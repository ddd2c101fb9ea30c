"""The transformers: sizes, a block in NumPy, gradients of both orders, policies, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import vit
from keras_gan.networks._transformer import Attention

TINY = {"image_shape": (8, 8, 1), "latent_dim": 4, "patch_size": 4, "width": 8, "depth": 1, "heads": 2}


def test_parameter_counts():
    block = 8 + 8 * 24 + 8 * 8 + 8 + 8 + 8 * 32 + 32 + 32 * 8 + 8
    inside = 3 * block + 4 * 8 + 8
    generator, discriminator = vit(**TINY | {"depth": 3})
    assert generator.count_params() == (4 + 1) * 4 * 8 + inside + 8 * 16 + 1
    assert discriminator.count_params() == (16 + 1) * 8 + inside + 8 + 1
    generator, _ = vit(**TINY | {"depth": 3, "latent_dim": None})
    assert generator.count_params() == (16 + 1) * 8 + inside + 8 * 16 + 1


def test_attention_in_numpy():
    x = np.random.default_rng(0).normal(size=(2, 5, 3 * 6)).astype("float32")
    heads = []
    for head in range(2):
        queries, keys, values = (x[..., 6 * part + 3 * head : 6 * part + 3 * head + 3] for part in range(3))
        weights = np.exp(queries @ keys.transpose(0, 2, 1) / np.sqrt(3))
        heads.append(weights / weights.sum(axis=-1, keepdims=True) @ values)
    np.testing.assert_allclose(Attention(2)(x), np.concatenate(heads, axis=-1), rtol=1e-4, atol=1e-5)


def test_blocks_begin_as_the_identity():
    _, discriminator = vit(**TINY | {"depth": 2})
    images = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    ends = [discriminator.get_layer(name).output for name in ("positions", "block_1_add_1")]
    before, after = keras.Model(discriminator.input, ends)(images)
    np.testing.assert_array_equal(before, after)


def with_random_weights(network):
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=weight.shape) / 2 for weight in network.weights])
    return network


def test_patches_keep_their_places():
    generator, discriminator = map(with_random_weights, vit(**TINY | {"latent_dim": None, "depth": 1}))
    # Without attention, a patch of noise reaches its own place alone.
    generator.get_layer("block_0_attended").set_weights([np.zeros((8, 8)), np.zeros(8)])
    noise = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype("float32")
    other = noise.copy()
    other[:, 4:, :4] += 1
    changed = np.asarray(generator(noise, training=True) != generator(other, training=True))[0, ..., 0]
    assert changed[4:, :4].all()
    assert not changed[:4].any()
    assert not changed[:, 4:].any()
    # And the order of patches matters to the discriminator.
    assert not np.allclose(discriminator(noise), discriminator(np.roll(noise, 4, axis=1)))


@pytest.mark.parametrize("latent_dim", [4, None])
@pytest.mark.parametrize("image_shape", [(8, 8, 1), (12, 4, 5)])
def test_sizes(image_shape, latent_dim):
    generator, discriminator = vit(**TINY | {"image_shape": image_shape, "latent_dim": latent_dim})
    latents = 9 * np.random.default_rng(0).normal(size=(2, *generator.input_shape[1:]))
    images = with_random_weights(generator)(latents)
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() == 1
    assert np.abs(generator(latents, training=True)).max() > 1
    assert discriminator(images).shape == (2, 1)


def test_the_label_changes_the_image_and_the_verdict():
    generator, discriminator = map(with_random_weights, vit(**TINY, num_classes=3))
    latents = np.tile(np.random.default_rng(0).normal(size=(1, 4)), (3, 1))
    images = generator({"latents": latents, "labels": np.arange(3)}, training=True)
    logits = discriminator({"images": np.tile(images[:1], (3, 1, 1, 1)), "labels": np.arange(3)})
    assert len(np.unique(np.asarray(images)[:, 0, 0, 0])) == len(np.unique(logits)) == 3


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = vit(**TINY)
    assert generator.get_layer("block_0_attention").compute_dtype == policy.removeprefix("mixed_")
    images = generator(np.ones((2, 4), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


@pytest.mark.usefixtures("float64")
def test_second_order_gradient_equals_finite_differences():
    _, discriminator = vit(**TINY)
    network = with_random_weights(keras.Model(discriminator.input, discriminator.get_layer("norm").output))
    rng = np.random.default_rng(1)
    x = tf.constant(rng.normal(size=(2, 8, 8, 1)))
    variables = network.trainable_variables
    directions = [rng.normal(size=variable.shape) for variable in variables]

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.sin(network(x, training=True)))
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        value = penalty()
    values = [variable.value for variable in variables]
    gradients = tape.gradient(value, values, unconnected_gradients="zero")
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    found = []
    for step in (1e-5, -2e-5):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        found.append(float(penalty()))
    assert slope == pytest.approx((found[0] - found[1]) / 2e-5, rel=1e-4)


@pytest.mark.parametrize("player", [0, pytest.param(1, marks=pytest.mark.long)])
def test_xla_gives_the_eager_result(player):
    network = with_random_weights(vit(**TINY)[player])
    x = np.random.default_rng(0).normal(size=(2, *network.input_shape[1:])).astype("float32")
    compiled = tf.function(lambda x: network(x, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(x), network(x, training=False), rtol=1e-3, atol=1e-4)


@pytest.mark.long
def test_save_and_load_give_equal_outputs(tmp_path):
    generator, discriminator = map(with_random_weights, vit(**TINY))
    z = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(z)
    np.testing.assert_array_equal(images, generator(z))
    logits = keras.saving.load_model(tmp_path / "discriminator.keras")(images)
    np.testing.assert_array_equal(logits, discriminator(images))


def test_sides_that_are_no_multiples_of_the_patch():
    with pytest.raises(ValueError, match=r"for example to 28x32, .*Received: image_shape=\(27, 33, 1\), patch_size=4"):
        vit(image_shape=(27, 33, 1))


def test_a_width_that_is_no_multiple_of_the_heads():
    with pytest.raises(ValueError, match=r"such as 12. Received: width=11, heads=4"):
        vit(image_shape=(8, 8, 1), width=11)


@pytest.mark.parametrize("name", ["latent_dim", "patch_size", "width", "depth", "heads"])
def test_bad_sizes(name):
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}=0"):
        vit(**TINY | {name: 0})
