"""The generator of CycleGAN: published sizes, where each pixel lands, any picture, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import GroupNormalization, ReflectionPadding2D
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


def test_the_published_size_of_stargans_generator():
    translator = resnet_translator(image_shape=(128, 128, 3), blocks=6, padding="zeros", num_classes=5)
    assert trainable_count(translator) == translator.count_params() == 8_430_528
    assert translator.output_shape == (None, 128, 128, 3)


def test_the_global_generator_of_pix2pix_hd():
    translator = resnet_translator(image_shape=(64, 48, 3), width=2, halvings=4)
    assert translator.get_layer("block_8").output.shape == (None, 4, 3, 32)
    assert [translator.get_layer(f"up_{i}").filters for i in range(4)] == [16, 8, 4, 2]


def test_other_channels_come_out_than_go_in():
    translator = resnet_translator(**TINY, target_channels=3)
    assert translator.output_shape == (None, 9, 12, 3)


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_both_paddings_of_a_convolution(padding):
    translator = resnet_translator(**TINY, padding=padding)
    x = pictures(2, 9, 12, 2)
    mode = {"reflect": "REFLECT", "zeros": "CONSTANT"}[padding]
    layer = translator.get_layer("from_images")
    expected = tf.nn.conv2d(tf.pad(x, [(0, 0), (3, 3), (3, 3), (0, 0)], mode), layer.kernel, 1, "VALID") + layer.bias
    np.testing.assert_allclose(keras.Model(translator.input, layer.output)(x), expected, atol=1e-5)
    padded = keras.Model(translator.input, translator.get_layer("block_0_pad_0").output)(x)
    inner = keras.Model(translator.input, translator.get_layer("down_1_relu").output)(x)
    np.testing.assert_array_equal(padded, tf.pad(inner, [(0, 0), (1, 1), (1, 1), (0, 0)], mode))


@pytest.mark.parametrize(
    "form", [{}, {"padding": "zeros", "num_classes": 2, "halvings": 1}], ids=["CycleGAN", "StarGAN"]
)
def test_a_network_of_any_size_is_that_of_each_size(form):
    free = resnet_translator(**TINY | {"image_shape": (None, None, 2)} | form)
    for sides in ((9, 12), (6, 5)):
        fixed = resnet_translator(**TINY | {"image_shape": (*sides, 2)} | form)
        fixed.set_weights(free.get_weights())
        given = pictures(2, *sides, 2)
        given = {"images": given, "labels": np.eye(2, dtype="float32")} if form else given
        np.testing.assert_allclose(free(given), fixed(given), atol=1e-6)


def test_a_network_of_any_size_refuses_what_cannot_be_reflected():
    free = resnet_translator(**TINY | {"image_shape": (None, None, 2)})
    with pytest.raises(ValueError, match=r"at least 5 for this network. The nearest that works: 5 x 12. Received"):
        free(pictures(1, 4, 12, 2))


def test_labels_decide_what_is_made():
    translator = resnet_translator(**TINY, padding="zeros", num_classes=3)
    x, classes = np.repeat(pictures(1, 9, 12, 2), 3, axis=0), np.eye(3, dtype="float32")
    made = np.asarray(translator({"images": x, "labels": classes}))
    assert min(np.abs(made[i] - made[j]).max() for i, j in ((0, 1), (0, 2), (1, 2))) > 1e-3
    # Several attributes at once are another label.
    both = translator({"images": x[:1], "labels": classes[:1] + classes[1:2]})
    assert min(np.abs(both - made[i]).max() for i in range(3)) > 1e-3


def test_labels_are_constant_planes_next_to_the_channels():
    translator = resnet_translator(**TINY, padding="zeros", num_classes=3)
    planes = keras.Model(translator.input, translator.get_layer("with_labels").output)
    x, labels = pictures(2, 9, 12, 2), np.array([[1, 0, 2], [0, 3, 0]], "float32")
    found = np.asarray(planes({"images": x, "labels": labels}))
    np.testing.assert_array_equal(found[..., :2], x)
    np.testing.assert_array_equal(found[..., 2:], np.broadcast_to(labels[:, None, None], (2, 9, 12, 3)))


def test_labels_that_would_not_be_seen_are_refused():
    with pytest.raises(
        ValueError, match=r"does not see its labels.*Give `padding='zeros'`.*Received: padding='reflect'"
    ):
        resnet_translator(**TINY, num_classes=3)
    # It is true: constant planes, reflected and normalised, leave no trace.
    images, labels = keras.Input((9, 12, 2)), keras.Input((9, 12, 3))
    x = ReflectionPadding2D(3)(keras.layers.Concatenate()([images, labels]))
    x = keras.layers.Conv2D(4, 7)(x)
    blind = keras.Model([images, labels], GroupNormalization(-1)(x))
    x = pictures(1, 9, 12, 2)
    made = [blind([x, np.full((1, 9, 12, 3), label, "float32")]) for label in (0.0, 1.0)]
    np.testing.assert_allclose(*made, atol=1e-4)


def test_the_defaults_are_those_of_the_paper():
    translator = resnet_translator()
    assert translator.output_shape == (None, 256, 256, 3)
    assert trainable_count(translator) == 11_378_179
    kernels = np.concatenate([np.ravel(v) for v in translator.trainable_variables if v.name == "kernel"])
    assert np.std(kernels) == pytest.approx(0.02, rel=0.01)


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_give_the_eager_images(jit_compile):
    translator = resnet_translator(**TINY)
    x = pictures(2, 9, 12, 2)
    np.testing.assert_allclose(tf.function(translator, jit_compile=jit_compile)(x), translator(x), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
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


def test_a_picture_too_small_for_its_halvings():
    with pytest.raises(ValueError, match=r"halved 3 times and then reflected: they must be at least 9. Received"):
        resnet_translator(image_shape=(8, 32, 3), halvings=3)


def test_an_unknown_padding():
    with pytest.raises(ValueError, match=r"`padding` must be one of 'reflect', 'zeros'"):
        resnet_translator(padding="reflection")


@pytest.mark.parametrize("arguments", [{"width": 0}, {"blocks": 0}, {"blocks": 2.5}, {"halvings": 0}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1. Received: {name}={value}"):
        resnet_translator(**arguments)
