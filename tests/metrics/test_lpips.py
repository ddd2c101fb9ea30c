"""LPIPS against the same networks in NumPy, in float64, with random weights."""

import os
import pathlib

import h5py
import numpy as np
import pytest

from keras_gan.metrics import Lpips

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
RNG = np.random.default_rng(0)
FIRES = {2: (64, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128)}
FIRES |= {6: (256, 48, 192), 7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256)}
WIDTHS = (64, 128, 256, 384, 384, 512, 512)


def squeezenet_weights():
    shapes = {"conv1": (3, 3, 3, 64)}
    for number, (given, squeeze, expand) in FIRES.items():
        shapes[f"fire{number}/squeeze1x1"] = (1, 1, given, squeeze)
        shapes |= {f"fire{number}/expand{side}x{side}": (side, side, squeeze, expand) for side in (1, 3)}
    weights = {}
    for name, shape in shapes.items():
        weights[f"{name}/kernel"] = RNG.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape).astype("float32")
        weights[f"{name}/bias"] = RNG.normal(0, 0.1, shape[-1:]).astype("float32")
    return weights


WEIGHTS = squeezenet_weights()
HEADS = [RNG.uniform(0, 1, (1, width, 1, 1)) for width in WIDTHS]


def conv(x, kernel, bias, stride=1, pad=0):
    """A convolution and ReLU of `(height, width, channels)` in float64, by the definition."""
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
    return np.maximum(np.einsum("hwcij,ijcd->hwd", windows, kernel.astype("float64")) + bias, 0)


