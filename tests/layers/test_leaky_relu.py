"""Equal to Keras's layer, but for the work that its second gradient makes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.layers import LeakyReLU
from keras_gan.penalties import R1

POINTS = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")


def critic(activation):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3),
            activation(),
            keras.layers.Conv2D(4, 3),
            activation(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def penalty_gradients(network):
    with tf.GradientTape() as tape:
        value = R1(1.0)(network, tf.constant(POINTS), None)
    return tape.gradient(value, [network.layers[index].kernel for index in (0, 2, 5)])


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
def test_values_and_gradients_are_those_of_keras(slope):
    points = tf.constant(POINTS)
    outcomes = []
    for layer in (LeakyReLU(slope), keras.layers.LeakyReLU(slope)):
        with tf.GradientTape() as tape:
            tape.watch(points)
            outputs = layer(points)
            value = tf.reduce_sum(outputs**2)
        outcomes.append((outputs, tape.gradient(value, points)))
    for ours, stock in zip(*outcomes, strict=True):
        np.testing.assert_allclose(ours, stock, atol=1e-6)


def test_the_gradient_of_a_penalty_is_that_with_the_layer_of_keras():
    ours, stock = (
        penalty_gradients(critic(lambda kind=kind: kind(0.2))) for kind in (LeakyReLU, keras.layers.LeakyReLU)
    )
    for one, other in zip(ours, stock, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_penalty_makes_fewer_convolutions_than_with_the_layer_of_keras():
    def convolutions(kind):
        network = critic(lambda: kind(0.2))
        graph = tf.function(lambda: penalty_gradients(network)).get_concrete_function().graph
        return sum(operation.type.startswith("Conv2D") for operation in graph.get_operations())

    assert convolutions(LeakyReLU) < convolutions(keras.layers.LeakyReLU)


def test_it_keeps_the_dtype_and_is_remade_from_its_config():
    layer = LeakyReLU(0.3, dtype="float16", name="leak")
    assert layer(POINTS).dtype == "float16"
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("slope", [-0.1, 1.5, "0.2"])
def test_a_bad_slope(slope):
    with pytest.raises(ValueError, match=r"`negative_slope` must be a number in \[0.0, 1.0\]. Received"):
        keras_gan.layers.LeakyReLU(slope)
