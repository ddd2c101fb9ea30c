"""The generator of CycleGAN: published sizes, where each pixel lands, any picture, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import resnet_translator

TINY = {"image_shape": (9, 12, 2), "width": 2, "blocks": 1}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


@pytest.mark.parametrize("blocks, count", [(6, 7_837_699), (9, 11_378_179)])
def test_published_parameter_counts(blocks, count):
    # The count does not depend on the picture's sides.
    translator = resnet_translator(image_shape=(64, 64, 3), blocks=blocks)
    assert trainable_count(translator) == translator.count_params() == count


def test_the_defaults_are_those_of_the_paper():
    translator = resnet_translator()
    assert translator.output_shape == (None, 256, 256, 3)
    assert trainable_count(translator) == 11_378_179
    kernels = np.concatenate([np.ravel(v) for v in translator.trainable_variables if v.name == "kernel"])
    assert np.std(kernels) == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize(
    "sides, smallest",
    [((32, 32), (8, 8)), ((33, 47), (9, 12)), ((5, 6), (2, 2)), ((31, 64), (8, 16)), ((7, 18), (2, 5))],
)
def test_sizes_of_every_map(sides, smallest):
    translator = resnet_translator(image_shape=(*sides, 3), width=2, blocks=2)
    assert translator.get_layer("block_1").output.shape[1:3] == smallest
    images = translator(pictures(2, *sides, 3))
    assert images.shape == (2, *sides, 3)
    assert np.abs(images).max() <= 1


def set_to_pass_through(layer):
    """Make a convolution copy what lies under the middle of its kernel, from channel 0 to channel 0."""
    kernel = np.zeros(layer.kernel.shape, "float32")
    middle = kernel.shape[0] // 2
    kernel[middle, middle, 0, 0] = 1.0
    layer.kernel.assign(kernel)


@pytest.mark.parametrize("sides", [(8, 12), (9, 11)])
def test_halving_and_doubling_keep_every_second_pixel_where_it_is(sides):
    translator = resnet_translator(image_shape=(*sides, 1), width=1, blocks=1)
    down, up = translator.get_layer("down_0"), translator.get_layer("up_1")
    set_to_pass_through(down)
    set_to_pass_through(up)
    before = keras.Model(translator.input, translator.get_layer("from_images_relu").output)
    halved = keras.Model(before.output, down.output)
    x = pictures(1, *sides, 1)
    np.testing.assert_array_equal(np.asarray(halved(x))[0, :, :, 0], x[0, ::2, ::2, 0])
    doubled = keras.Model(up.input, translator.get_layer("up_1_crop").output)
    y = pictures(1, *(-(-side // 2) for side in sides), 2)
    spread = np.zeros(sides, "float32")
    spread[::2, ::2] = y[0, :, :, 0]
    np.testing.assert_array_equal(np.asarray(doubled(y))[0, :, :, 0], spread)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_mirrored_picture_becomes_a_mirrored_picture(axis):
    # With kernels that are their own mirror image. Sides of 4 n + 1 have a pixel in the middle at every size.
    translator = resnet_translator(image_shape=(13, 17, 1), width=2, blocks=2)
    for variable in translator.trainable_variables:
        if variable.name == "kernel":
            variable.assign((variable + tf.reverse(variable, [axis - 1])) / 2)
    x = pictures(1, 13, 17, 1)
    mirrored = np.flip(translator(np.flip(x, axis)), axis)
    np.testing.assert_allclose(mirrored, translator(x), atol=1e-6)


def test_each_picture_is_translated_by_itself_and_its_contrast_does_not_count():
    translator = resnet_translator(**TINY)
    x = pictures(3, 9, 12, 2)
    together = translator(x, training=True)
    alone = np.concatenate([translator(x[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    # The first convolution and its normalisation forget brightness and contrast, up to epsilon.
    np.testing.assert_allclose(translator(50 * x + 7), translator(100 * x + 14), atol=1e-3)


def test_the_gradient_reaches_every_kernel_and_the_last_bias():
    translator = resnet_translator(**TINY)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(translator(pictures(2, 9, 12, 2)) ** 2)
    variables = translator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        undone = variable.name == "bias" and "to_images" not in variable.path
        assert (np.abs(gradient).max() < 1e-3) == undone, variable.path


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_give_the_eager_images(jit_compile):
    translator = resnet_translator(**TINY)
    x = pictures(2, 9, 12, 2)
    np.testing.assert_allclose(tf.function(translator, jit_compile=jit_compile)(x), translator(x), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    translator = resnet_translator(**TINY)
    assert translator.get_layer("block_0_conv_0").compute_dtype == policy.removeprefix("mixed_")
    images = translator(pictures(2, 9, 12, 2))
    assert images.dtype == tf.float32
    assert np.all(np.isfinite(images))


def test_save_and_load_give_equal_images(tmp_path):
    translator = resnet_translator(**TINY)
    translator.save(tmp_path / "translator.keras")
    x = pictures(2, 9, 12, 2)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "translator.keras")(x), translator(x))


@pytest.mark.parametrize("image_shape", [(4, 32, 3), (32, 1, 3)])
def test_a_picture_too_small_to_be_reflected(image_shape):
    with pytest.raises(ValueError, match=r"they must be at least 5\. Received: image_shape=\("):
        resnet_translator(image_shape=image_shape)


def test_bad_image_shape():
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\) .*Received: image_shape="):
        resnet_translator(image_shape=(64, 64))


@pytest.mark.parametrize("arguments", [{"width": 0}, {"blocks": 0}, {"blocks": 2.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}={value}"):
        resnet_translator(**arguments)
