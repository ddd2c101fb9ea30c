"""The equalised learning rate: unit variance, He's constant at run time, and the pace of Adam."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import Conv2D, EqualizedLearningRate
from keras_gan.networks._resampling_convolutions import UpsamplingConv2D

KINDS = {
    "Dense": (lambda: keras.layers.Dense(64), (64,), 64),
    "Conv2D": (lambda: Conv2D(64, 3, padding="same"), (8, 8, 32), 9 * 32),
    "Conv2DTranspose": (lambda: keras.layers.Conv2DTranspose(64, (4, 6)), (1, 1, 48), 24 * 48),
    "groups": (lambda: keras.layers.Conv2D(64, 3, groups=4), (8, 8, 32), 9 * 8),
    "UpsamplingConv2D": (lambda: UpsamplingConv2D(64, 3, padding="same"), (4, 4, 32), 9 * 32),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernel_is_standard_normal_and_is_scaled_where_it_is_used(kind):
    make, shape, fan_in = KINDS[kind]
    layer, plain = EqualizedLearningRate(make(), gain=1.5, learning_rate_multiplier=0.5), make()
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    outputs = layer(x)
    kernel, bias = layer.get_weights()
    assert 0.5 * kernel.std() == pytest.approx(1.0, abs=0.05)
    plain.build((None, *shape))
    layer.set_weights([kernel, bias + 2.0])
    outputs = layer(x)
    plain.set_weights([0.5 * 1.5 / math.sqrt(fan_in) * kernel, bias + 1.0])
    np.testing.assert_allclose(outputs, plain(x), atol=1e-5)
    assert outputs.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("units", [16, 1024])
def test_a_layer_of_any_width_keeps_unit_variance(units):
    layer = EqualizedLearningRate(keras.layers.Dense(500))
    x = np.random.default_rng(0).normal(size=(40, units)).astype("float32")
    assert np.std(layer(x)) == pytest.approx(1.0, abs=0.1)


def test_the_gain_of_the_leaky_rectifier_keeps_the_size_of_the_activations():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 256)).astype("float32")
    for _ in range(6):
        x = tf.nn.leaky_relu(EqualizedLearningRate(keras.layers.Dense(256), gain=math.sqrt(2))(x), 0.2)
    assert float(tf.reduce_mean(x**2)) == pytest.approx(1.04**6, rel=0.15)


def test_adam_moves_all_layers_in_use_by_the_same_share_of_their_range():
    shares = []
    for units, multiplier in ((16, 1.0), (1024, 1.0), (64, 0.01)):
        layer = EqualizedLearningRate(keras.layers.Dense(8), learning_rate_multiplier=multiplier)
        x = tf.random.normal((4, units))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) ** 2)
        before = layer.get_weights()[0]
        keras.optimizers.Adam(0.01).apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)
        shares.append(np.abs(layer.get_weights()[0] - before).mean() / before.std())
    np.testing.assert_allclose(shares, [0.01, 0.01, 0.0001], rtol=0.15)


def test_it_is_saved_with_its_weights(tmp_path):
    layer = EqualizedLearningRate(keras.layers.Dense(3), gain=2.0, learning_rate_multiplier=0.1, name="dense")
    model = keras.Sequential([keras.Input((4,)), layer])
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_layer_computes_in_its_own_precision_and_keeps_float32_weights(policy):
    layer = EqualizedLearningRate(keras.layers.Dense(3, dtype=policy))
    outputs = layer(np.ones((1, 4), "float32"))
    assert outputs.dtype == keras.DTypePolicy(policy).compute_dtype
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_losses_of_the_wrapped_layer_are_kept():
    layer = EqualizedLearningRate(keras.layers.Dense(2, activity_regularizer=keras.regularizers.L2(1.0)))
    outputs = layer(np.ones((1, 4), "float32"))
    assert float(layer.losses[0]) == pytest.approx(float(tf.reduce_sum(outputs**2)), rel=1e-5)


def test_what_it_refuses():
    with pytest.raises(ValueError, match=r"works on these layers: Dense, Conv1D.* Received: layer=<ReLU"):
        EqualizedLearningRate(keras.layers.ReLU())
    with pytest.raises(ValueError, match="EqualizedLearningRate needs a layer with one float kernel"):
        EqualizedLearningRate(keras.layers.Dense(2, lora_rank=1))
    with pytest.raises(ValueError, match=r"`gain` must be a number in \(0.0, inf\)"):
        EqualizedLearningRate(keras.layers.Dense(2), gain=0)
