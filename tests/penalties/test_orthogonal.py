"""The orthogonal penalty: which kernels it sees, and as which matrices."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization
from keras_gan.penalties import Orthogonal


def built(layer, shape):
    return keras.Sequential([keras.Input(shape), layer])


def overlap(matrix):
    """|W^T W * (1 - I)|^2, with a filter in each column."""
    products = matrix.T @ matrix
    return np.sum((products * (1.0 - np.eye(len(products)))) ** 2)


@pytest.mark.parametrize(
    ("layer", "shape", "matrices"),
    [
        (keras.layers.Dense(4), (3,), lambda kernel: [kernel]),
        (keras.layers.Conv2D(4, 3), (5, 5, 2), lambda kernel: [kernel.reshape(-1, 4)]),
        (SpectralNormalization(keras.layers.Conv2D(4, 3)), (5, 5, 2), lambda kernel: [kernel.reshape(-1, 4)]),
        (
            keras.layers.Conv2DTranspose(4, 3),
            (5, 5, 2),
            lambda kernel: [kernel.transpose(0, 1, 3, 2).reshape(-1, 4)],
        ),
        (
            keras.layers.Conv2D(4, 3, groups=2),
            (5, 5, 6),
            lambda kernel: [kernel[..., :2].reshape(-1, 2), kernel[..., 2:].reshape(-1, 2)],
        ),
        (
            keras.layers.DepthwiseConv2D(3, depth_multiplier=2),
            (5, 5, 2),
            lambda kernel: [kernel[:, :, channel].reshape(-1, 2) for channel in range(2)],
        ),
    ],
    ids=["dense", "convolution", "spectral", "transposed", "grouped", "depthwise"],
)
def test_filters_are_columns(layer, shape, matrices):
    network = built(layer, shape)
    kernel = next(weight for weight in network.trainable_weights if weight.name == "kernel")
    # The initial weights have a seed of their own, from when the layer was made.
    kernel.assign(np.random.default_rng(1).normal(size=kernel.shape))
    expected = sum(map(overlap, matrices(np.asarray(kernel, "float64"))))
    assert expected > 0.001
    assert float(Orthogonal(1.0)(network)) == pytest.approx(expected, rel=1e-4)


def test_orthogonal_filters_of_any_norm_are_free():
    network = built(keras.layers.Dense(3), (3,))
    network.layers[0].kernel.assign(np.diag([3.0, 2.0, 0.5]))
    assert float(Orthogonal(1.0)(network)) == 0.0


def test_the_gradient_is_the_papers():
    """d/dW |W^T W * (1 - I)|^2 = 4 W (W^T W * (1 - I)); the authors' code takes half of it."""
    network = built(keras.layers.Dense(3), (4,))
    kernel = network.layers[0].kernel
    with tf.GradientTape() as tape:
        value = Orthogonal(1.0)(network)
    matrix = np.asarray(kernel, "float64")
    expected = 4 * matrix @ ((matrix.T @ matrix) * (1 - np.eye(3)))
    np.testing.assert_allclose(tape.gradient(value, kernel.value), expected, atol=1e-5)


def test_kernels_inside_models_count_once_and_frozen_ones_and_embeddings_do_not():
    shared, frozen = built(keras.layers.Dense(3), (3,)), built(keras.layers.Dense(3), (3,))
    frozen.trainable = False
    points, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    hidden = shared(frozen(shared(points))) + keras.layers.Embedding(4, 3)(labels)
    assert float(Orthogonal(1.0)(keras.Model([points, labels], hidden))) == float(Orthogonal(1.0)(shared))


def test_it_is_for_either_player():
    assert [Orthogonal(player=player).name for player in ("generator", "discriminator")] == [
        "g_orthogonal",
        "d_orthogonal",
    ]
    with pytest.raises(ValueError, match=r"`player` must be one of 'generator', 'discriminator'.*Received: player='d'"):
        Orthogonal(player="d")


def test_a_network_without_kernels_is_refused():
    network = built(keras.layers.Flatten(), (3, 1))
    with pytest.raises(ValueError, match=r"no layer with a trainable kernel.*Received: generator="):
        Orthogonal().validate(network)
