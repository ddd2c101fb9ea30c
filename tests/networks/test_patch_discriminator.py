"""PatchGAN: published sizes, the patch that each logit sees, any picture, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import patch_discriminator

TINY = {"image_shape": (20, 25, 2), "width": 2, "layers": 2}
NORMALIZATIONS = ["instance", "batch", None]


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


@pytest.mark.parametrize(
    "arguments, count",
    [({}, 2_764_737), ({"source_channels": 3, "normalization": "batch"}, 2_768_705)],
    ids=["CycleGAN", "pix2pix"],
)
def test_published_parameter_counts(arguments, count):
    discriminator = patch_discriminator(**arguments)
    assert trainable_count(discriminator) == count
    assert discriminator.output_shape == (None, 30, 30, 1)


@pytest.mark.parametrize(
    "sides, layers, rows_and_columns",
    [
        *(((256, 256), 1, (126, 126)), ((256, 256), 2, (62, 62)), ((128, 128), 3, (14, 14)), ((64, 64), 3, (6, 6))),
        *(((32, 32), 1, (14, 14)), ((32, 32), 2, (6, 6)), ((32, 32), 3, (2, 2)), ((28, 33), 2, (5, 7))),
        *(((17, 18), 3, (1, 1)), ((5, 6), 1, (1, 1))),
    ],
)
def test_the_map_of_logits_has_the_published_size(sides, layers, rows_and_columns):
    discriminator = patch_discriminator(image_shape=(*sides, 1), width=1, layers=layers)
    assert discriminator(pictures(2, *sides, 1)).shape == (2, *rows_and_columns, 1)


def test_channels_double_up_to_eight_times():
    discriminator = patch_discriminator(image_shape=(128, 128, 1), width=2, layers=4)
    convolutions = [layer for layer in discriminator.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [2, 4, 8, 16, 16, 1]


@pytest.mark.parametrize("layers, side", [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_a_logit_sees_a_patch_of_the_published_side(layers, side):
    # Positive weights and pictures: no gradient can cancel or be cut off.
    sides = 2 * side + 4
    discriminator = patch_discriminator(image_shape=(sides, sides, 1), width=1, layers=layers, normalization=None)
    for variable in discriminator.trainable_variables:
        variable.assign(tf.fill(variable.shape, 0.1))
    x = tf.ones((1, sides, sides, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.asarray(tape.gradient(middle, x))[0, :, :, 0] != 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1, seen.sum()) == (side, side, side**2)


def test_the_logits_are_those_of_explicit_paddings():
    # Two independent ways: TensorFlow's convolutions with one pixel of zeros around each.
    discriminator = patch_discriminator(image_shape=(16, 24, 2), width=3, layers=2, normalization=None)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=variable.shape).astype("float32") for variable in discriminator.weights]
    discriminator.set_weights(weights)
    x = pictures(2, 16, 24, 2)
    y = x
    for i, strides in enumerate((2, 2, 1, 1)):
        y = tf.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)])
        y = tf.nn.conv2d(y, weights[2 * i], strides, "VALID") + weights[2 * i + 1]
        y = tf.nn.leaky_relu(y, 0.2) if i < 3 else y
    np.testing.assert_allclose(discriminator(x), y, rtol=1e-4, atol=1e-3)


def test_the_pixel_discriminator_written_out():
    discriminator = patch_discriminator(image_shape=(3, 4, 2), width=3, layers=0)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=variable.shape).astype("float32") for variable in discriminator.weights]
    discriminator.set_weights(weights)
    assert [w.shape for w in weights[::2]] == [(1, 1, 2, 3), (1, 1, 3, 6), (1, 1, 6, 1)]
    x = pictures(2, 3, 4, 2)
    y = tf.nn.leaky_relu(x @ weights[0][0, 0] + weights[1], 0.2) @ weights[2][0, 0] + weights[3]
    mean, variance = tf.nn.moments(y, (1, 2), keepdims=True)
    y = tf.nn.leaky_relu((y - mean) / tf.sqrt(variance + 1e-5), 0.2)
    np.testing.assert_allclose(discriminator(x), y @ weights[4][0, 0] + weights[5], rtol=1e-4, atol=1e-4)


def test_a_conditional_one_judges_the_picture_next_to_its_source():
    joint = patch_discriminator(**TINY | {"image_shape": (20, 25, 5)})
    conditional = patch_discriminator(**TINY, source_channels=3)
    conditional.set_weights(joint.get_weights())
    images, source = pictures(2, 20, 25, 2), pictures(2, 20, 25, 3)
    expected = joint(np.concatenate([source, images], axis=-1))
    np.testing.assert_array_equal(conditional({"images": images, "source": source}), expected)


def test_features_are_the_activated_maps_before_the_logits():
    discriminator = patch_discriminator(**TINY, features=True)
    found = discriminator(pictures(2, 20, 25, 2))
    assert [tuple(maps.shape) for maps in found["features"]] == [(2, 10, 13, 2), (2, 5, 7, 4), (2, 4, 6, 8)]
    last = tf.pad(found["features"][-1], [(0, 0), (1, 1), (1, 1), (0, 0)])
    layer = discriminator.get_layer("logits")
    np.testing.assert_allclose(found["logits"], tf.nn.conv2d(last, layer.kernel, 1, "VALID") + layer.bias, atol=1e-5)


def test_a_network_of_any_size_is_that_of_each_size():
    free = patch_discriminator(**TINY | {"image_shape": (None, None, 2)})
    for sides in ((20, 25), (11, 9)):
        fixed = patch_discriminator(**TINY | {"image_shape": (*sides, 2)})
        fixed.set_weights(free.get_weights())
        x = pictures(2, *sides, 2)
        np.testing.assert_allclose(free(x), fixed(x), atol=1e-6)
    with pytest.raises(ValueError, match=r"at least 9 for this network. The nearest that works: 9 x 9"):
        free(pictures(1, 8, 9, 2))


def test_initial_weights_and_biases():
    for normalization, biases in (("instance", 5), ("batch", 2), (None, 5)):
        discriminator = patch_discriminator(image_shape=(64, 64, 3), normalization=normalization)
        kernels = [v for v in discriminator.trainable_variables if v.name == "kernel"]
        assert len(kernels) == 5
        assert np.std(np.concatenate([np.ravel(kernel) for kernel in kernels])) == pytest.approx(0.02, rel=0.01)
        assert sum(v.name == "bias" for v in discriminator.trainable_variables) == biases
        gains = [v for v in discriminator.trainable_variables if v.name == "gamma"]
        assert len(gains) == (3 if normalization == "batch" else 0)
        if gains:
            assert np.std(np.concatenate(gains)) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("normalization", ["instance", None])
def test_each_picture_is_judged_by_itself(normalization):
    discriminator = patch_discriminator(**TINY, normalization=normalization)
    x = pictures(3, 20, 25, 2)
    alone = np.concatenate([discriminator(x[i : i + 1], training=True) for i in range(3)])
    np.testing.assert_allclose(discriminator(x, training=True), alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_every_kernel_gets_a_gradient(normalization):
    discriminator = patch_discriminator(**TINY, normalization=normalization)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(discriminator(pictures(4, 20, 25, 2), training=True) ** 2)
    variables = [v for v in discriminator.trainable_variables if v.name != "bias"]
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_mixed_precision_returns_float32(normalization):
    keras.config.set_dtype_policy("mixed_float16")
    discriminator = patch_discriminator(**TINY, normalization=normalization)
    assert discriminator.get_layer("wide").compute_dtype == "float16"
    logits = discriminator(pictures(2, 20, 25, 2), training=True)
    assert logits.dtype == tf.float32
    assert np.all(np.isfinite(logits))


def test_save_and_load_give_equal_logits(tmp_path):
    discriminator = patch_discriminator(**TINY)
    discriminator.save(tmp_path / "discriminator.keras")
    x = pictures(2, 20, 25, 2)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "discriminator.keras")(x), discriminator(x))


@pytest.mark.parametrize("image_shape, layers", [((16, 64, 1), 3), ((64, 8, 1), 2), ((4, 4, 1), 1)])
def test_a_picture_too_small_for_its_layers(image_shape, layers):
    with pytest.raises(ValueError, match=rf"too small for {layers} .*Received: image_shape=\(.*, layers={layers}$"):
        patch_discriminator(image_shape=image_shape, layers=layers)


def test_bad_image_shape():
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\) .*Received: image_shape="):
        patch_discriminator(image_shape=(64, 64))


@pytest.mark.parametrize("arguments", [{"width": 0}, {"layers": -1}, {"layers": True}, {"source_channels": 0}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least \d. Received: {name}={value}"):
        patch_discriminator(**arguments)


def test_an_unknown_normalization():
    with pytest.raises(ValueError, match=r"one of 'instance', 'batch', None\. Did you mean 'instance'\? Received: "):
        patch_discriminator(normalization="instances")
