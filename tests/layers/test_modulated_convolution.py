"""The modulated convolution: kernels of each sample, unit deviation, gradients of second order, half precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import FIRBlur2D, ModulatedConv2D


def made(x, styles, *, gain=1.0, **options):
    """A layer whose styles differ between the samples, and with a bias."""
    layer = ModulatedConv2D(5, gain=gain, **options)
    layer.build(x.shape, styles.shape)
    rng = np.random.default_rng(3)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return layer


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 4, 6, 7)), rng.normal(size=(3, 8))


def by_kernels_of_each_sample(layer, x, styles):
    """The paper's definition, with one kernel for each sample."""
    scales = np.asarray(layer.affine(styles))
    outputs = []
    for sample, scale in zip(x, scales, strict=True):
        kernel = scale[:, None] * np.asarray(layer.kernel) / np.sqrt(np.prod(layer.kernel.shape[:3]))
        if layer.demodulate:
            kernel = kernel / np.sqrt((kernel**2).sum(axis=(0, 1, 2)) + 1e-8)
        if layer.upsample:
            shape = (1, 2 * x.shape[1] + 1, 2 * x.shape[2] + 1, layer.filters)
            y = tf.nn.conv2d_transpose(sample[None], np.swapaxes(kernel, 2, 3), shape, 2, "VALID")
            y = 4.0 * FIRBlur2D(growth=-1, dtype="float64")(y)
        else:
            y = tf.nn.conv2d(sample[None], kernel, 1, "SAME")
        outputs.append(layer.gain * np.asarray(y)[0] + np.asarray(layer.bias))
    return np.stack(outputs)


@pytest.mark.parametrize("options", [{}, {"upsample": True}, {"demodulate": False, "kernel_size": 1}])
def test_scaled_inputs_and_outputs_equal_kernels_of_each_sample(given, options):
    layer = made(*given, gain=1.5, dtype="float64", **options)
    outputs = layer(*given)
    np.testing.assert_allclose(outputs, by_kernels_of_each_sample(layer, *given), rtol=1e-9, atol=1e-9)
    assert layer.compute_output_shape(*(value.shape for value in given)) == outputs.shape


@pytest.mark.parametrize("upsample", [False, True])
def test_the_outputs_have_unit_deviation_whatever_the_styles(upsample):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    layer = ModulatedConv2D(64, upsample=upsample)
    x = rng.normal(size=(8, 16, 16, 64)).astype("float32")
    styles = rng.normal(size=(8, 32)).astype("float32") * np.geomspace(0.1, 10, 8)[:, None].astype("float32")
    # Padding makes the outputs smaller along the border.
    y = np.asarray(layer(x, styles))[:, 2:-2, 2:-2]
    if not upsample:
        np.testing.assert_allclose(y.std(axis=(1, 2, 3)), 1.0, atol=0.05)
    # A fixed filter smooths white noise; every sample is still as large as the others.
    np.testing.assert_allclose(y.std(axis=(1, 2, 3)), y.std(), rtol=0.1)


def test_at_the_start_a_style_of_zero_changes_nothing():
    layer = ModulatedConv2D(4, demodulate=False)
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 5)).astype("float32")
    outputs = layer(x, np.zeros((2, 6), "float32"))
    np.testing.assert_allclose(outputs, tf.nn.conv2d(x, layer.kernel / 45**0.5, 1, "SAME"), atol=1e-5)


def test_the_second_gradient_equals_finite_differences(given):
    """The gradient of a path length |d y / d style|^2 with respect to every weight and the styles."""
    x, styles = (tf.constant(value) for value in given)
    layer = made(x, styles, upsample=True, dtype="float64")
    directions = tf.constant(np.random.default_rng(5).normal(size=(3, 8, 12, 5)))

    def length(styles):
        with tf.GradientTape() as tape:
            tape.watch(styles)
            drawn = tf.reduce_sum(tf.sin(layer(x, styles)) * directions)
        return tf.reduce_sum(tape.gradient(drawn, styles) ** 2)

    variables = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(styles)
        value = length(styles)
    found = tape.gradient(value, [*variables, styles])
    rng, step = np.random.default_rng(6), 1e-5
    for variable, gradient in zip(variables, found[:-1], strict=True):
        direction = rng.normal(size=variable.shape)
        before = variable.numpy()
        sides = []
        for sign in (1, -1):
            variable.assign(before + sign * step * direction)
            sides.append(float(length(styles)))
        variable.assign(before)
        assert float(tf.reduce_sum(gradient * direction)) == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-6)
    direction = rng.normal(size=styles.shape)
    difference = float(length(styles + step * direction) - length(styles - step * direction)) / (2 * step)
    assert float(tf.reduce_sum(found[-1] * direction)) == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize(("policy", "tolerance"), [("mixed_float16", 0.01), ("mixed_bfloat16", 0.06)])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_half_precision_is_near_float32_even_with_large_weights_and_styles(given, policy, tolerance, scale):
    x, styles = (value.astype("float32") for value in given)
    exact, half = made(x, styles), made(x, styles, dtype=policy)
    for layer in (exact, half):
        layer.kernel.assign(scale * layer.kernel)
    expected, outputs = exact(x, scale * styles), half(x, scale * styles)
    assert outputs.dtype == keras.DTypePolicy(policy).compute_dtype
    assert {weight.dtype for weight in half.weights} == {"float32"}
    np.testing.assert_allclose(np.asarray(outputs, "float32"), expected, atol=3 * tolerance)


def test_float16_differentiates_as_float32_does(given):
    x, styles = (value.astype("float32") for value in given)
    gradients = []
    for policy in ("float32", "mixed_float16"):
        layer = made(x, styles, dtype=policy)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.cast(layer(x, styles), "float32") ** 2)
        gradients.append(tape.gradient(loss, layer.trainable_variables))
    for exact, half in zip(*gradients, strict=True):
        np.testing.assert_allclose(half, exact, atol=0.02 * np.abs(exact).max())


def test_it_is_saved_with_its_weights(given, tmp_path):
    x, styles = (value.astype("float32") for value in given)
    inputs = [keras.Input(value.shape[1:]) for value in given]
    model = keras.Model(inputs, made(x, styles, upsample=True, gain=2.0)(*inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again([x, styles]), model([x, styles]))


@pytest.mark.parametrize("options", [{"kernel_size": 2}, {"kernel_size": 5, "upsample": True}])
def test_kernels_that_have_no_middle_or_do_not_fit_the_filter_are_refused(options):
    with pytest.raises(ValueError, match="`kernel_size` must be an odd number, and 3 with `upsample=True`"):
        ModulatedConv2D(3, **options)
