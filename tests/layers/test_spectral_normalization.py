"""Spectral normalisation against numpy's singular values, finite differences and the promises of its docstring."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization, hold_power_iterations

# A layer of each supported kind, the shape of one input sample, and the axis of the kernel that holds output
# channels.
KINDS = {
    "Dense": (lambda: keras.layers.Dense(4), (5,), -1),
    "Conv1D": (lambda: keras.layers.Conv1D(4, 3), (6, 3), -1),
    "Conv2D": (lambda: keras.layers.Conv2D(4, 3, strides=2, padding="same"), (6, 6, 3), -1),
    "Conv3D": (lambda: keras.layers.Conv3D(4, 2), (3, 3, 3, 2), -1),
    "Conv1DTranspose": (lambda: keras.layers.Conv1DTranspose(4, 3, strides=2), (5, 3), -2),
    "Conv2DTranspose": (lambda: keras.layers.Conv2DTranspose(4, 3, strides=2), (4, 4, 3), -2),
    "Conv3DTranspose": (lambda: keras.layers.Conv3DTranspose(4, 2), (2, 2, 2, 3), -2),
    "Embedding": (lambda: keras.layers.Embedding(6, 4), (2,), -1),
}


def sample(kind, batch=2):
    shape = (batch, *KINDS[kind][1])
    rng = np.random.default_rng(1)
    return rng.integers(0, 6, shape) if kind == "Embedding" else rng.normal(size=shape).astype("float32")


def wrapped(kind, **arguments):
    layer = SpectralNormalization(KINDS[kind][0](), **arguments)
    layer(sample(kind))
    return layer


def kernel_of(layer):
    """The trainable matrix or kernel of a wrapper's layer: the first of its weights."""
    return layer.layer.weights[0]


def largest_singular_value(kernel, output_axis):
    kernel = np.moveaxis(np.asarray(kernel, "float64"), output_axis, -1)
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_sigma_is_the_largest_singular_value(self, kind):
        layer = wrapped(kind, power_iterations=50)
        layer.advance()
        truth = largest_singular_value(kernel_of(layer), KINDS[kind][2])
        assert float(layer.sigma()) == pytest.approx(truth, rel=0.01)
        assert layer.u.shape == (4,)

    def test_output_is_that_of_the_layer_with_the_divided_kernel(self, kind):
        layer, x = wrapped(kind), sample(kind)
        plain = KINDS[kind][0]()
        plain.build(x.shape)
        kernel, *bias = layer.layer.get_weights()
        plain.set_weights([kernel / float(layer.sigma()), *bias])
        np.testing.assert_allclose(layer(x), plain(x), rtol=1e-4, atol=1e-6)

    def test_gradient_is_orthogonal_to_the_weights(self, kind):
        # f(W / sigma) does not change with the scale of W, so its gradient has no part along W.
        layer, x = wrapped(kind, power_iterations=20), sample(kind)
        layer.advance()
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(x) ** 2)
        gradient = np.asarray(tape.gradient(total, kernel_of(layer).value))
        kernel = np.asarray(kernel_of(layer))
        scale = np.linalg.norm(gradient) * np.linalg.norm(kernel)
        assert scale > 1e-3
        assert abs(np.sum(gradient * kernel)) < 1e-5 * scale


def diagonal(**arguments):
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False), **arguments)
    layer.build((None, 3))
    layer.layer.set_weights([np.diag([3.0, 2.0, 1.0])])
    return layer


def test_diag_3_2_1_is_divided_by_3():
    layer = diagonal(power_iterations=50)
    layer.advance()
    np.testing.assert_allclose(layer(np.eye(3)), np.diag([1, 2 / 3, 1 / 3]), rtol=1e-5, atol=1e-6)


def test_one_advance_is_one_power_iteration():
    layer = diagonal()
    u, w = layer.u.numpy(), np.diag([3.0, 2.0, 1.0])
    layer.advance()
    v = w @ u / np.linalg.norm(w @ u)
    expected = w.T @ v / np.linalg.norm(w.T @ v)
    np.testing.assert_allclose(layer.u.numpy(), expected, rtol=1e-5)
    assert float(layer.sigma()) == pytest.approx(np.linalg.norm(w @ expected), rel=1e-5)


def test_gradient_equals_finite_differences():
    # float64, and u where the power iteration has converged: there sigma is the singular value, and its derivative v
    # u^T is exact.
    rng = np.random.default_rng(0)
    x, w, r = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False, dtype="float64"), power_iterations=200)
    layer.build((None, 4))
    layer.layer.set_weights([w])
    layer.advance()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.sin(layer(x)) * r)
    gradient = np.asarray(tape.gradient(total, kernel_of(layer).value))

    def value(matrix):
        return np.sum(np.sin(x @ matrix / np.linalg.svd(matrix, compute_uv=False)[0]) * r)

    numeric = np.zeros_like(w)
    for index in np.ndindex(*w.shape):
        step = np.zeros_like(w)
        step[index] = 1e-6
        numeric[index] = (value(w + step) - value(w - step)) / 2e-6
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-6)


