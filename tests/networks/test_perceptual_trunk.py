"""VGG and SqueezeNet without heads: their layers, their files, and what they make of images."""

import math
import os
import pathlib

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import perceptual_trunk
from keras_gan.networks.perceptual_trunk import ImageNetInput

DATA = pathlib.Path(os.environ.get("KERAS_GAN_TEST_DATA", ""))
VGG16, SQUEEZENET = "weights/vgg16_trunk_float16.npz", "weights/squeezenet_1_1_imagenet_notop.h5"


def file_of(name):
    if not os.environ.get("KERAS_GAN_TEST_DATA") or not (DATA / name).is_file():
        pytest.skip(f"$KERAS_GAN_TEST_DATA has no {name}")
    return DATA / name


def squeezenet_arrays():
    """Random weights of SqueezeNet 1.1, by the names of the published file."""
    rng, arrays = np.random.default_rng(0), {}

    def add(name, side, channels, filters):
        arrays[f"{name}/kernel"] = rng.normal(size=(side, side, channels, filters)).astype("float32") * 0.1
        arrays[f"{name}/bias"] = rng.normal(size=filters).astype("float32") * 0.1

    add("conv1", 3, 3, 64)
    channels = 64
    for number, (narrow, wide) in zip(
        range(2, 10), [(16, 64)] * 2 + [(32, 128)] * 2 + [(48, 192)] * 2 + [(64, 256)] * 2, strict=True
    ):
        add(f"fire{number}_squeeze1x1", 1, channels, narrow)
        add(f"fire{number}_expand1x1", 1, narrow, wide)
        add(f"fire{number}_expand3x3", 3, narrow, wide)
        channels = 2 * wide
    return arrays


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


@pytest.fixture(scope="module")
def squeezenet_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "squeezenet.npz"
    np.savez(path, **squeezenet_arrays())
    return path


@pytest.fixture(scope="module")
def squeezenet(squeezenet_file):
    return perceptual_trunk(weights=squeezenet_file, architecture="squeezenet")


def test_squeezenet_is_the_published_one(squeezenet, squeezenet_file):
    assert squeezenet.count_params() == 722_496
    assert not squeezenet.trainable_variables
    kernel = np.load(squeezenet_file)["fire5_expand3x3/kernel"]
    np.testing.assert_array_equal(squeezenet.get_layer("fire5_expand3x3").kernel, kernel)
    assert squeezenet(pictures(1, 64, 64, 3)).shape == (1, 3, 3, 512)


@pytest.mark.parametrize("side", [28, 64, 100, 227])
def test_squeezenet_rounds_the_sizes_of_its_maps_up(squeezenet, side):
    size = (side - 3) // 2 + 1
    for _ in range(3):
        size = math.ceil((size - 3) / 2) + 1
    assert squeezenet.compute_output_spec(keras.KerasTensor((1, side, side, 3))).shape == (1, size, size, 512)


def test_keras_files_are_read_like_numpy_files(squeezenet, squeezenet_file, tmp_path):
    with h5py.File(tmp_path / "squeezenet.h5", "w") as file:
        arrays = np.load(squeezenet_file)
        names = sorted({key.rpartition("/")[0].replace("_", "/", 1) for key in arrays.files})
        file.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group, key = file.create_group(name), name.replace("/", "_")
            for part in ("kernel", "bias"):
                group[f"{name}_3/{part}:0"] = arrays[f"{key}/{part}"]
            group.attrs["weight_names"] = [f"{name}_3/{part}:0".encode() for part in ("kernel", "bias")]
    again = perceptual_trunk(weights=tmp_path / "squeezenet.h5", architecture="squeezenet")
    x = pictures(1, 40, 40, 3)
    np.testing.assert_array_equal(again(x), squeezenet(x))


def test_images_are_converted_by_the_network_itself(squeezenet):
    assert squeezenet.get_layer("converted").preprocessing == "caffe"
    x = pictures(1, 4, 4, 3)
    x[0, 0, 0] = (-1.0, 0.0, 1.0)
    for mode in ("caffe", "torch"):
        stock = keras.applications.imagenet_utils.preprocess_input(x * 127.5 + 127.5, mode=mode)
        np.testing.assert_allclose(ImageNetInput(mode)(x), stock, atol=1e-4)
    np.testing.assert_array_equal(ImageNetInput(None)(x), x)
    grey = pictures(1, 4, 4, 1)
    np.testing.assert_array_equal(ImageNetInput("caffe")(grey), ImageNetInput("caffe")(np.repeat(grey, 3, axis=-1)))


def test_in_float16_it_computes_in_float32(squeezenet_file):
    keras.config.set_dtype_policy("mixed_float16")
    trunk = perceptual_trunk(weights=squeezenet_file, architecture="squeezenet")
    assert {layer.compute_dtype for layer in trunk.layers if layer.weights} == {"float32"}
    assert trunk(pictures(1, 40, 40, 3)).dtype == tf.float32


