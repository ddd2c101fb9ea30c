"""The style loss against its formula, and what it does not see."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.losses import Style

RNG = np.random.default_rng(0)


def network():
    layers = [keras.Input((None, None, 3)), keras.layers.Conv2D(4, 1, name="colours"), keras.layers.ReLU(name="relu")]
    return keras.Sequential(layers, name="trunk")


def pictures(count, height=6, width=5):
    return RNG.uniform(-1, 1, size=(count, height, width, 3)).astype("float32")


def gram(features):
    """Pixel by pixel, in float64."""
    total = np.zeros((features.shape[-1],) * 2)
    for row in features.astype(np.float64):
        for values in row:
            total += np.outer(values, values)
    return total / features.size


def test_it_is_the_distance_of_the_gram_matrices():
    trunk, x, y = network(), pictures(2), pictures(2)
    loss = Style(trunk, ["colours", "relu"], weights=[0.5, 2.0])
    maps = keras.Model(trunk.inputs[0], [trunk.get_layer(name).output for name in ("colours", "relu")])
    expected = 0.0
    for weight, real, fake in zip((0.5, 2.0), maps(x), maps(y), strict=True):
        pairs = zip(real.numpy(), fake.numpy(), strict=True)
        expected += weight * np.mean([np.square(gram(one) - gram(other)).sum() for one, other in pairs])
    assert float(loss(x, y)) == pytest.approx(expected, rel=1e-5)


def test_gatys_has_a_fourth_of_it():
    # E = 1 / (4 N^2 M^2) sum (F F' - A A')^2 of M positions and N channels, equation 4, with weights of 1/5.
    one, other = RNG.normal(size=(2, 7, 4))
    gatys = np.square(one.T @ one - other.T @ other).sum() / (4 * 4**2 * 7**2) / 5
    trunk = keras.Sequential([keras.Input((None, None, 4)), keras.layers.Identity(name="given")])
    loss = Style(trunk, ["given"], weights=Style.PUBLISHED["gatys"]["weights"][:1])
    scale = 0.1 * np.stack([one, other]).reshape(2, 1, 1, 7, 4).astype("float32")
    assert float(loss(*scale)) == pytest.approx(0.1**4 * gatys, rel=1e-5)


def test_one_image_of_another_size_is_the_example_for_all():
    loss, example, made = Style(network(), ["relu"]), pictures(1, 9, 4), pictures(3)
    each = [float(loss(example, made[i : i + 1])) for i in range(3)]
    assert float(loss(example, made)) == pytest.approx(np.mean(each), rel=1e-5)
    with pytest.raises(ValueError, match=r"as many of both, or one real image. Received: 2 real images, 3 gener"):
        loss(pictures(2), made)


def test_only_the_generated_images_get_a_gradient():
    loss, real, fake = Style(network(), ["colours"]), tf.constant(pictures(1)), tf.constant(pictures(1))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        value = loss(real, fake)
    assert tape.gradient(value, real) is None
    assert float(loss(real, fake - tape.gradient(value, fake))) < float(value)


def test_config_remakes_the_loss():
    loss = Style(network(), ["colours", "relu"], weights=[1, 2])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    again.network.set_weights(loss.network.get_weights())
    x, y = pictures(2), pictures(2)
    assert float(again(x, y)) == pytest.approx(float(loss(x, y)))
