"""The changes of DiffAugment against their definitions, one image at a time."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.augmentation import DiffAugment, uniform_per_image
from keras_gan.schedules import Linear

COLOUR = ("brightness", "saturation", "contrast")
SEED = tf.constant([5, 6], tf.int64)


def images(count=6, height=16, width=24, channels=3):
    return np.random.default_rng(0).uniform(-1.0, 1.0, (count, height, width, channels)).astype("float32")


def changed(policy, batch, strength=1.0, seed=SEED, step=0):
    return np.asarray(DiffAugment(policy, strength=strength)(tf.constant(batch), seed=seed, step=step))


def draws(batch):
    """The two numbers that a policy of one change draws for each image."""
    return np.asarray(uniform_per_image(batch, SEED, (1, 2)))[:, 0].astype("float64")


def moved(image, down, right):
    """`np.roll`, but with zeros instead of the values from the other side."""
    rolled = np.roll(image, (down, right), axis=(0, 1))
    if down:
        rolled[slice(0, down) if down > 0 else slice(down, None)] = 0.0
    if right:
        rolled[:, slice(0, right) if right > 0 else slice(right, None)] = 0.0
    return rolled


def test_brightness_adds_one_number_to_all_pixels_of_an_image():
    difference = (changed(["brightness"], images(200)) - images(200)).reshape(200, -1)
    np.testing.assert_allclose(difference, difference[:, :1] * np.ones_like(difference), atol=2e-7)
    assert -0.5 <= difference.min() < -0.45 < 0.45 < difference.max() < 0.5


def test_saturation_scales_the_distance_from_the_grey_of_each_pixel():
    batch = images()
    grey = batch.mean(axis=-1, keepdims=True, dtype="float64")
    factor = 2.0 * draws(batch)[:, 0].reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(changed(["saturation"], batch), grey + factor * (batch - grey), atol=1e-6)


def test_contrast_scales_the_distance_from_the_mean_of_each_image():
    batch = images()
    mean = batch.mean(axis=(1, 2, 3), keepdims=True, dtype="float64")
    factor = 0.5 + draws(batch)[:, 0].reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(changed(["contrast"], batch), mean + factor * (batch - mean), atol=1e-6)


def test_translation_is_a_roll_with_zeros():
    batch, seen = images(40), set()
    for image, result, (down, right) in zip(batch, changed(["translation"], batch), draws(batch), strict=True):
        # 5 shifts along a side of 16, and 7 along one of 24.
        shift = int(np.floor(5 * down)) - 2, int(np.floor(7 * right)) - 3
        assert np.array_equal(result, moved(image, *shift))
        seen.add(shift)
    assert len(seen) > 15


@pytest.mark.parametrize(
    ("side", "strength", "furthest"),
    [(16, 1.0, 2), (32, 1.0, 4), (28, 1.0, 4), (27, 1.0, 3), (3, 1.0, 0), (16, 0.5, 1), (32, 0.3, 1)],
)
def test_all_shifts_up_to_an_eighth_are_equally_likely(side, strength, furthest):
    count = 2000
    rows = np.tile(np.arange(1.0, side + 1).reshape(1, side, 1, 1), (count, 1, 1, 1)).astype("float32")
    middle = side // 2
    shifts = middle + 1 - changed(["translation"], rows, strength)[:, middle, 0, 0].astype(int)
    values, counts = np.unique(shifts, return_counts=True)
    assert values.tolist() == list(range(-furthest, furthest + 1))
    expected = count / len(values)
    assert np.all(np.abs(counts - expected) < 4.5 * np.sqrt(expected))


@pytest.mark.parametrize(("height", "width"), [(16, 24), (14, 10)])
def test_cutout_zeroes_half_of_each_side_and_nothing_else(height, width):
    batch, whole = images(60, height, width), 0
    for image, result, (row, column) in zip(batch, changed(["cutout"], batch), draws(batch), strict=True):
        hole = np.zeros((height, width), bool)
        size = height // 2, width // 2
        top = int(np.floor(row * (height + 1 - size[0] % 2))) - size[0] // 2
        left = int(np.floor(column * (width + 1 - size[1] % 2))) - size[1] // 2
        hole[max(top, 0) : top + size[0], max(left, 0) : left + size[1]] = True
        if 0 <= top <= height - size[0] and 0 <= left <= width - size[1]:
            assert hole.sum() == size[0] * size[1]
            whole += 1
        assert np.all(result[hole] == 0.0)
        assert np.array_equal(result[~hole], image[~hole])
    assert whole > 5


def test_half_the_strength_is_half_of_every_range():
    batch = images(200, 16, 16)
    half = {name: changed([name], batch, strength=0.5) for name in (*COLOUR, "cutout")}
    for name in COLOUR:
        np.testing.assert_allclose(half[name] - batch, 0.5 * (changed([name], batch) - batch), atol=1e-6)
    assert (half["cutout"] == 0.0).any(axis=-1).sum(axis=(1, 2)).max() == 4 * 4


@pytest.mark.long
@pytest.mark.parametrize("strength", [pytest.param(0.0, marks=pytest.mark.long), Linear(0.0, 1.0, 9)])
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.long)])
def test_without_strength_not_a_bit_changes(strength, jit_compile):
    augmentation = DiffAugment(strength=strength)
    result = tf.function(lambda batch: augmentation(batch, seed=SEED), jit_compile=jit_compile)(images())
    assert result.numpy().tobytes() == images().tobytes()


def test_a_scheduled_strength_is_the_number_of_its_step():
    schedule = Linear(0.0, 1.0, 8)
    for step in (2, 8):
        at_step = changed(["color", "cutout"], images(), schedule, step=tf.constant(step, tf.int64))
        assert np.array_equal(at_step, changed(["color", "cutout"], images(), step / 8))
    assert DiffAugment(strength=schedule).scheduled() == {"strength": schedule}


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_images_without_three_channels_have_no_saturation_to_change(channels):
    batch = images(channels=channels)
    assert np.array_equal(changed(["saturation"], batch), batch)
    assert changed(["color", "translation", "cutout"], batch).shape == batch.shape


def test_the_order_of_the_policy_is_kept():
    # A cut at the end is grey; a cut at the beginning is brightened like the other pixels.
    batch = np.ones((1, 8, 8, 3), "float32")
    assert np.any(changed(["brightness", "cutout"], batch) == 0.0)
    assert not np.any(changed(["cutout", "brightness"], batch) == 0.0)


def test_each_change_has_numbers_of_its_own():
    batch = images()
    both = np.asarray(uniform_per_image(batch, SEED, (2, 2)))[:, :, 0]
    expected = batch + (both.sum(axis=1) - 1.0).reshape(-1, 1, 1, 1)
    assert np.abs(both[:, 0] - both[:, 1]).min() > 1e-3
    np.testing.assert_allclose(changed(["brightness", "brightness"], batch), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": ["colour", "cutout"]}, r"Did you mean 'color'.*Choose from: color, .*Received: policy=\['colour'"),
        ({"policy": "color,cutout"}, r"`policy` must be a list of names.*Received: policy='color,cutout'"),
        ({"policy": []}, r"`policy` must be a list of names.*Received: policy=\[\]"),
        ({"policy": [3]}, r"an unknown name.*Received: policy=\[3\]"),
        ({"policy": [["color"]]}, r"an unknown name.*Received: policy=\[\['color'\]\]"),
        ({"strength": 2}, r"`strength` must be a number in \[0.0, 1.0\]. Received: strength=2"),
        ({"strength": "strong"}, r"`strength` must be a number .* or a schedule.*Received: strength='strong'"),
        ({"strength": Linear(0.0, 3.0, 9)}, r"is 3.0 at step 9. Received: strength=Linear"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        DiffAugment(**arguments)


def test_vectors_are_no_images():
    with pytest.raises(ValueError, match=r"`InstanceNoise`. Received: images.shape=\(4, 2\)"):
        DiffAugment()(tf.zeros((4, 2)), seed=SEED)
