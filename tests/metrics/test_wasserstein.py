"""The sliced Wasserstein distance against a slow reference in loops, closed forms, and what it does not see."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics import wasserstein
from keras_gan.metrics._hashing import canonical_order
from keras_gan.metrics._pyramid import split_band
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance

KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def noise(count, height, width=None, channels=1, seed=0):
    """Random images in [-0.8, 0.8] that are not symmetric in their values."""
    shape = (count, height, width or height, channels)
    return (1.6 * np.random.default_rng(seed).random(shape) ** 2 - 0.8).astype(np.float32)


def mirrored(index, size):
    """The index that a mirror standing on the edge shows."""
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


def slow_blur(image):
    """The 5 x 5 filter over one channel, pixel by pixel."""
    height, width = image.shape
    blurred = np.zeros((height, width))
    for row, column in np.ndindex(height, width):
        for i, j in np.ndindex(5, 5):
            blurred[row, column] += KERNEL[i, j] * image[mirrored(row + i - 2, height), mirrored(column + j - 2, width)]
    return blurred


def slow_split(image):
    """Band and smaller image of one channel."""
    smaller = slow_blur(image)[::2, ::2]
    sparse = np.zeros(image.shape)
    sparse[::2, ::2] = 4 * smaller
    return image - slow_blur(sparse), smaller


def slow_wasserstein(first, second):
    """W_1 of two sets of numbers: the area between their cumulative distributions, step by step."""
    points = np.sort(np.concatenate([first, second]))
    area = 0.0
    for left, right in itertools.pairwise(points):
        area += abs(np.mean(first <= left) - np.mean(second <= left)) * (right - left)
    return area


def slow_level(sides, patches_per_image, num_projections, key):
    """The distance of two sets of channels-last bands, with the random choices of the function under test."""
    descriptors = []
    for images in sides:
        count, height, width, _ = images.shape
        rows, columns = wasserstein._corners(
            count, patches_per_image, (height, width), np.random.default_rng([*key, 0])
        )
        patches = np.array(
            [
                images[n, rows[n, p] : rows[n, p] + 7, columns[n, p] : columns[n, p] + 7]
                for n in range(count)
                for p in range(patches_per_image)
            ]
        )
        patches = (patches - patches.mean(axis=(0, 1, 2))) / patches.std(axis=(0, 1, 2))
        descriptors.append(np.moveaxis(patches, -1, 1).reshape(len(patches), -1))
    directions = wasserstein._directions(descriptors[0].shape[1], num_projections, key)
    return 1e3 * np.mean([slow_wasserstein(*(rows @ direction for rows in descriptors)) for direction in directions])


@pytest.mark.parametrize("height, width", [(16, 16), (17, 20), (9, 13)])
def test_the_pyramid_is_the_slow_one(height, width):
    images = noise(1, height, width, channels=2)[0]
    band, smaller = split_band(images.transpose(2, 0, 1)[np.newaxis])
    for channel in range(2):
        slow_band, slow_smaller = slow_split(images[..., channel])
        np.testing.assert_allclose(band[0, channel], slow_band, atol=1e-6)
        np.testing.assert_allclose(smaller[0, channel], slow_smaller, atol=1e-6)


def test_a_flat_image_has_an_empty_band():
    band, smaller = split_band(np.full((1, 1, 33, 48), 0.7, np.float32))
    np.testing.assert_allclose(band, 0, atol=1e-6)
    np.testing.assert_allclose(smaller, 0.7, rtol=1e-6)


@pytest.mark.parametrize("num_fake", [pytest.param(6, marks=pytest.mark.long), 9])
def test_it_is_the_slow_reference(num_fake):
    sides = [noise(6, 34, 32, channels=2), 0.5 * noise(num_fake, 34, 32, channels=2, seed=1) ** 3]
    sides = [images[canonical_order(images.reshape(len(images), -1))] for images in sides]
    bands, smaller = [], []
    for images in sides:
        split = [[slow_split(image[..., channel]) for channel in range(2)] for image in images.astype(np.float64)]
        bands.append(np.array([np.stack([band for band, _ in image], -1) for image in split]))
        smaller.append(np.array([np.stack([small for _, small in image], -1) for image in split]))
    expected = [slow_level(level, 5, 11, (3, 1 - depth)) for depth, level in enumerate((bands, smaller))]
    distance = sliced_wasserstein_distance(*sides, patches_per_image=5, num_projections=11, seed=3)
    np.testing.assert_allclose(distance.levels, expected, rtol=1e-4)
    assert distance.mean == pytest.approx(np.mean(expected), rel=1e-4)


def test_flat_images_of_few_greys_are_a_closed_form():
    # Normalised, the greys are -1, 1 and -2^(1/2), 0, 0, 2^(1/2): over the quarters of the unit interval they differ
    # by 2^(1/2) - 1, 1, 1 and 2^(1/2) - 1. A unit vector w takes a flat patch to its grey times the sum of w, which is
    # 7 times one coordinate of a random unit vector in 49 dimensions.
    real, fake = (
        np.full((4, 7, 7, 1), 0.5) * np.reshape(greys, (4, 1, 1, 1)) for greys in ([-1, -1, 1, 1], [-1, 0, 0, 1])
    )
    coordinate = math.exp(math.lgamma(24.5) - math.lgamma(25)) / math.sqrt(math.pi)
    distance = sliced_wasserstein_distance(real, fake, patches_per_image=2, num_projections=20_000)
    assert distance.levels == (distance.mean,)
    assert distance.mean == pytest.approx(1e3 * 7 * coordinate * math.sqrt(2) / 2, rel=0.02)


def test_repeating_the_samples_of_a_side_changes_nothing():
    # The empirical distributions stay the same, of 7 x 7 images also the patches.
    real, fake = noise(6, 7), noise(4, 7, seed=1)
    value = sliced_wasserstein_distance(real, fake, patches_per_image=1, num_projections=50).mean
    repeated = sliced_wasserstein_distance(real, fake.repeat(3, axis=0), patches_per_image=1, num_projections=50).mean
    assert repeated == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("num_real, num_fake", [(1, 1), (5, 5), (4, 6), (7, 3), (1, 9), (1000, 999)])
def test_ranks_are_matched_as_quantiles_are(num_real, num_fake):
    real_ranks, fake_ranks, shares = wasserstein._matching(num_real, num_fake)
    middles = np.cumsum(shares) - shares / 2
    assert shares.sum() == pytest.approx(1)
    assert shares.min() > 0
    np.testing.assert_array_equal(real_ranks, np.floor(middles * num_real))
    np.testing.assert_array_equal(fake_ranks, np.floor(middles * num_fake))


def test_identical_sets_have_distance_zero_in_any_order():
    images = noise(70, 32, channels=3)
    shuffled = np.random.default_rng(2).permutation(70)
    assert sliced_wasserstein_distance(images, images[shuffled], patches_per_image=4).levels == (0.0, 0.0)


def test_the_order_of_the_images_does_not_matter_and_the_seed_does():
    real, fake = noise(70, 16), noise(30, 16, seed=1)
    options = {"patches_per_image": 4, "num_projections": 20}
    value = sliced_wasserstein_distance(real, fake, **options)
    assert sliced_wasserstein_distance(real[::-1], np.roll(fake, 7, axis=0), **options) == value
    assert sliced_wasserstein_distance(real, fake, seed=1, **options) != value
    assert sliced_wasserstein_distance(tf.constant(real), tf.constant(fake), **options) == value


def test_neither_small_blocks_nor_chunks_change_it(monkeypatch):
    real, fake = noise(30, 32), noise(20, 32, seed=1)
    value = sliced_wasserstein_distance(real, fake, patches_per_image=4).levels
    monkeypatch.setattr(wasserstein, "_BYTES_AT_ONCE", 1000)
    monkeypatch.setattr(wasserstein, "_IMAGES_AT_ONCE", 7)
    np.testing.assert_allclose(sliced_wasserstein_distance(real, fake, patches_per_image=4).levels, value, rtol=1e-5)


def test_brightness_and_contrast_of_a_whole_channel_are_not_seen_but_those_of_some_images_are():
    # Images of one patch: the places of patches go with the order of the images, which depends on their values.
    images = noise(40, 7, channels=2)
    whole = images * [0.5, 0.9] + [0.3, -0.1]
    assert sliced_wasserstein_distance(images, whole, patches_per_image=1).mean < 0.01
    some = images.copy()
    some[::2] *= 0.5
    assert sliced_wasserstein_distance(images, some, patches_per_image=1).mean > 10
    # A negative does not only change the contrast, because the noise is not symmetric.
    assert sliced_wasserstein_distance(images, -images, patches_per_image=1).mean > 10


@pytest.mark.long
def test_the_scale_that_differs_is_named():
    real, fake = (noise(200, 8, seed=seed).repeat(4, axis=1).repeat(4, axis=2) for seed in range(2))
    grainy = 0.6 * fake + 0.4 * noise(200, 32, seed=2)
    options = {"patches_per_image": 32, "num_projections": 100}
    same = sliced_wasserstein_distance(real, fake, **options).levels
    fine = sliced_wasserstein_distance(real, grainy, **options).levels
    assert fine[0] > 2 * same[0]
    assert fine[1] == pytest.approx(same[1], rel=0.2)


def test_a_constant_set_has_a_finite_distance_without_its_rounding_blown_up():
    real, flat = noise(20, 16), np.full((20, 16, 16, 1), 1 / 3)
    collapsed = sliced_wasserstein_distance(real, flat, patches_per_image=8)
    # Projections of mean 0 and of a standard deviation near 1 against 0.
    assert 500 < collapsed.mean < 1000
    assert sliced_wasserstein_distance(flat, -flat, patches_per_image=8).levels == (0.0,)


@pytest.mark.parametrize("side, levels", [(7, 1), (15, 1), (16, 1), (31, 1), (32, 2), (63, 2), (64, 3), (1024, 7)])
def test_the_pyramid_goes_down_to_sixteen_pixels(side, levels):
    assert wasserstein._count_levels(side) == levels


IMAGES = noise(2, 16)


@pytest.mark.parametrize(
    "real, fake, arguments, message",
    [
        (IMAGES[0], IMAGES, {}, r"`real_images` must be a batch.*Received: real_images.shape=\(16, 16, 1\)"),
        (IMAGES, IMAGES[:0], {}, r"`fake_images` must hold at least one.*Received: fake_images.shape=\(0, 16, 16, 1\)"),
        (IMAGES, IMAGES * np.inf, {}, r"`fake_images` must be finite.*Received: lowest=-inf, highest=inf"),
        (
            IMAGES,
            np.full((1, 16, 16, 1), np.nan),
            {},
            r"`fake_images` must be finite.*Received: lowest=nan, highest=nan",
        ),
        (IMAGES, (IMAGES > 0) * 255, {}, r"must be floats.*Received: fake_images.dtype=int64"),
        (
            IMAGES,
            noise(2, 32),
            {},
            r"resize one of the sets. Received: real_images of \(16, 16, 1\), fake.*\(32, 32, 1\)",
        ),
        (noise(2, 6), noise(2, 6), {}, r"do not fit into these images: enlarge.*Received: images of \(6, 6, 1\)"),
        (IMAGES, IMAGES, {"patches_per_image": 0}, "Received: patches_per_image=0"),
        (IMAGES, IMAGES, {"num_projections": 0}, "Received: num_projections=0"),
        (IMAGES, IMAGES, {"seed": -1}, "Received: seed=-1"),
    ],
)
def test_bad_input_is_named(real, fake, arguments, message):
    with pytest.raises(ValueError, match=message):
        sliced_wasserstein_distance(real, fake, **arguments)
