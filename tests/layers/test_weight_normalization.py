"""Weight normalisation: the paper's formula and gradients in every kind of layer, and networks without it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization, WeightNormalization, fold_weight_normalization

# A layer of each supported kind, the shape of one input sample, and the axis of the kernel that holds output
# channels.
KINDS = {
    "Dense": (lambda: keras.layers.Dense(4), (5,), -1),
    "Conv1D": (lambda: keras.layers.Conv1D(4, 3), (6, 3), -1),
    "Conv2D": (lambda: keras.layers.Conv2D(4, (5, 1), strides=(3, 1), padding="same"), (6, 6, 3), -1),
    "Conv3D": (lambda: keras.layers.Conv3D(4, 2), (3, 3, 3, 2), -1),
    "Conv1DTranspose": (lambda: keras.layers.Conv1DTranspose(4, 4, strides=2, padding="same"), (5, 3), -2),
    "Conv2DTranspose": (lambda: keras.layers.Conv2DTranspose(4, 3, strides=2), (4, 4, 3), -2),
    "Conv3DTranspose": (lambda: keras.layers.Conv3DTranspose(4, 2), (2, 2, 2, 3), -2),
}


def wrapped(kind):
    """A built layer of a kind, and an input."""
    make, shape, _ = KINDS[kind]
    x = np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
    layer = WeightNormalization(make())
    layer(x)
    return layer, x


@pytest.mark.parametrize("kind", KINDS)
def test_begins_as_the_layer_without_it(kind):
    layer, x = wrapped(kind)
    np.testing.assert_allclose(layer(x), layer.layer(x), rtol=1e-5, atol=1e-6)
    assert tuple(layer.compute_output_shape(x.shape)) == tuple(layer(x).shape)


@pytest.mark.parametrize("kind", KINDS)
def test_each_output_channel_has_the_length_of_its_gain_and_the_direction_of_its_weights(kind):
    layer, x = wrapped(kind)
    gain = np.array([0.5, -1.0, 2.0, 3.0], "float32")
    layer.gain.assign(gain)
    v = np.moveaxis(np.asarray(layer.layer.kernel), KINDS[kind][2], -1).reshape(-1, 4)
    w = gain * v / np.linalg.norm(v, axis=0)
    found = np.moveaxis(np.asarray(layer.normalized_kernel()), KINDS[kind][2], -1).reshape(-1, 4)
    np.testing.assert_allclose(found, w, rtol=1e-5)
    plain = KINDS[kind][0]()
    plain.build(x.shape)
    plain.set_weights([np.asarray(layer.normalized_kernel()), *layer.layer.get_weights()[1:]])
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-5, atol=1e-6)


def test_gradients_are_those_of_the_paper():
    layer, x = wrapped("Dense")
    layer.gain.assign([0.5, -1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer(x)))
    of_v, of_g = tape.gradient(loss, [layer.layer.kernel.value, layer.gain.value])
    plain = keras.layers.Dense(4)
    plain.build(x.shape)
    plain.set_weights([np.asarray(layer.normalized_kernel()), *layer.layer.get_weights()[1:]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(plain(x)))
    of_w = tape.gradient(loss, plain.kernel.value).numpy()
    # Equation 3.
    v, g = np.asarray(layer.layer.kernel), np.asarray(layer.gain)
    norm = np.linalg.norm(v, axis=0)
    expected = np.sum(of_w * v, axis=0) / norm
    np.testing.assert_allclose(of_g, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_v, g / norm * of_w - g * expected / norm**2 * v, rtol=1e-4, atol=1e-6)


def test_weights_without_a_norm_give_zero_and_finite_gradients():
    layer, x = wrapped("Dense")
    layer.layer.kernel.assign(np.zeros((5, 4)))
    with tf.GradientTape() as tape:
        outputs = layer(x)
    np.testing.assert_array_equal(outputs, np.zeros((2, 4)))
    assert all(np.isfinite(g).all() for g in tape.gradient(outputs, [layer.layer.kernel.value, layer.gain.value]))


def test_mixed_precision_normalises_the_unrounded_weights():
    x = np.ones((1, 2), "float32")
    layer = WeightNormalization(keras.layers.Dense(1, dtype="mixed_float16"))
    layer.build(x.shape)
    # The squares of these overflow float16.
    layer.layer.kernel.assign([[300.0], [400.0]])
    layer.gain.assign([10.0])
    assert layer(x).dtype == tf.float16
    np.testing.assert_allclose(layer(x), [[14.0]], rtol=1e-3)


def test_save_and_load_keep_the_gains(tmp_path):
    layer, x = wrapped("Conv1D")
    layer.gain.assign([0.5, -1.0, 2.0, 3.0])
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_config_is_the_arguments():
    config = WeightNormalization(keras.layers.Dense(2), name="wn", trainable=False).get_config()
    assert set(config) == {"layer", "name", "trainable"}
    copy = WeightNormalization.from_config(config)
    assert (copy.name, copy.trainable, copy.layer.units) == ("wn", False, 2)


def test_unsupported_layers_are_named():
    with pytest.raises(ValueError, match=r"WeightNormalization works on these layers: Dense, .* Received: layer="):
        WeightNormalization(keras.layers.Embedding(3, 2))


class TestFolding:
    @pytest.fixture
    def network(self):
        """Two branches, one of them with other layers, and gains that are no norms."""
        x = keras.Input((None, 3))
        branches = [
            WeightNormalization(keras.layers.Conv1D(2, 3, padding="same", use_bias=False), name="left")(x),
            SpectralNormalization(keras.layers.Conv1D(2, 3, padding="same"))(x),
        ]
        y = WeightNormalization(keras.layers.Conv1DTranspose(2, 4, strides=2, padding="same"))(sum(branches))
        network = keras.Model(x, {"logits": y})
        network.get_layer("left").gain.assign([5.0, -2.0])
        return network

    def test_computes_the_same_with_plain_layers(self, network):
        folded = fold_weight_normalization(network)
        x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
        np.testing.assert_allclose(folded(x)["logits"], network(x)["logits"], rtol=1e-5, atol=1e-6)
        assert isinstance(folded.get_layer("left"), keras.layers.Conv1D)
        assert not any(isinstance(layer, WeightNormalization) for layer in folded.layers)
        assert folded.count_params() == network.count_params() - 4

    def test_the_network_can_be_trained_on_without_changing_it(self, network):
        folded = fold_weight_normalization(network)
        kept = folded.get_weights()
        network.set_weights([weight + 1.0 for weight in network.get_weights()])
        assert all(map(np.array_equal, folded.get_weights(), kept))

    def test_what_is_no_such_network(self):
        with pytest.raises(ValueError, match=r"functional or Sequential keras\.Model\. Received: network="):
            fold_weight_normalization(keras.layers.Dense(2))