def test_weights_are_kept_where_the_stock_layer_overwrites_them():
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")

    def change(wrapper):
        layer = wrapper(keras.layers.Dense(3))
        layer(x)
        before = layer.layer.kernel.numpy()
        layer(x, training=True)
        return np.abs(layer.layer.kernel.numpy() - before).max()

    assert change(keras.layers.SpectralNormalization) > 0.01
    assert change(SpectralNormalization) == 0.0


def test_u_advances_in_training_and_never_at_inference():
    layer, x = wrapped("Conv2D"), sample("Conv2D")
    first = layer.u.numpy()
    for _ in range(3):
        layer(x)
        layer(x, training=False)
    np.testing.assert_array_equal(layer.u.numpy(), first)
    layer(x, training=True)
    assert np.abs(layer.u.numpy() - first).max() > 1e-3


def test_training_and_inference_agree_on_the_same_u():
    layer, x = wrapped("Conv2D"), sample("Conv2D")
    outputs = layer(x, training=True)
    np.testing.assert_array_equal(layer(x, training=False), outputs)


def test_u_rests_while_held():
    layer, x = wrapped("Dense"), sample("Dense")
    first = layer.u.numpy()
    with hold_power_iterations():
        with hold_power_iterations():
            layer(x, training=True)
        layer(x, training=True)
    np.testing.assert_array_equal(layer.u.numpy(), first)
    layer(x, training=True)
    assert np.any(layer.u.numpy() != first)


def test_hold_ends_with_an_error():
    layer, x = wrapped("Dense"), sample("Dense")
    first = layer.u.numpy()
    with pytest.raises(KeyError), hold_power_iterations():
        raise KeyError
    layer(x, training=True)
    assert np.any(layer.u.numpy() != first)


def test_a_frozen_layer_does_not_move():
    layer, x = wrapped("Dense"), sample("Dense")
    layer.trainable = False
    first = layer.u.numpy()
    layer(x, training=True)
    np.testing.assert_array_equal(layer.u.numpy(), first)
    np.testing.assert_allclose(
        layer(x), x @ np.asarray(layer.normalized_kernel()) + layer.layer.bias, rtol=1e-4, atol=1e-6
    )


def test_zero_weights_give_finite_numbers_and_leave_u():
    layer, x = wrapped("Conv2D"), sample("Conv2D")
    kernel = kernel_of(layer)
    kernel.assign(tf.zeros(kernel.shape))
    first = layer.u.numpy()
    with tf.GradientTape() as tape:
        outputs = layer(x, training=True)
        total = tf.reduce_sum(outputs)
    np.testing.assert_array_equal(outputs, np.zeros(outputs.shape))
    np.testing.assert_array_equal(layer.u.numpy(), first)
    assert 0 < np.abs(tape.gradient(total, kernel.value)).max() < 1e3


def training_step(jit_compile):
    """A graph that advances once, calls twice in training mode, and returns both outputs."""
    layer, x = wrapped("Conv2D"), sample("Conv2D")

    @tf.function(jit_compile=jit_compile)
    def step(x):
        layer.advance()
        with hold_power_iterations():
            with tf.GradientTape() as tape:
                first = layer(x, training=True)
                total = tf.reduce_sum(first**2)
            return first, layer(x, training=True), tape.gradient(total, kernel_of(layer).value)

    return layer, x, step


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_compiled_step_advances_once_and_equals_the_eager_one(jit_compile):
    layer, x, step = training_step(jit_compile)
    start = layer.u.numpy()
    first, second, gradient = step(x)
    after = layer.u.numpy()
    layer.u.assign(start)
    with tf.GradientTape() as tape:
        eager = layer(x, training=True)
        total = tf.reduce_sum(eager**2)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(after, layer.u.numpy(), rtol=1e-5)
    np.testing.assert_allclose(first, eager, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient, tape.gradient(total, kernel_of(layer).value), rtol=1e-3, atol=1e-4)


def test_a_model_advances_under_fit():
    inputs = keras.Input((5,))
    layer = SpectralNormalization(keras.layers.Dense(1))
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    u = np.array([1.0], "float32")
    layer.u.assign(-u)
    model.fit(np.ones((4, 5)), np.ones((4, 1)), batch_size=4, verbose=0)
    # One output: after a step u is +1 or -1, whichever it was, and sigma is the norm of the only column.
    np.testing.assert_allclose(layer.u.numpy(), -u)
    assert float(layer.sigma()) == pytest.approx(np.linalg.norm(layer.layer.kernel), rel=1e-5)


