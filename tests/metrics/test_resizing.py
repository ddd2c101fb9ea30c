import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.metrics.resizing import RESIZE_MODES, resize

SIZES = [((8, 8), (32, 32)), ((32, 24), (11, 17)), ((5, 40), (20, 3)), ((16, 16), (16, 32)), ((1, 7), (3, 3))]


def _images(size, channels=2):
    return np.random.default_rng(0).integers(0, 256, (2, *size, channels)).astype(np.float32)


def _by_pillow(images, size):
    def channel(pixels):
        return np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC))

    return np.stack([np.stack([channel(image[..., c]) for c in range(image.shape[-1])], -1) for image in images])


def _bilinear(images, size, half_pixel):
    """One output pixel at a time, as the two libraries define it."""
    offset = 0.5 if half_pixel else 0.0

    def source(place, out, size_in):
        at = np.float32(place + offset) * np.float32(size_in / out) - np.float32(offset)
        low = max(int(np.floor(at)), 0)
        return low, min(low + 1, size_in - 1), max(float(at), 0.0) - low

    result = np.empty((len(images), *size, images.shape[-1]))
    for row in range(size[0]):
        top, bottom, down = source(row, size[0], images.shape[1])
        for column in range(size[1]):
            left, right, along = source(column, size[1], images.shape[2])
            upper = images[:, top, left] * (1 - along) + images[:, top, right] * along
            lower = images[:, bottom, left] * (1 - along) + images[:, bottom, right] * along
            result[:, row, column] = upper * (1 - down) + lower * down
    return result


@pytest.mark.parametrize("size_in, size_out", SIZES)
def test_clean_is_pillow(size_in, size_out):
    images = _images(size_in)
    np.testing.assert_allclose(resize(images, size_out, mode="clean"), _by_pillow(images, size_out), atol=1e-3)


@pytest.mark.parametrize("size_in, size_out", SIZES)
@pytest.mark.parametrize("mode, half_pixel", [("legacy_tensorflow", False), ("legacy_pytorch", True)])
def test_the_legacy_modes_are_their_definitions(size_in, size_out, mode, half_pixel):
    images = _images(size_in)
    expected = _bilinear(images, size_out, half_pixel)
    np.testing.assert_allclose(resize(images, size_out, mode=mode), expected, atol=1e-3)


def test_only_clean_averages_what_it_leaves_out():
    stripes = np.tile(np.float32([[0.0], [255.0]]), (1, 16, 32, 1))
    one_column = {mode: resize(stripes, (8, 8), mode=mode)[0, 3, 3, 0].numpy() for mode in RESIZE_MODES}
    assert one_column["clean"] == pytest.approx(127.5, abs=0.5)
    assert one_column["legacy_tensorflow"] == 0.0


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_images_of_the_right_size_are_left_alone(mode):
    images = _images((6, 5))
    np.testing.assert_array_equal(resize(images, (6, 5), mode=mode), images)


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_sizes_known_only_at_run_time(mode):
    signature = [tf.TensorSpec((None, None, None, 2), tf.float32)]
    compiled = tf.function(lambda images: resize(images, (9, 9), mode=mode), input_signature=signature)
    for size in ((9, 9), (4, 20)):
        images = _images(size)
        np.testing.assert_allclose(compiled(images), resize(images, (9, 9), mode=mode), atol=1e-3)


def test_an_unknown_mode():
    with pytest.raises(ValueError, match=r"'clean', 'legacy_pytorch', 'legacy_tensorflow'. Received: resize='bicubic'"):
        resize(_images((4, 4)), (2, 2), mode="bicubic")
