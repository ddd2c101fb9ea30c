"""The perceptual loss against its formula, its gradient, its images, and how it is saved."""

import os
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.losses import Perceptual, Style
from keras_gan.networks import perceptual_trunk
from keras_gan.networks.perceptual_trunk import ImageNetInput

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")


def network(shape=(None, None, 3)):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(4, 3, name="edges"),
            keras.layers.ReLU(name="edges_relu"),
            keras.layers.MaxPooling2D(2, name="pool"),
            keras.layers.Conv2D(6, 3, name="parts"),
        ],
        name="trunk",
    )


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, size=shape).astype("float32")


@pytest.mark.parametrize("distance, function", [("absolute", np.abs), ("squared", np.square)])
def test_it_is_the_weighted_sum_of_the_distances_of_features(distance, function):
    trunk = network()
    loss = Perceptual(trunk, ["edges", "parts"], weights=[0.25, 2.0], distance=distance)
    real, fake = pictures(2, 12, 10, 3), pictures(2, 12, 10, 3, seed=1)
    maps = keras.Model(trunk.inputs[0], [trunk.get_layer(name).output for name in ("edges", "parts")])
    expected = sum(
        weight * function(np.subtract(x, y)).mean()
        for weight, x, y in zip((0.25, 2.0), maps(real), maps(fake), strict=True)
    )
    value = loss(real, fake)
    assert value.dtype == tf.float32
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_the_style_is_added_of_the_same_pass():
    trunk, x, y = network(), pictures(2, 12, 10, 3), pictures(2, 12, 10, 3, seed=1)
    layers, weights = ["edges", "parts"], [0.5, 2.0]
    both = Perceptual(trunk, layers, style_weights=weights)
    passes = []
    call = both.network.call
    both.network.call = lambda *arguments, **options: passes.append(1) or call(*arguments, **options)
    expected = float(Perceptual(trunk, layers)(x, y)) + float(Style(trunk, layers, weights=weights)(x, y))
    assert float(both(x, y)) == pytest.approx(expected, rel=1e-5)
    assert len(passes) == 2


def test_features_before_and_after_the_activation_are_layers_like_any_other():
    trunk, x, y = network(), pictures(1, 9, 9, 3), pictures(1, 9, 9, 3, seed=1)
    before, after = (float(Perceptual(trunk, [name])(x, y)) for name in ("edges", "edges_relu"))
    edges = [np.asarray(trunk.get_layer("edges")(images)) for images in (x, y)]
    assert before == pytest.approx(np.abs(edges[0] - edges[1]).mean(), rel=1e-5)
    assert after == pytest.approx(np.abs(np.maximum(edges[0], 0) - np.maximum(edges[1], 0)).mean(), rel=1e-5)


def test_only_the_generated_images_get_a_gradient_and_no_weight_does():
    loss = Perceptual(network(), ["edges"], distance="squared")
    real, fake = tf.constant(pictures(1, 6, 6, 3)), tf.constant(pictures(1, 6, 6, 3, seed=1))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        value = loss(real, fake)
    assert tape.gradient(value, real) is None
    step = 0.5 * tape.gradient(value, fake)
    assert float(loss(real, fake - step)) < float(value)
    assert loss.trainable_variables == []


def vgg19():
    """The layers of VGG19 with a width of one channel, as `perceptual_trunk` names them."""
    x = given = keras.Input((None, None, 3))
    x = ImageNetInput("caffe", name="converted")(x)
    for block, depth in enumerate((2, 2, 4, 4, 4), 1):
        for i in range(1, depth + 1):
            x = keras.layers.Conv2D(1, 1, name=f"block{block}_conv{i}")(x)
            x = keras.layers.ReLU(name=f"block{block}_relu{i}")(x)
    return keras.Model(given, x, name="vgg19")


