import numpy as np
import pytest

from keras_gan import data


def read(source, prepare=lambda image: image):
    return source.read("train", prepare)


def test_arrays_are_kept_without_a_copy():
    images = np.zeros((5, 4, 4, 3), np.uint8)
    assert read(data.Arrays(images)).images is images


def test_grey_images_get_a_channel_and_wide_floats_become_float32():
    images = np.linspace(-1, 1, 48).reshape(3, 4, 4)
    got = read(data.Arrays(images)).images
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, images[..., None].astype(np.float32))


def test_rounding_errors_beyond_1_are_clipped():
    images = np.linspace(-1.0001, 1.0001, 16, dtype=np.float32).reshape(1, 4, 4)
    got = read(data.Arrays(images)).images
    assert (got.min(), got.max()) == (-1, 1)
    np.testing.assert_array_equal(got[0, 1:3, :, 0], images[0, 1:3])


def test_labels_become_a_vector_of_int32():
    labels = read(data.Arrays(np.zeros((3, 2, 2), np.uint8), np.array([[2], [0], [1]], np.uint8))).labels
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [2, 0, 1])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float64])
def test_several_attributes_of_each_image_are_labels_too(dtype):
    attributes = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0]], dtype)
    dataset = data.load((np.zeros((3, 2, 2), np.uint8), attributes), batch_size=3, labels=True)
    assert dataset.num_classes == 3
    ((_, labels),) = dataset.one_pass().as_numpy_iterator()
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(labels, attributes)


def test_one_column_is_an_attribute_if_it_holds_floats():
    column = np.array([[1], [0], [1]])
    images = np.zeros((3, 2, 2), np.uint8)
    assert read(data.Arrays(images, column)).labels.shape == (3,)
    assert read(data.Arrays(images, column / 1.0)).labels.shape == (3, 1)


def test_images_are_resized_and_converted_one_by_one():
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 6, 3), np.uint8)
    dataset = data.load(images, image_size=4, batch_size=5, preprocessing=data.Preprocessing(channels=1))
    assert dataset.image_shape == (4, 4, 1)


def float_images(**values):
    images = np.zeros((3, 4, 4, 1), np.float32)
    for position, value in values.items():
        images[tuple(map(int, position[1:]))] = value
    return images


@pytest.mark.parametrize(
    "images, message",
    [
        (
            np.full((3, 4, 4), 255),
            r'with images.astype\("uint8"\). Received: images with dtype=int64, shape=\(3, 4, 4\)',
        ),
        (
            np.full((3, 4, 4), 65535, np.uint16),
            r"65535 is white.*\(images / 257\).round\(\).astype.*keep all levels with \(images / 32767.5 - 1\)",
        ),
        (np.full((3, 4, 4), 255, np.uint16), r'Convert with images.astype\("uint8"\). Received'),
        (np.ones((3, 4, 4), bool), r'images.astype\("uint8"\) \* 255.*dtype=bool'),
        (np.ones((3, 4, 4), np.int32), r'These look like \[0, 1\].*images.astype\("uint8"\) \* 255'),
        (np.full((3, 4, 4), -7), r"These lie in \[-7, -7\]. Scale them with"),
        (np.zeros((3, 4), np.int64), r"A table needs no `load`: give it to `fit`, as float32.*shape=\(3, 4\)"),
        (np.zeros((9, 3, 8, 8), np.uint8), r"come first.*images.transpose\(0, 2, 3, 1\).*shape=\(9, 3, 8, 8\)"),
        (np.zeros((9, 8, 3), np.uint8), r"looks like one image with channels.*images\[None\].*shape=\(9, 8, 3\)"),
        (np.zeros((3, 9, 5), complex), r"Give the brightness of each pixel as one of these.*dtype=complex128"),
        (np.full((3, 9, 5), 7.0), r"series and no images, they need no `load`: give them to `fit`"),
        (float_images(_0000=513, _0010=-1), r"lowest and the highest number of the whole set.*in \[-1, 513\]"),
        (float_images(_0000=40000), r"look like \[0, 65535\].*images / 32767.5 - 1"),
        (np.ma.masked_less(float_images(), 1), r"must not be masked.*images.filled"),
        ((float_images(), np.zeros(3)), r"must be one array.*`load_data` of `keras.datasets`"),
        (np.full((3, 4, 4), None), r"np.stack\(images\).*dtype=object"),
        (np.zeros((4, 4), np.uint8), r"\(num_images, height, width, channels\).*shape=\(4, 4\)"),
        (np.zeros((0, 4, 4), np.uint8), r"The array holds no image.*shape=\(0, 4, 4\)"),
        (float_images(_1230=np.nan, _2000=np.inf), r"2 NaN or infinite values, the first at index \(1, 2, 3, 0\)"),
        (float_images(_0000=255), r"look like \[0, 255\].*images / 127.5 - 1.*in \[0, 255\]"),
        (float_images(_0000=-3, _0010=2), r"must lie in \[-1, 1\]. Scale them with .* Received: images in \[-3, 2\]"),
    ],
)
def test_images_of_the_wrong_kind(images, message):
    with pytest.raises(ValueError, match=message):
        data.Arrays(images)


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.zeros(4, int), r"Each image needs one label. Received: labels with shape=\(4,\) for 3 images"),
        (np.full((3, 10), 0.1), r"probabilities become classes with labels.argmax\(-1\).*shape=\(3, 10\)"),
        (np.array([[1, -1], [1, 1], [-1, 1]]), r"Attributes must be 0 or 1.*\(labels \+ 1\) / 2"),
        (np.zeros(3), r'Labels must be class indices.*labels.astype\("int32"\).*dtype=float64'),
        (np.array(["a", "b", "a"]), r"np.unique\(labels, return_inverse=True\)\[1\].*dtype=<U1"),
        (np.array([0, np.nan, 0.5]), r"np.unique\(labels, return_inverse=True\)\[1\].*dtype=float64"),
        (np.array([True, False, True]), r'labels.astype\("int32"\).*dtype=bool'),
        (np.zeros((3, 4, 4)), r"If these are images too, load each set by itself.*shape=\(3, 4, 4\)"),
        ([], r"Each image needs one label. Received: labels with shape=\(0,\) for 3 images"),
        (7, r"Each image needs one label. Received: labels with shape=\(\) for 3 images"),
        (np.array([0, 2**40, 1]), r"too large.*np.unique.*maximum 1099511627776"),
        (np.array([0, -1, 2]), r"count the classes from 0. Received: labels with minimum -1"),
    ],
)
def test_labels_of_the_wrong_kind(labels, message):
    with pytest.raises(ValueError, match=message):
        data.Arrays(np.zeros((3, 4, 4), np.uint8), labels)