def pool(x, size, stride, ceil):
    """The maximum of windows; with `ceil` also of the last ones, which reach beyond the image."""
    if ceil:
        x = np.pad(x, ((0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))[::stride, ::stride]
    return windows.max(axis=(3, 4))


def squeezenet_stages(x):
    def layer(x, name, **options):
        return conv(x, WEIGHTS[f"{name}/kernel"], WEIGHTS[f"{name}/bias"], **options)

    x = layer(x, "conv1", stride=2)
    stages = [x]
    for number in FIRES:
        x = pool(x, 3, 2, ceil=True) if number in (2, 4, 6) else x
        squeezed = layer(x, f"fire{number}/squeeze1x1")
        sides = [layer(squeezed, f"fire{number}/expand{side}x{side}", pad=side // 2) for side in (1, 3)]
        x = np.concatenate(sides, axis=-1)
        if number in (3, 5, 6, 7, 8, 9):
            stages.append(x)
    return stages


def slow_lpips(first, second, stages_of):
    scaled = [(image - [-0.030, -0.088, -0.188]) / [0.458, 0.448, 0.450] for image in (first, second)]
    total = 0.0
    for x, y, head in zip(*map(stages_of, scaled), HEADS, strict=True):
        x, y = (part / (np.sqrt((part**2).sum(-1, keepdims=True)) + 1e-10) for part in (x, y))
        total += ((x - y) ** 2 @ head.ravel()).mean()
    return total


@pytest.fixture(scope="module")
def distance():
    return Lpips(WEIGHTS, HEADS)


@pytest.mark.parametrize("sides", [(17, 17), (32, 26), (35, 38)])
def test_it_is_the_definition(distance, sides):
    images, targets = RNG.uniform(-1, 1, (2, 2, *sides, 3))
    expected = [slow_lpips(*pair, squeezenet_stages) for pair in zip(images, targets, strict=True)]
    np.testing.assert_allclose(distance(images, targets).values, expected, rtol=2e-5)


def test_equal_images_have_no_distance_and_grey_ones_are_repeated(distance):
    images, targets = RNG.uniform(-1, 1, (2, 2, 20, 20, 1))
    assert distance(images, images).values.tolist() == [0.0, 0.0]
    repeated = distance(images.repeat(3, -1), targets.repeat(3, -1))
    np.testing.assert_array_equal(distance(images, targets).values, repeated.values)


def test_vgg16_is_cut_after_the_last_activation_of_each_block():
    widths = [(64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3]
    weights, given = {}, 3
    for block, block_widths in enumerate(widths, 1):
        for number, width in enumerate(block_widths, 1):
            name = f"block{block}_conv{number}"
            # The names of the file of keras.applications. A few ones in each kernel are quick to convolve with.
            kernel = np.zeros((3, 3, given, width), np.float32)
            kernel[RNG.integers(3), RNG.integers(3), np.arange(width) % given, np.arange(width)] = 1.0
            weights |= {f"{name}/{name}_W_1:0": kernel, f"{name}/{name}_b_1:0": np.full(width, 0.1, np.float32)}
            given = width
    image = RNG.uniform(-1, 1, (16, 16, 3))
    stages, x = [], 127.5 * image[..., ::-1] + 127.5 - [103.939, 116.779, 123.68]
    for block, block_widths in enumerate(widths, 1):
        x = pool(x, 2, 2, ceil=False) if block > 1 else x
        for number in range(1, len(block_widths) + 1):
            name = f"block{block}_conv{number}"
            row, column, *_ = np.argwhere(weights[f"{name}/{name}_W_1:0"][:, :, 0, 0])[0]
            padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))[row : row + len(x), column : column + len(x)]
            x = np.maximum(padded[..., np.arange(block_widths[0]) % x.shape[-1]] + 0.1, 0)
        stages.append(x)
    made = Lpips(weights, architecture="vgg16", preprocessing="caffe").trunk(image[None].astype("float32"))
    for got, expected in zip(made, stages, strict=True):
        np.testing.assert_allclose(got[0], expected, rtol=1e-5, atol=1e-3)


def test_without_heads_all_channels_count_alike(distance):
    ones = [np.ones(width) for width in WIDTHS]
    images, targets = RNG.uniform(-1, 1, (2, 1, 20, 20, 3))
    plain = Lpips(WEIGHTS)
    assert plain.fingerprint == Lpips(WEIGHTS, ones).fingerprint != distance.fingerprint
    assert plain(images, targets).mean > distance(images, targets).mean


def test_files_hold_the_same_as_arrays(distance, tmp_path):
    np.savez(tmp_path / "trunk.npz", **WEIGHTS)
    np.savez(tmp_path / "heads.npz", **{f"lin{number}": head for number, head in enumerate(HEADS)})
    with h5py.File(tmp_path / "trunk.h5", "w") as file:
        for name, value in WEIGHTS.items():
            layer, _, kind = name.rpartition("/")
            # As Keras 2 writes them: the layer's name twice.
            file[f"{layer}/{layer}_3/{kind}:0"] = value
    for trunk in ("trunk.npz", "trunk.h5"):
        assert Lpips(tmp_path / trunk, str(tmp_path / "heads.npz")).fingerprint == distance.fingerprint


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"weights": "no_such_file.npz"}, r"no file of weights at this path. Received: weights='no_such_file.npz'"),
        ({"weights": {}}, r"must have the kernel of conv1.*begins with 'conv1'.*Received: none, among \[\]"),
        (
            {"weights": WEIGHTS | {"fire9/squeeze1x1/kernel": np.zeros((2, 2, 3, 3))}},
            r"kernel of fire9_squeeze1x1.*Recei",
        ),
        ({"weights": 5}, r"`weights` must be a dict.* Received: weights of type int"),
        ({"heads": HEADS[:6]}, r"must be 7 arrays, `lin0` to `lin6`.*Received: heads of the sizes \[64, 128, 256, 384"),
        ({"heads": [-head for head in HEADS]}, r"finite weights of at least 0"),
        ({"architecture": "alexnet"}, r"`architecture` must be one of 'squeezenet', 'vgg16'"),
        ({"preprocessing": "none"}, r"`preprocessing` must be one of 'torchvision', 'caffe'"),
    ],
)
def test_what_is_wrong_is_named(arguments, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        Lpips(**{"weights": WEIGHTS, **arguments})


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "trunk.npz"
    path.write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"cannot be loaded.* Received: .*trunk.npz"):
        Lpips(path)


@pytest.mark.parametrize("shape", [(1, 16, 17, 3), (1, 32, 32, 4)])
def test_images_that_it_cannot_see_are_refused(distance, shape):
    with pytest.raises(ValueError, match=r"at least 17 pixels along each side, grey or RGB.*Received: images.shape="):
        distance(np.zeros(shape), np.zeros(shape))


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds weights/")
@pytest.mark.parametrize(
    "trunk, heads, architecture",
    [
        ("squeezenet_1_1_imagenet_notop.h5", "lpips_squeeze_heads.npz", "squeezenet"),
        pytest.param("vgg16_trunk_float16.npz", "lpips_vgg_heads.npz", "vgg16", marks=pytest.mark.long),
    ],
)
def test_real_weights_are_read_and_see_blur_more_than_brightness(trunk, heads, architecture):
    folder = pathlib.Path(TEST_DATA) / "weights"
    distance = Lpips(folder / trunk, folder / heads, architecture=architecture, preprocessing="caffe")
    rows, columns = np.mgrid[:64, :64] / 8
    picture = np.stack([np.sin(rows**2), np.sin(rows * columns), np.cos(columns**2)], -1)[None] * 0.8
    blurred = sum(np.roll(picture, (i, j), (1, 2)) for i in range(-2, 3) for j in range(-2, 3)) / 25
    assert distance(blurred, picture).mean > 5 * distance(np.clip(picture + 0.1, -1, 1), picture).mean > 0