@pytest.mark.parametrize(
    "name, layers, weights, distance",
    [
        ("srgan", ["block5_relu4"], [0.00615], "squared"),
        ("dped", ["block5_relu4"], [1.0], "squared"),
        ("johnson", ["block3_relu3"], [1.0], "squared"),
        ("enlightengan", ["block5_relu1"], [1.0], "squared"),
        ("esrgan", ["block5_conv4"], [1.0], "absolute"),
        (
            "real-esrgan",
            [f"block{b}_conv{i}" for b, i in enumerate((2, 2, 4, 4, 4), 1)],
            [0.1, 0.1, 1, 1, 1],
            "absolute",
        ),
        ("pix2pixhd", [f"block{b}_relu1" for b in range(1, 6)], [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1], "absolute"),
    ],
)
def test_layers_and_weights_are_those_of_the_papers(name, layers, weights, distance):
    loss = Perceptual.published(name, vgg19())
    assert (list(loss.layer_names), loss.distance) == (layers, distance)
    np.testing.assert_allclose(loss.layer_weights, weights, rtol=1e-3)


def test_the_published_choice_may_be_changed():
    assert Perceptual.published("esrgan", vgg19(), distance="squared").distance == "squared"
    with pytest.raises(ValueError, match=r"`name` must be one of 'johnson', 'srgan'"):
        Perceptual.published("lpips", vgg19())


def test_images_are_converted_once():
    with pytest.raises(ValueError, match=r"converts images itself, in its layer 'converted'.* Received: preproc"):
        Perceptual(vgg19(), ["block1_conv1"], preprocessing="caffe")
    bare = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 3, name="block1_conv1")], name="vgg")
    with pytest.raises(ValueError, match=r"VGG without a layer that converts .* \"caffe\" for .* network='vgg'"):
        Perceptual(bare, ["block1_conv1"])
    assert Perceptual(bare, ["block1_conv1"], preprocessing="caffe").preprocessing == "caffe"


def test_real_images_of_another_range_are_named_outside_of_a_graph():
    loss, images = Perceptual(network(), ["edges"]), pictures(1, 8, 8, 3)
    with pytest.raises(ValueError, match=r"(?s)`real_images` must be finite numbers in \[-1, 1\].*lowest=-126"):
        loss(127.5 * images, images)
    # What is generated may be anything.
    assert np.isfinite(float(loss(images, 127.5 * images)))


def test_the_network_stays_as_the_user_has_it():
    trunk = network()
    loss = Perceptual(trunk, ["edges"])
    assert trunk.trainable
    assert [layer.name for layer in loss.network.layers if layer.weights] == ["edges"]


def test_dropout_and_batch_statistics_are_those_of_inference():
    trunk = keras.Sequential([keras.Input((None, None, 3)), keras.layers.BatchNormalization(name="norm")])
    trunk.add(keras.layers.Dropout(0.5, name="dropped"))
    loss, x, y = Perceptual(trunk, ["dropped"]), pictures(4, 4, 4, 3), pictures(4, 4, 4, 3, seed=1)
    before = [np.asarray(weight) for weight in trunk.weights]
    value = float(loss(x, y))
    assert value == pytest.approx(np.abs(x - y).mean() / np.sqrt(1.001), rel=1e-4)
    for weight, old in zip(trunk.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds weights/")
def test_a_texture_that_moves_is_nearer_than_one_that_is_blurred_although_its_pixels_are_farther():
    path = pathlib.Path(TEST_DATA, "weights", "squeezenet_1_1_imagenet_notop.h5")
    loss = Perceptual(perceptual_trunk(weights=path, architecture="squeezenet"), ["fire3", "fire5", "fire9"])
    texture = np.clip(1.5 * np.asarray(tf.nn.avg_pool2d(pictures(4, 64, 64, 3), 2, 1, "SAME")), -1.0, 1.0)
    moved, blurred = np.roll(texture, 1, axis=2), np.asarray(tf.nn.avg_pool2d(texture, 5, 1, "SAME"))
    assert np.abs(moved - texture).mean() > np.abs(blurred - texture).mean()
    assert float(loss(texture, moved)) < 0.6 * float(loss(texture, blurred))


@pytest.mark.parametrize("mode", ["caffe", "torch"])
def test_images_are_converted_as_keras_does(mode):
    trunk = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Identity(name="given")])
    loss, x = Perceptual(trunk, ["given"], preprocessing=mode), pictures(2, 5, 4, 3)
    expected = keras.applications.imagenet_utils.preprocess_input(x * 127.5 + 127.5, mode=mode)
    np.testing.assert_allclose(loss.features(x)[0], expected, atol=1e-3)


