"""LPIPS against the same network in NumPy, in float64."""

import os
import pathlib

import keras
import numpy as np
import pytest

from keras_gan import networks
from keras_gan.metrics import Lpips

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
RNG = np.random.default_rng(0)
WIDTHS = (5, 7)
KERNELS = [RNG.normal(0, 0.5, (3, 3, given, width)) for given, width in zip((3, *WIDTHS), WIDTHS, strict=False)]
HEADS = [RNG.uniform(0, 1, (1, width, 1, 1)) for width in WIDTHS]


def trunk(channels=3):
    """Two convolutions; the first stage is a map at full size, the second one at half of it."""
    layers = [
        keras.layers.Conv2D(width, 3, strides, activation="relu", use_bias=False, name=name)
        for width, strides, name in zip(WIDTHS, (1, 2), ("first", "second"), strict=True)
    ]
    network = keras.Sequential([keras.Input((None, None, channels)), *layers], name="tiny")
    if channels == 3:
        network.set_weights(KERNELS)
    return network


def conv(x, kernel, stride):
    """A convolution and ReLU of `(height, width, channels)` in float64, by the definition."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(0, 1))[::stride, ::stride]
    return np.maximum(np.einsum("hwcij,ijcd->hwd", windows, kernel), 0)


def slow_lpips(*pair):
    total = 0.0
    for kernel, stride, head in zip(KERNELS, (1, 2), HEADS, strict=True):
        pair = [conv(image, kernel, stride) for image in pair]
        x, y = (maps / (np.sqrt((maps**2).sum(-1, keepdims=True)) + 1e-10) for maps in pair)
        total += ((x - y) ** 2 @ head.ravel()).mean()
    return total


@pytest.fixture(scope="module")
def distance():
    return Lpips(trunk(), HEADS, layers=["first", "second"])


@pytest.mark.parametrize("sides", [(9, 9), (16, 11)])
def test_it_is_the_definition(distance, sides):
    images, targets = RNG.uniform(-1, 1, (2, 3, *sides, 3))
    expected = [slow_lpips(*pair) for pair in zip(images, targets, strict=True)]
    scores = distance(images, targets)
    np.testing.assert_allclose(scores.values, expected, rtol=2e-5)
    assert scores.mean == pytest.approx(np.mean(expected), rel=2e-5)


def test_equal_images_have_no_distance_and_grey_ones_are_repeated(distance):
    images, targets = RNG.uniform(-1, 1, (2, 2, 9, 9, 1))
    assert distance(images, images).values.tolist() == [0.0, 0.0]
    repeated = distance(images.repeat(3, -1), targets.repeat(3, -1))
    np.testing.assert_array_equal(distance(images, targets).values, repeated.values)


def test_bytes_are_mapped_to_the_range_of_the_network(distance):
    images, targets = RNG.integers(0, 256, (2, 2, 9, 9, 3)).astype("uint8")
    floats = distance(images / 127.5 - 1, targets / 127.5 - 1)
    np.testing.assert_allclose(distance(images, targets).values, floats.values, rtol=1e-4)


def test_without_heads_all_channels_count_alike(distance):
    images, targets = RNG.uniform(-1, 1, (2, 1, 9, 9, 3))
    plain = Lpips(trunk(), layers=["first", "second"])
    ones = Lpips(trunk(), [np.ones(width) for width in WIDTHS], layers=["first", "second"])
    assert plain.fingerprint == ones.fingerprint != distance.fingerprint
    assert plain(images, targets).values == ones(images, targets).values > distance(images, targets).values


def test_heads_come_from_a_file_too(distance, tmp_path):
    np.savez(tmp_path / "heads.npz", **{f"lin{number}": head for number, head in enumerate(HEADS)})
    for heads in (tmp_path / "heads.npz", str(tmp_path / "heads.npz"), dict(np.load(tmp_path / "heads.npz"))):
        assert Lpips(trunk(), heads, layers=("first", "second")).fingerprint == distance.fingerprint


def test_other_weights_have_another_fingerprint(distance):
    other = trunk()
    other.set_weights([2 * kernel for kernel in KERNELS])
    assert Lpips(other, HEADS, layers=["first", "second"]).fingerprint != distance.fingerprint
    assert Lpips(trunk(), HEADS[:1], layers=["first"]).fingerprint != distance.fingerprint


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"network": "trunk.npz"}, r"`network` must be a keras.Model.*Received: network='trunk.npz'"),
        ({"layers": ["third"]}, r"must be names of layers.* It has first, second \.\.\. Received: layers=\['third'\]"),
        ({"layers": None}, r"only of the VGG16 and the SqueezeNet.* Received: layers=None"),
        ({"heads": HEADS[:1]}, r"must be 2 arrays, `lin0` to `lin1`, of 5, 7.* Received: heads of the sizes \[5\]"),
        ({"heads": [-head for head in HEADS]}, r"finite weights of at least 0"),
        ({"heads": {"lin0": HEADS[0], "other": HEADS[1]}}, r"Received: heads of the sizes \[5, 0\]"),
        ({"heads": "no_such_file.npz"}, r"no file of heads at this path. Received: heads='no_such_file.npz'"),
        ({"heads": 5}, r"`heads` must be a list of arrays, a dict or a path. Received: heads=5"),
        ({"name": ""}, r"`name` must be a string"),
    ],
)
def test_what_is_wrong_is_named(arguments, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        Lpips(**{"network": trunk(), "heads": HEADS, "layers": ["first", "second"], **arguments})


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "heads.npz"
    path.write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"cannot be loaded.* Received: .*heads.npz"):
        Lpips(trunk(), path, layers=["first", "second"])


@pytest.mark.parametrize("sides", [(2, 9), (3, 3)])
def test_images_that_are_too_small_are_refused(distance, sides):
    with pytest.raises(ValueError, match=r"too small for it, so enlarge them.*Received: images of shape"):
        distance(np.zeros((1, *sides, 3)), np.zeros((1, *sides, 3)))


def test_images_of_other_channels_are_refused(distance):
    with pytest.raises(
        ValueError, match=r"takes images of 3 channels. Put images with alpha.* Received: images.shape="
    ):
        distance(np.zeros((1, 9, 9, 4)), np.zeros((1, 9, 9, 4)))


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds weights/")
@pytest.mark.parametrize(
    "file, heads, architecture",
    [
        ("squeezenet_1_1_imagenet_notop.h5", "lpips_squeeze_heads.npz", "squeezenet"),
        pytest.param("vgg16_trunk_float16.npz", "lpips_vgg_heads.npz", "vgg16", marks=pytest.mark.long),
    ],
)
def test_real_weights_see_blur_more_than_brightness(file, heads, architecture):
    folder = pathlib.Path(TEST_DATA) / "weights"
    network = networks.perceptual_trunk(weights=folder / file, architecture=architecture, preprocessing="caffe")
    distance = Lpips(network, folder / heads)
    rows, columns = np.mgrid[:64, :64] / 8
    picture = np.stack([np.sin(rows**2), np.sin(rows * columns), np.cos(columns**2)], -1)[None] * 0.8
    blurred = sum(np.roll(picture, (i, j), (1, 2)) for i in range(-2, 3) for j in range(-2, 3)) / 25
    assert distance(blurred, picture).mean > 5 * distance(np.clip(picture + 0.1, -1, 1), picture).mean > 0
