"""Self-attention: the identity at the start, its formula position by position, second order, precision, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SelfAttention, SpectralNormalization


def maps(height=4, width=6, channels=16, dtype="float32"):
    return np.random.default_rng(0).normal(size=(2, height, width, channels)).astype(dtype)


def built(layer, x):
    """The layer with random weights."""
    layer(x)
    rng = np.random.default_rng(1)
    for variable in layer.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return layer


def test_it_starts_as_the_identity_and_learns_gamma_first():
    x, layer = tf.constant(maps()), SelfAttention()
    with tf.GradientTape() as tape:
        outputs = layer(x, training=True)
        total = tf.reduce_sum(outputs**3)
    np.testing.assert_array_equal(outputs, x)
    gradients = dict(
        zip([v.path for v in layer.trainable_variables], tape.gradient(total, layer.trainable_variables), strict=True)
    )
    assert [path.split("/")[-1] for path, gradient in gradients.items() if np.any(gradient)] == ["gamma"]


@pytest.mark.parametrize("height, width", [(4, 6), (5, 3)])
def test_equals_the_definition_position_by_position(height, width):
    x = maps(height, width)
    layer = built(SelfAttention(spectral_normalization=False), x)
    kernels = {name: np.asarray(getattr(layer, name).kernel)[0, 0] for name in ("theta", "phi", "g", "o")}
    assert {name: kernel.shape for name, kernel in kernels.items()} == {
        "theta": (16, 2),
        "phi": (16, 2),
        "g": (16, 8),
        "o": (8, 16),
    }
    expected = np.empty_like(x)
    corners = [(i, j) for i in range(0, height, 2) for j in range(0, width, 2)]
    for image, target in zip(x, expected, strict=True):
        keys, values = (
            np.array([np.max((image @ kernels[name])[i : i + 2, j : j + 2], axis=(0, 1)) for i, j in corners])
            for name in ("phi", "g")
        )
        for position in np.ndindex(height, width):
            scores = np.exp(keys @ (image[position] @ kernels["theta"]))
            read = scores / scores.sum() @ values @ kernels["o"]
            target[position] = image[position] + float(layer.gamma) * read
    np.testing.assert_allclose(layer(x), expected, rtol=1e-3, atol=1e-3)


def test_the_rows_of_the_attention_sum_to_1():
    x = maps()
    rows = np.asarray(built(SelfAttention(), x).attention(x))
    assert rows.shape == (2, 4 * 6, 2 * 3)
    assert rows.min() >= 0
    np.testing.assert_allclose(rows.sum(axis=-1), 1.0, rtol=1e-6)


def test_a_position_reads_from_the_far_end():
    """What no convolution of this size can do: the first pixel changes with the last."""
    x = maps()
    layer = built(SelfAttention(), x)
    other = x.copy()
    other[:, -1, -1] += 1.0
    assert np.all(np.abs(layer(x)[:, 0, 0] - layer(other)[:, 0, 0]).max(axis=-1) > 1e-3)


def test_the_four_kernels_are_spectrally_normalized_unless_they_are_not_to_be():
    x = maps()
    layer = built(SelfAttention(), x)
    parts = [layer.theta, layer.phi, layer.g, layer.o]
    assert {type(part) for part in parts} == {SpectralNormalization}
    assert sum(int(np.prod(v.shape)) for v in layer.trainable_variables) == 1 + 16 * (2 + 2 + 8 + 8)
    plain = SelfAttention(spectral_normalization=False)
    plain.build(x.shape)
    kernels = [part.normalized_kernel() for part in parts]
    for part, kernel in zip((plain.theta, plain.phi, plain.g, plain.o), kernels, strict=True):
        part.kernel.assign(kernel)
    plain.gamma.assign(layer.gamma)
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("height", [4, 5])
def test_second_order_gradient_equals_finite_differences(height):
    x = tf.constant(maps(height, 4, 8, "float64"))
    layer = built(SelfAttention(spectral_normalization=False, dtype="float64"), x)
    variables = layer.trainable_variables
    rng = np.random.default_rng(2)
    directions = [rng.normal(size=variable.shape) for variable in variables]

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(x) ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    def penalty_after(step):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        return float(penalty())

    with tf.GradientTape() as tape:
        value = penalty()
    slope = sum(
        np.sum(gradient * direction)
        for gradient, direction in zip(tape.gradient(value, variables), directions, strict=True)
    )
    above, below = penalty_after(1e-5), penalty_after(-2e-5)
    assert slope == pytest.approx((above - below) / 2e-5, rel=1e-4)


@pytest.mark.long
def test_xla_compiles_the_second_order_gradient_in_bfloat16():
    """XLA has that of `tf.nn.max_pool2d` in float32 alone."""
    x = tf.constant(maps(2, 2, 8))
    layer = built(SelfAttention(spectral_normalization=False, dtype="mixed_bfloat16"), x)

    def penalty():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                total = tf.reduce_sum(tf.cast(layer(x), "float32") ** 2)
            value = tf.reduce_sum(inner.gradient(total, x) ** 2)
        return outer.gradient(value, layer.gamma.value)

    np.testing.assert_allclose(tf.function(penalty, jit_compile=True)(), penalty(), rtol=0.1)


def test_float16_scores_do_not_overflow():
    x = maps()
    layer = SelfAttention(spectral_normalization=False, dtype="mixed_float16")
    layer.build(x.shape)
    for part in (layer.theta, layer.phi):
        part.kernel.assign(1000.0 * np.ones(part.kernel.shape))
    rows = layer.attention(x)
    assert rows.dtype == tf.float32
    np.testing.assert_allclose(np.sum(rows, axis=-1), 1.0, rtol=1e-6)
    assert layer(x).dtype == tf.float16


def test_a_network_with_it_is_saved(tmp_path):
    x = maps()
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, SelfAttention(kernel_initializer="orthogonal")(inputs))
    built(model.layers[-1], x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`spectral_normalization` must be .*Received: spectral_normalization='no'"):
        SelfAttention(spectral_normalization="no")
    for shape in ((None, 4, 8), (None, None, 4, 8)):
        with pytest.raises(ValueError, match=r"needs an input \(batch, height, width, channels\) of a known size"):
            SelfAttention().build(shape)
