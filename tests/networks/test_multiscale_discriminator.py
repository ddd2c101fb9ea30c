"""The discriminators of pix2pixHD: their pyramid, their maps, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import multiscale_discriminator, patch_discriminator

TINY = {"image_shape": (12, 17, 1), "source_channels": 2, "width": 2, "layers": 1, "scales": 2}


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def pair(sides=(12, 17), count=2):
    return {"images": pictures(count, *sides, 1), "source": pictures(count, *sides, 2)}


def test_each_scale_is_a_patch_discriminator():
    discriminator = multiscale_discriminator(image_shape=(64, 64, 3), source_channels=3, scales=3)
    one = patch_discriminator(image_shape=(64, 64, 3), source_channels=3)
    assert discriminator.count_params() == 3 * one.count_params()
    # As in the authors' code: a padding of two pixels, and half as many positions at each scale.
    assert [maps.shape[1] for maps in discriminator.output["logits"]] == [11, 7, 5]
    assert [len(maps) for maps in discriminator.output["features"]] == [4, 4, 4]
    assert [maps.shape[-1] for maps in discriminator.output["features"][0]] == [64, 128, 256, 512]


def test_the_map_of_256_pixels_has_the_published_size():
    discriminator = multiscale_discriminator(image_shape=(256, 256, 3), width=1, scales=1)
    assert discriminator.output["logits"][0].shape == (None, 35, 35, 1)


@pytest.mark.parametrize("sides", [(6, 8), (7, 9), (1, 4)])
def test_a_smaller_picture_is_the_mean_of_the_pixels_that_there_are(sides):
    layer = multiscale_discriminator(image_shape=(*sides, 2), width=1, layers=1).get_layer("scale_1")
    x = pictures(2, *sides, 2)
    expected = np.array(
        [
            [x[:, max(0, i - 1) : i + 2, max(0, j - 1) : j + 2].mean(axis=(1, 2)) for j in range(0, sides[1], 2)]
            for i in range(0, sides[0], 2)
        ]
    )
    np.testing.assert_allclose(layer(x), expected.transpose(2, 0, 1, 3), atol=1e-6)


def test_the_logits_of_a_scale_are_those_of_explicit_paddings():
    discriminator = multiscale_discriminator(**TINY, normalization=None)
    rng = np.random.default_rng(1)
    discriminator.set_weights([rng.normal(size=w.shape).astype("float32") for w in discriminator.weights])
    given = pair()
    x = tf.concat([given["source"], given["images"]], axis=-1)
    found = discriminator(given)
    for scale in range(2):
        y = discriminator.get_layer("scale_1")(x) if scale else x
        for index, (name, strides) in enumerate((("down_0", 2), ("wide", 1), ("logits", 1))):
            layer = discriminator.get_layer(f"scale_{scale}_{name}")
            y = tf.nn.conv2d(tf.pad(y, [(0, 0), (2, 2), (2, 2), (0, 0)]), layer.kernel, strides, "VALID") + layer.bias
            if index < 2:
                y = tf.nn.leaky_relu(y, 0.2)
                np.testing.assert_allclose(found["features"][scale][index], y, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(found["logits"][scale], y, rtol=1e-4, atol=1e-3)


def test_a_network_of_any_size_is_that_of_each_size():
    free = multiscale_discriminator(**TINY | {"image_shape": (None, None, 1)})
    fixed = multiscale_discriminator(**TINY)
    fixed.set_weights(free.get_weights())
    for mine, theirs in zip(*(tf.nest.flatten(network(pair())) for network in (free, fixed)), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_save_and_load_give_equal_logits(tmp_path):
    discriminator = multiscale_discriminator(**TINY)
    discriminator.save(tmp_path / "discriminator.keras")
    again = keras.saving.load_model(tmp_path / "discriminator.keras")
    for mine, theirs in zip(*(tf.nest.flatten(network(pair())) for network in (again, discriminator)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_mixed_precision_returns_float32_logits():
    keras.config.set_dtype_policy("mixed_float16")
    found = multiscale_discriminator(**TINY)(pair())
    assert {logits.dtype for logits in found["logits"]} == {tf.float32}
    assert found["features"][0][0].dtype == tf.float16


@pytest.mark.parametrize("arguments", [{"width": 0}, {"layers": 0}, {"scales": 0}, {"source_channels": 0}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}={value}"):
        multiscale_discriminator(**TINY | arguments)


def test_an_unknown_normalization():
    with pytest.raises(ValueError, match="must be one of 'instance', 'batch', None"):
        multiscale_discriminator(normalization="layer")
