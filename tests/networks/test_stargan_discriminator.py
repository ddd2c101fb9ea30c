"""The discriminator of StarGAN: published size, both of its answers, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import stargan_discriminator


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_published_parameter_count_and_maps():
    discriminator = stargan_discriminator()
    assert discriminator.count_params() == 44_762_048
    assert discriminator.output["logits"].shape == (None, 2, 2, 1)
    assert discriminator.output["classes"].shape == (None, 5)


def test_the_answers_written_out():
    discriminator = stargan_discriminator(image_shape=(8, 12, 2), num_classes=3, width=2, layers=2)
    rng = np.random.default_rng(1)
    discriminator.set_weights([rng.normal(size=w.shape).astype("float32") for w in discriminator.weights])
    x = y = pictures(2, 8, 12, 2)
    for i in range(2):
        layer = discriminator.get_layer(f"down_{i}")
        y = tf.nn.conv2d(tf.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)]), layer.kernel, 2, "VALID") + layer.bias
        y = tf.nn.leaky_relu(y, 0.01)
    logits = tf.nn.conv2d(y, discriminator.get_layer("logits").kernel, 1, "SAME")
    classes = tf.tensordot(y, discriminator.get_layer("whole").kernel, 3)
    found = discriminator(x)
    np.testing.assert_allclose(found["logits"], logits, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found["classes"], classes, rtol=1e-4, atol=1e-3)


def test_odd_sides_and_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    found = stargan_discriminator(image_shape=(9, 5, 1), num_classes=2, width=2, layers=3)(pictures(2, 9, 5, 1))
    assert (found["logits"].shape, found["classes"].shape) == ((2, 2, 1, 1), (2, 2))
    assert found["logits"].dtype == found["classes"].dtype == tf.float32


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (32, 64, 3)}, r"too small to be halved 6 times: make its sides at least 33.*layers=6"),
        ({"image_shape": (None, None, 3)}, r"must be \(height, width, channels\) .*Received: image_shape="),
        ({"num_classes": 0}, "`num_classes` must be an integer of at least 1"),
        ({"layers": 0}, "`layers` must be an integer of at least 1"),
        ({"width": 0}, "`width` must be an integer of at least 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        stargan_discriminator(**arguments)