def test_grey_images_are_given_to_a_network_for_colours():
    loss = Perceptual(network(), ["edges"])
    x, y = pictures(2, 8, 8, 1), pictures(2, 8, 8, 1, seed=1)
    assert float(loss(x, y)) == pytest.approx(float(loss(*(np.repeat(images, 3, axis=-1) for images in (x, y)))))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_under_mixed_precision_images_reach_the_network_in_float32(policy):
    keras.config.set_dtype_policy(policy)
    loss = Perceptual(network(), ["edges", "parts"])
    x, y = pictures(2, 12, 12, 3), pictures(2, 12, 12, 3, seed=1)
    assert loss(x, y).dtype == tf.float32
    # A difference below the precision of the policy is one of pixels that were not rounded.
    plain = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Identity(name="given", dtype="float32")])
    assert float(Perceptual(plain, ["given"])(x, x + 1e-5)) == pytest.approx(1e-5, rel=0.01)


def test_config_remakes_the_loss():
    options = {"weights": [0.5, 2], "style_weights": [1, 3], "preprocessing": "caffe", "distance": "squared"}
    loss = Perceptual(network(), ["edges", "parts"], **options)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    again.network.set_weights(loss.network.get_weights())
    x, y = pictures(2, 12, 12, 3), pictures(2, 12, 12, 3, seed=1)
    assert float(again(x, y)) == pytest.approx(float(loss(x, y)))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"network": None}, "`network` must be a functional or Sequential keras.Model"),
        (
            {"network": keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="edges")])},
            r"must take images .*Received: network.input_shape=",
        ),
        ({"layers": ["eyes"]}, r"no layer 'eyes'. Its layers are edges, edges_relu, pool, parts. Received"),
        ({"layers": []}, "`layers` must be a list of the names of different layers"),
        ({"layers": "edges"}, "`layers` must be a list of the names of different layers"),
        ({"layers": ["edges", "edges"]}, "`layers` must be a list of the names of different layers"),
        ({"weights": [1.0, 2.0]}, "`weights` must be a list of numbers, one for each of the 1 layers"),
        ({"weights": [-1.0]}, r"`weights` must be a number in \[0.0, inf\)"),
        ({"style_weights": [1.0, 2.0]}, "`style_weights` must be a list of numbers, one for each of the 1 layers"),
        ({"preprocessing": "vgg"}, "`preprocessing` must be one of None, 'caffe', 'torch'"),
        ({"distance": "l1"}, "`distance` must be one of 'absolute', 'squared'"),
    ],
)
def test_bad_arguments(arguments, message):
    arguments = {"network": network(), "layers": ["edges"]} | arguments
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        Perceptual(arguments.pop("network"), arguments.pop("layers"), **arguments)


@pytest.mark.parametrize(
    "real, fake, message",
    [
        (pictures(2, 8, 8, 3), pictures(2, 8, 1, 3), r"must have the same shape. Received: real_images.shape=\(2, 8"),
        (pictures(2, 8, 8, 4), pictures(2, 8, 8, 4), r"without transparency. Received: images of shape \(8, 8, 4\)"),
        (
            pictures(2, 4, 4, 3),
            pictures(2, 4, 4, 3),
            r"nothing is left of them in one of the layers parts: take earlier",
        ),
        (np.zeros((2, 8, 8, 3), "uint8"), np.zeros((2, 8, 8, 3), "uint8"), "must be floating-point numbers"),
    ],
)
def test_images_that_do_not_fit(real, fake, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        Perceptual(network(), ["parts"])(real, fake)