@pytest.mark.parametrize(
    "architecture, count", [pytest.param("vgg16", 14_714_688, marks=pytest.mark.long), ("vgg19", 20_024_384)]
)
def test_vgg_has_the_published_layers(architecture, count, tmp_path):
    stock = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}[architecture]
    convolutions = [layer for layer in stock(include_top=False, weights=None).layers if layer.weights]
    arrays = {
        f"{layer.name}/{part}": np.zeros(weight.shape, "float16")
        for layer in convolutions
        for part, weight in zip(("kernel", "bias"), layer.weights, strict=True)
    }
    np.savez(tmp_path / "vgg.npz", **arrays)
    trunk = perceptual_trunk(weights=tmp_path / "vgg.npz", architecture=architecture)
    assert trunk.count_params() == count
    assert [layer.name for layer in trunk.layers if layer.weights] == [layer.name for layer in convolutions]
    if architecture == "vgg19":
        with pytest.raises(
            ValueError, match="another network than vgg16, which has no block3_conv4, block4_conv4, block5"
        ):
            perceptual_trunk(weights=tmp_path / "vgg.npz", architecture="vgg16")


def test_weights_of_keras_applications_are_fetched_on_request_alone(monkeypatch):
    asked = []

    def vgg16(**options):
        asked.append(options)
        stock = stock_vgg16(include_top=False, weights=None)
        stock.get_layer("block1_conv2").set_weights([np.full((3, 3, 64, 64), 2.0), np.full(64, 3.0)])
        return stock

    stock_vgg16 = keras.applications.VGG16
    monkeypatch.setattr(keras.applications, "VGG16", vgg16)
    trunk = perceptual_trunk(weights="imagenet", architecture="vgg16")
    assert asked == [{"include_top": False, "weights": "imagenet"}]
    kernel, bias = trunk.get_layer("block1_conv2").get_weights()
    assert (kernel.max(), bias.min()) == (2.0, 3.0)

    def offline(**options):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(OSError, match=r"cannot be downloaded. Get the file .*URL fetch failure"):
        perceptual_trunk(weights="imagenet", architecture="vgg16")
    for other in ({"architecture": "squeezenet"}, {"architecture": "vgg16", "preprocessing": "torch"}):
        with pytest.raises(ValueError, match=r"which has VGG16 and VGG19 with `preprocessing=\"caffe\"`"):
            perceptual_trunk(weights="imagenet", **other)


@pytest.mark.long
def test_a_published_file_of_vgg16_sees_edges():
    """The features of an edge are larger than those of a plane, and both ways to the same network agree."""
    path = file_of(VGG16)
    trunk = perceptual_trunk(weights=path, architecture="vgg16")
    assert trunk.count_params() == 14_714_688
    stock = keras.applications.VGG16(include_top=False, weights=None)
    for layer in stock.layers:
        if layer.weights:
            layer.set_weights(trunk.get_layer(layer.name).get_weights())
    x = pictures(1, 64, 64, 3)
    expected = stock(keras.applications.vgg16.preprocess_input(x * 127.5 + 127.5))
    last = keras.Model(trunk.input, keras.layers.MaxPooling2D(2)(trunk.output))
    np.testing.assert_allclose(last(x), expected, rtol=1e-3, atol=1e-2)


def test_the_published_file_of_squeezenet_is_read():
    trunk = perceptual_trunk(weights=file_of(SQUEEZENET), architecture="squeezenet")
    assert trunk.count_params() == 722_496
    first = np.asarray(trunk.get_layer("conv1").kernel)
    # Filters of edges sum to nearly nothing; random ones would not.
    assert np.median(np.abs(first.sum(axis=(0, 1, 2))) / np.abs(first).sum(axis=(0, 1, 2))) < 0.2


def test_bad_arguments(squeezenet_file, tmp_path):
    with pytest.raises(ValueError, match=r"no weights of 'block1_conv1', a layer of vgg19.*with layers conv1"):
        perceptual_trunk(weights=squeezenet_file)
    with pytest.raises(ValueError, match=r"1 or 3 channels. Received: image_shape=\(8, 8, 4\)"):
        perceptual_trunk(weights=squeezenet_file, image_shape=(8, 8, 4))
    with pytest.raises(ValueError, match=r"must be one of 'vgg16', 'vgg19', 'squeezenet'"):
        perceptual_trunk(weights=squeezenet_file, architecture="vgg")
    with pytest.raises(ValueError, match=r"`preprocessing` must be one of None, 'caffe', 'torch'"):
        perceptual_trunk(weights=squeezenet_file, architecture="squeezenet", preprocessing="tf")
    with pytest.raises(FileNotFoundError, match=r"no file of weights.*Received: weights="):
        perceptual_trunk(weights=tmp_path / "none.npz")
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(squeezenet_file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"cannot be read, so get it again .*Received: weights="):
        perceptual_trunk(weights=damaged)
    damaged.rename(tmp_path / "damaged.bin")
    with pytest.raises(ValueError, match=r"ends in .npz or .h5. Received: weights="):
        perceptual_trunk(weights=tmp_path / "damaged.bin")
