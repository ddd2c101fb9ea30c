"""The generator of ESRGAN: its published size, the formula of a block, and what each scale means."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import rrdb
from keras_gan.networks.rrdb import PixelUnshuffle

TINY = {"width": 2, "growth": 2, "blocks": 1}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


@pytest.mark.long
def test_the_published_size_of_rrdb():
    """Two thousand layers: to build them takes ten seconds."""
    assert trainable_count(rrdb()) == 16_697_987


def test_the_published_size_of_rrdb_from_two_sizes():
    """The sizes of two and of three blocks say how large 23 are."""
    one, two = (trainable_count(rrdb(image_shape=(None, None, 3), blocks=blocks)) for blocks in (1, 2))
    assert one + 22 * (two - one) == 16_697_987


@pytest.mark.long
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_rrdb_enlarges_pictures_of_any_size_and_channels(scale):
    network = rrdb(image_shape=(None, None, 2), target_channels=3, scale=scale, **TINY)
    fixed = rrdb(image_shape=(8, 4, 2), target_channels=3, scale=scale, **TINY)
    fixed.set_weights(network.get_weights())
    made = network(pictures(1, 8, 4, 2))
    assert made.shape == (1, 8 * scale, 4 * scale, 3)
    np.testing.assert_allclose(made, fixed(pictures(1, 8, 4, 2)), atol=1e-6)


def test_a_picture_whose_pixels_cannot_be_folded_is_refused():
    with pytest.raises(ValueError, match=r"multiples of 2 for this network. The nearest that work: 4 x 4 or 6 x 4"):
        rrdb(image_shape=(None, None, 1), scale=2, **TINY)(pictures(1, 5, 4, 1))
    with pytest.raises(ValueError, match=r"multiples of 4.*Received: image_shape=\(6, 8, 1\)"):
        rrdb(image_shape=(6, 8, 1), scale=1, **TINY)


def test_the_rrdb_of_one_block_by_hand():
    """The formula of the docstring, with plain convolutions."""
    network = rrdb(image_shape=(4, 4, 1), **TINY)

    def conv(x, name):
        layer = network.get_layer(name)
        return tf.nn.conv2d(x, layer.kernel.value, 1, "SAME") + layer.bias

    def dense(x, name):
        maps = [x]
        for i in range(4):
            maps.append(tf.nn.leaky_relu(conv(tf.concat(maps, -1), f"{name}_conv_{i}"), 0.2))
        return x + 0.2 * conv(tf.concat(maps, -1), f"{name}_conv_4")

    x = shallow = conv(pictures(1, 4, 4, 1), "from_images")
    for j in range(3):
        x = dense(x, f"block_0_{j}")
    x = shallow + conv(shallow + 0.2 * x, "after_blocks")
    for i in range(2):
        x = tf.nn.leaky_relu(conv(tf.repeat(tf.repeat(x, 2, 1), 2, 2), f"up_{i}"), 0.2)
    x = conv(tf.nn.leaky_relu(conv(x, "large"), 0.2), "to_images")
    np.testing.assert_allclose(network(pictures(1, 4, 4, 1), training=True), x, atol=1e-5)


def test_the_kernels_of_dense_blocks_begin_small():
    kernel = np.asarray(rrdb(image_shape=(4, 4, 1), blocks=1).get_layer("block_0_0_conv_4").kernel)
    assert np.std(kernel) == pytest.approx(0.1 * np.sqrt(2.0 / (9 * (64 + 4 * 32))), rel=0.05)


def test_images_are_clipped_except_in_training():
    network = rrdb(image_shape=(4, 4, 1), **TINY)
    network.get_layer("to_images").bias.assign([2.0])
    assert np.max(network(pictures(1, 4, 4, 1))) == 1.0
    assert np.max(network(pictures(1, 4, 4, 1), training=True)) > 1.0


def test_a_saved_network_is_the_same(tmp_path):
    network = rrdb(image_shape=(4, 4, 1), **TINY, scale=2)
    network.save(tmp_path / "network.keras")
    x = pictures(1, 4, 4, 1)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "network.keras")(x), network(x))


def test_unshuffling_is_the_inverse_of_the_shuffle():
    x = pictures(1, 4, 6, 2)
    np.testing.assert_array_equal(tf.nn.depth_to_space(PixelUnshuffle(2)(x), 2), x)


@pytest.mark.parametrize("wrong, words", [({"scale": 8}, "`scale` must be"), ({"growth": 0}, "`growth` must be")])
def test_bad_arguments_are_refused(wrong, words):
    with pytest.raises(ValueError, match=f"{words}.*Received: "):
        rrdb(**wrong)
