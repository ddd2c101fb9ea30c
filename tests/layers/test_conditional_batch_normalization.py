"""Conditional batch normalisation: its formula for labels and vectors, its statistics, second order, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import BatchNormalization, ConditionalBatchNormalization, SpectralNormalization

LABELS = np.array([2, 0, 1, 2, 2, 0])


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(2.0, 3.0, size=(6, 3, 2, 4)).astype("float32")


def vectors(size=5):
    return np.random.default_rng(1).normal(size=(6, size)).astype("float32")


def built(layer, x, condition):
    """The layer with random weights."""
    layer([x, condition])
    rng = np.random.default_rng(2)
    for variable in layer.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return layer


def normalized(x, epsilon):
    return (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + epsilon)


def test_each_sample_has_the_gain_and_bias_of_its_class_and_the_statistics_of_the_batch(x):
    layer = built(ConditionalBatchNormalization(3, epsilon=0.1), x, LABELS)
    gains, biases = (np.asarray(part.embeddings)[LABELS][:, None, None] for part in (layer.gains, layer.biases))
    expected = normalized(x.astype("float64"), 0.1) * (1 + gains) + biases
    np.testing.assert_allclose(layer([x, LABELS], training=True), expected, rtol=1e-4, atol=1e-5)


def test_vectors_give_gains_and_biases_by_two_matrices(x):
    layer = built(ConditionalBatchNormalization(epsilon=0.1), x, vectors())
    gains, biases = (np.asarray(vectors() @ part.kernel)[:, None, None] for part in (layer.gains, layer.biases))
    expected = normalized(x.astype("float64"), 0.1) * (1 + gains) + biases
    np.testing.assert_allclose(layer([x, vectors()], training=True), expected, rtol=1e-4, atol=1e-5)


def test_one_hot_vectors_are_labels(x):
    by_label = built(ConditionalBatchNormalization(3), x, LABELS)
    by_vector = built(ConditionalBatchNormalization(), x, np.eye(3, dtype="float32")[LABELS])
    expected = by_label([x, LABELS], training=True)
    np.testing.assert_allclose(by_vector([x, np.eye(3)[LABELS]], training=True), expected, atol=1e-5)


def test_it_starts_as_batch_normalization(x):
    plain = BatchNormalization(epsilon=2e-5)
    layer = ConditionalBatchNormalization(3)
    np.testing.assert_array_equal(layer([x, LABELS], training=True), plain(x, training=True))
    np.testing.assert_array_equal(layer.normalization.moving_mean, plain.moving_mean)


def test_at_inference_an_image_depends_on_its_own_class_alone(x):
    layer = built(ConditionalBatchNormalization(3), x, LABELS)
    layer([x, LABELS], training=True)
    everything = np.asarray(layer([x, LABELS]))
    np.testing.assert_allclose(layer([x[3:4], LABELS[3:4]]), everything[3:4], rtol=1e-6)
    # Alone of its class in a batch of another.
    np.testing.assert_allclose(layer([x, np.array([2, 0, 0, 0, 0, 0])])[:1], everything[:1], rtol=1e-6)


@pytest.mark.parametrize("condition", ["labels", "vectors"])
def test_second_order_gradient_equals_finite_differences(condition):
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=size)) for size in ((6, 5), (5, 4), (5, 4)))
    given = LABELS if condition == "labels" else tf.constant(vectors(), "float64")
    layer = ConditionalBatchNormalization(3 if condition == "labels" else None, dtype="float64")
    built(layer, x @ w, given)

    def penalty(w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.sin(layer([x @ w, given], training=True)))
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalty(w)
    slope = tf.reduce_sum(tape.gradient(value, w) * direction)
    numeric = (penalty(w + 1e-6 * direction) - penalty(w - 1e-6 * direction)) / 2e-6
    assert float(slope) == pytest.approx(float(numeric), rel=1e-6)


def test_bfloat16_keeps_gains_close_to_1():
    x = np.random.default_rng(0).normal(size=(2000, 1, 1, 1)).astype("float32")
    labels = np.arange(2000) % 2
    layer = ConditionalBatchNormalization(2, dtype="mixed_bfloat16")
    layer([x, labels])
    before = np.asarray(layer([x, labels]), "float32")
    # Less than half the distance of 1 to the next number in bfloat16.
    layer.gains.embeddings.assign([[0.003], [0.003]])
    after = layer([x, labels])
    assert after.dtype == tf.bfloat16
    assert np.sum(np.asarray(after, "float32") * before) / np.sum(before**2) == pytest.approx(1.003, abs=1e-3)


def test_replicas_share_their_statistics(two_replicas):
    x = np.random.default_rng(0).normal(2.0, 3.0, size=(16, 4)).astype("float32")
    labels = (np.arange(16) % 3).astype("int32")
    plain = built(ConditionalBatchNormalization(3), x, labels)
    expected = plain([x, labels], training=True)
    with two_replicas.scope():
        layer = ConditionalBatchNormalization(3)
        layer.build([x.shape, labels.shape])
    layer.set_weights(built(ConditionalBatchNormalization(3), x, labels).get_weights())
    pairs = tf.data.Dataset.from_tensor_slices((x, labels)).batch(16)
    halves = next(iter(two_replicas.experimental_distribute_dataset(pairs)))
    step = tf.function(lambda given: two_replicas.run(lambda x, y: layer([x, y], training=True), given))
    outputs = tf.concat(two_replicas.experimental_local_results(step(halves)), 0)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.normalization.moving_variance, plain.normalization.moving_variance, rtol=1e-5)


def test_spectral_normalization_of_both_matrices(x):
    layer = ConditionalBatchNormalization(spectral_normalization=True, initializer="orthogonal")
    built(layer, x, vectors(4))
    assert isinstance(layer.gains, SpectralNormalization)
    for part in (layer.gains, layer.biases):
        for _ in range(50):
            part.advance()
        norm = np.linalg.norm(part.layer.kernel, 2)
        np.testing.assert_allclose(part(np.eye(4, dtype="float32")), part.layer.kernel / norm, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"num_classes": 3}, {"spectral_normalization": True, "initializer": "orthogonal"}]
)
def test_a_network_with_it_is_saved(x, settings, tmp_path):
    maps = keras.Input(x.shape[1:])
    labels = settings.get("num_classes") is not None
    condition = keras.Input((), dtype="int32") if labels else keras.Input((5,))
    model = keras.Model([maps, condition], ConditionalBatchNormalization(**settings)([maps, condition]))
    given = [x, LABELS if labels else vectors()]
    built(model.layers[-1], *given)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(given), model(given))
    config = loaded.layers[-1].get_config()
    assert config == model.layers[-1].get_config()
    assert {name: config[name] for name in ("momentum", "epsilon")} == {"momentum": 0.9, "epsilon": 2e-5}


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"num_classes": 1}, "`num_classes` must be an integer of at least 2"),
        ({"momentum": 1.5}, "`momentum` must be"),
        ({"epsilon": 0.0}, "`epsilon` must be"),
        ({"num_classes": 3, "spectral_normalization": True}, "give vectors instead of labels.*num_classes=3"),
        ({"spectral_normalization": True}, "another `initializer`.*Received: initializer='zeros'"),
    ],
)
def test_bad_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        ConditionalBatchNormalization(**settings)


def test_inputs_that_are_no_pair(x):
    for layer, given in (
        (ConditionalBatchNormalization(3), x),
        (ConditionalBatchNormalization(3), [x, vectors()]),
        (ConditionalBatchNormalization(), [x, LABELS]),
    ):
        kind = "labels" if layer.num_classes else "vectors"
        with pytest.raises(ValueError, match=rf"takes a list of two: a map \(batch, \.\.\., channels\) and {kind}"):
            layer(given)
