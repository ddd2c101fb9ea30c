"""The gated convolution: its formula, its shape, and what is refused."""

import keras
import numpy as np
import pytest

from keras_gan.layers import GatedConv2D


def inputs(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_features_are_multiplied_by_their_own_gates():
    layer, x = GatedConv2D(3, 1), inputs(2, 4, 5, 2)
    layer.build(x.shape)
    kernel, bias = inputs(1, 1, 2, 6), inputs(6)
    layer.set_weights([kernel, bias])
    both = (x.astype("float64") @ kernel[0, 0]) + bias
    features, gates = both[..., :3], both[..., 3:]
    elu = np.where(features > 0, features, np.expm1(features))
    np.testing.assert_allclose(layer(x), elu / (1.0 + np.exp(-gates)), atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("settings", [{"strides": 2}, {"dilation_rate": 2}], ids=str)
def test_the_convolution_is_that_of_keras(settings):
    layer, x = GatedConv2D(3, 3, activation=None, **settings), inputs(2, 7, 8, 2)
    found = np.asarray(layer(x))
    assert layer.compute_output_shape(x.shape) == found.shape
    plain = keras.layers.Conv2D(6, 3, padding="same", **settings)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    features, gates = np.split(np.asarray(plain(x)), 2, axis=-1)
    np.testing.assert_allclose(found, features / (1.0 + np.exp(-gates)), atol=1e-5)


def test_a_copy_from_its_configuration_is_the_same():
    layer = GatedConv2D(3, 5, strides=2, activation="relu", kernel_initializer="he_normal", dtype="mixed_bfloat16")
    again = GatedConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again(inputs(1, 4, 4, 2)).dtype == "bfloat16"
    assert again.convolution.kernel.dtype == "float32"


@pytest.mark.parametrize("bad", [{"filters": 0}, {"kernel_size": 2.5}, {"strides": 0}, {"dilation_rate": None}])
def test_bad_sizes(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"`{name}` must be an integer"):
        GatedConv2D(**{"filters": 2, "kernel_size": 3} | bad)
