"""One check of the range of images, and one way to quantise them, for arrays and for tensors."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import _pixels
from keras_gan._pixels import as_pixels


def test_every_byte_survives_the_way_to_floats_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    images = levels.astype(np.float32) / 127.5 - 1.0
    np.testing.assert_array_equal(as_pixels(images), levels)
    np.testing.assert_array_equal(as_pixels(images.astype(np.float64)), levels)


def test_the_formula_rounds_to_the_nearest_level():
    image = np.array([-1.0, -0.9999, 0.0, 0.9999, 1.0]).reshape(1, 1, 5, 1)
    np.testing.assert_array_equal(as_pixels(image)[0, 0, :, 0], [0, 0, 128, 255, 255])


def test_bytes_are_refused_by_name():
    with pytest.raises(ValueError, match=r"Map bytes in \[0, 255\] with .* Received: images.dtype=uint8"):
        as_pixels(np.zeros((1, 2, 2, 1), np.uint8))


def test_one_image_alone_is_refused():
    with pytest.raises(ValueError, match=r"Received: images.shape=\(2, 2, 1\)"):
        as_pixels(np.zeros((2, 2, 1), np.float32))


def test_floats_up_to_255_are_refused():
    with pytest.raises(ValueError, match=r"Map numbers in \[0, 255\] with .* Received: lowest=0, highest=255"):
        as_pixels(np.array([0.0, 255.0], np.float32).reshape(1, 1, 2, 1))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad):
    with pytest.raises(ValueError, match="must be finite"):
        as_pixels(np.array([0.0, bad], np.float32).reshape(1, 1, 2, 1))


def test_a_whole_set_that_fills_zero_to_one_is_warned_of():
    images = np.array([0.0, 0.3, 1.0], np.float32).reshape(1, 1, 3, 1)
    with pytest.warns(UserWarning, match=r"The faces fill \[0, 1\] and none is below 0.*give `faces \* 2 - 1`"):
        assert _pixels.require_images("faces", images) is images
    # One batch is not the whole set.
    np.testing.assert_array_equal(as_pixels(images).numpy().flat, [128, 166, 255])


@pytest.mark.parametrize("order", [1, -1])
def test_the_guess_about_batches_does_not_depend_on_their_order(order):
    batches = [np.array(batch) for batch in ([0.0, 1.0], [-0.5, 0.5], [])][::order]
    assert list(_pixels.watched("faces", batches)) == batches
    with pytest.warns(UserWarning, match=r"The faces fill \[0, 1\]"):
        list(_pixels.watched("faces", [np.array([0.0, 0.5]), np.array([0.5, 1.0])][::order]))


@pytest.mark.parametrize("values", [[0, 255], [0.0, np.nan], [np.nan, 1.0]])
def test_the_guess_leaves_other_ranges_alone(values):
    list(_pixels.watched("faces", [np.array(values)]))


@pytest.mark.parametrize(
    "low, high, way",
    [
        (0, 255, "`x / 127.5 - 1`"),
        (0, 65535, "`x / 32767.5 - 1`"),
        (0, 1.2, "`2 * (x - low) / (high - low) - 1`"),
        (0, 10, "`2 * (x - low) / (high - low) - 1`"),
        (0, 4095, "`2 * (x - low) / (high - low) - 1`"),
        (-3, 2, "`2 * (x - low) / (high - low) - 1`"),
        (-1, 513, "`2 * (x - low) / (high - low) - 1`"),
    ],
)
def test_the_way_to_scale_depends_on_the_range_and_ends_in_minus_1_to_1(low, high, way):
    assert way in _pixels.scaling("x", low, high)
    scaled = [eval(way.strip("`"), {"x": x, "low": low, "high": high}) for x in (low, high)]
    assert scaled == [-1.0, 1.0]


@pytest.mark.parametrize(
    "shape, answer",
    [
        ((3, 32, 32), True),
        ((1, 5, 6), True),
        ((3, None, None), True),
        ((None, None, 3), False),
        ((8, 8, 3), False),
        ((5, 8, 8), False),
        ((4, 4, 5), False),
        ((3, 64, 4), False),
    ],
)
def test_channels_that_come_first_are_known_by_their_number(shape, answer):
    assert _pixels.has_channels_first(shape) == answer


@pytest.mark.parametrize("check", [_pixels.require_images, as_pixels, tf.function(as_pixels)])
def test_images_with_their_channels_first_are_told_to_be_turned_round(check):
    images = np.zeros((2, 3, 8, 8), np.float32)
    names = ("images",) if check is _pixels.require_images else ()
    with pytest.raises(ValueError, match=r"come first.*`images.transpose\(0, 2, 3, 1\)`. Received: images.shape="):
        check(*names, images)


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 0.0], [0.2, 1.0], [-0.1, 1.0], [-1.0, 0.0]])
def test_bright_and_grey_images_pass(values):
    assert as_pixels(np.array(values, np.float32).reshape(1, 1, 2, 1)).shape == (1, 1, 2, 1)


def test_an_empty_batch_passes():
    assert as_pixels(np.zeros((0, 2, 2, 1), np.float32)).shape == (0, 2, 2, 1)


def test_the_range_is_checked_in_a_graph_too():
    compiled = tf.function(as_pixels)
    np.testing.assert_array_equal(compiled(tf.fill((1, 1, 1, 1), -1.0)), [[[[0.0]]]])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be finite numbers in \[-1, 1\]"):
        compiled(tf.fill((1, 1, 1, 1), 255.0))


def test_arrays_and_tensors_are_quantised_alike():
    images = np.random.default_rng(0).uniform(-1.2, 1.2, 10_000).astype(np.float32)
    # Every number halfway between two levels, and its neighbours.
    halves = (np.arange(255) + 0.5 - 127.5) / 127.5
    images = np.concatenate([images, *(np.nextafter(halves, end, dtype=np.float32) for end in (-2.0, 2.0)), halves])
    quantised = _pixels.to_bytes(images)
    assert quantised.dtype == np.uint8
    np.testing.assert_array_equal(_pixels.tensor_to_bytes(tf.constant(images, tf.float32)), quantised)
    np.testing.assert_allclose(quantised, (np.clip(images, -1, 1) + 1) * 127.5, atol=0.50001)


def test_halfway_between_two_levels_is_the_higher_one():
    # 127.5 (x + 1) is 64.5 and 190.5 here, which half to even rounds down.
    np.testing.assert_array_equal(_pixels.to_bytes([-63 / 127.5, 63 / 127.5]), [65, 191])


@pytest.mark.parametrize(
    "values", [[-1.0, 1.0005], [0.5, 1.0], [-1.01, 0.0], [0.0, 1.01], [np.nan, 0.0], [-np.inf, 0.0]]
)
def test_arrays_and_tensors_are_checked_alike(values):
    images = np.array(values, np.float32).reshape(1, 1, 2, 1)
    checks = [_pixels.require_images, _pixels.require_image_tensor]
    outcomes = []
    for check in checks:
        try:
            outcomes.append(np.asarray(check("faces", images)).tolist())
        except ValueError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_what_is_right_already_is_not_copied():
    images = np.zeros((2, 3), np.float32)
    assert _pixels.require_range("images", images) is images