def test_a_stateless_call_captures_the_update():
    layer, x = wrapped("Dense"), sample("Dense")
    first = layer.u.numpy()
    trainable = [2.0 * variable.value for variable in layer.trainable_variables]
    outputs, (u,) = layer.stateless_call(trainable, [layer.u.value], x, training=True)
    np.testing.assert_array_equal(layer.u.numpy(), first)
    kernel, bias = layer.layer.get_weights()
    layer.advance()
    np.testing.assert_allclose(u, layer.u.numpy(), rtol=1e-5)
    np.testing.assert_allclose(outputs, x @ (kernel / float(layer.sigma())) + 2 * bias, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_normalises_the_unrounded_weights(policy):
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input((40,))
    layer = SpectralNormalization(keras.layers.Dense(30))
    model = keras.Model(inputs, layer(inputs))
    x = np.random.default_rng(0).normal(size=(4, 40)).astype("float32")
    before = layer.layer.kernel.numpy()
    outputs = model(x, training=True)
    assert outputs.dtype == keras.config.dtype_policy().compute_dtype
    assert (layer.u.dtype, layer.layer.kernel.dtype) == ("float32", "float32")
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), before)
    # In exact arithmetic u would be this; from weights rounded to 8 bits it would be off by 1e-3.
    u = layer.u.numpy().astype("float64")
    assert float(layer.sigma()) == pytest.approx(np.linalg.norm(before @ u), rel=1e-6)
    expected = x @ (before / np.linalg.norm(before @ u))
    np.testing.assert_allclose(outputs, expected, atol=2e-2 * np.abs(expected).max())


def test_u_in_mixed_precision_is_that_of_float32():
    def advanced(policy):
        keras.utils.set_random_seed(1)
        layer = SpectralNormalization(keras.layers.Dense(30, dtype=policy))
        layer(np.ones((2, 40), "float32"), training=True)
        return layer.u.numpy()

    np.testing.assert_array_equal(advanced("mixed_bfloat16"), advanced("float32"))


def model_of_two_layers():
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            SpectralNormalization(keras.layers.Conv2D(3, 3, activation="relu"), power_iterations=2, name="conv"),
            keras.layers.Flatten(),
            SpectralNormalization(keras.layers.Dense(1), epsilon=1e-6),
        ]
    )


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_keep_u(tmp_path):
    model = model_of_two_layers()
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert len(loaded.weights) == len(model.weights) == 6
    for ours, theirs in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_clone_model_has_the_same_settings():
    clone = keras.models.clone_model(model_of_two_layers())
    assert isinstance(clone.layers[0], SpectralNormalization)
    assert (clone.layers[0].name, clone.layers[0].power_iterations, clone.layers[2].epsilon) == (
        "conv",
        2,
        1e-6,
    )
    assert clone.layers[0].layer.activation is keras.activations.relu


def test_config_is_the_arguments():
    config = SpectralNormalization(keras.layers.Dense(2), power_iterations=3, epsilon=1e-9, name="head").get_config()
    assert set(config) == {"layer", "name", "trainable", "power_iterations", "epsilon"}
    copy = SpectralNormalization.from_config(config)
    assert (copy.name, copy.power_iterations, copy.epsilon, copy.layer.units) == ("head", 3, 1e-9, 2)


def test_two_replicas_hold_the_u_of_one(two_replicas):
    x = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")

    def train(strategy):
        keras.utils.set_random_seed(2)
        with strategy.scope():
            layer = SpectralNormalization(keras.layers.Dense(3))
            layer.build((None, 5))

        @tf.function
        def step(x):
            def replica():
                layer(x, training=True)
                with hold_power_iterations():
                    layer(x, training=True)
                layer.advance()

            strategy.run(replica)

        step(x)
        return [np.asarray(value) for value in strategy.experimental_local_results(layer.u.value)]

    (one,) = train(tf.distribute.get_strategy())
    two = train(two_replicas)
    assert len(two) == 2
    np.testing.assert_array_equal(two[0], two[1])
    np.testing.assert_allclose(two[0], one, rtol=1e-6)


def test_losses_of_the_wrapped_layer_are_kept():
    inner = keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(1.0), activity_regularizer="l2")
    layer = SpectralNormalization(inner)
    outputs = layer(np.ones((4, 3), "float32"))
    expected = [np.sum(np.square(inner.kernel)), 0.01 * np.sum(np.square(outputs)) / 4]
    np.testing.assert_allclose(sorted(map(float, layer.losses)), sorted(expected), rtol=1e-5)


def test_masks_pass_through():
    tokens = keras.Input((3,), dtype="int32")
    embedded = SpectralNormalization(keras.layers.Embedding(4, 2, mask_zero=True))(tokens)
    model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(embedded))
    outputs = model(np.array([[1, 0, 0], [1, 1, 1]]))
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-6)


def test_unsupported_layers_are_named():
    with pytest.raises(
        ValueError, match=r"these layers: Dense, Embedding, .*Conv3DTranspose\. Received: layer=<EinsumDense"
    ):
        SpectralNormalization(keras.layers.EinsumDense("ab,bc->ac", 3))
    with pytest.raises(ValueError, match=r"without LoRA or quantisation\. Received: layer=<Dense"):
        SpectralNormalization(keras.layers.Dense(3, lora_rank=2))


@pytest.mark.parametrize("arguments", [{"power_iterations": 0}, {"epsilon": 0.0}, {"epsilon": float("nan")}])
def test_bad_arguments(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"`{name}` must be .*Received: {name}="):
        SpectralNormalization(keras.layers.Dense(3), **arguments)
