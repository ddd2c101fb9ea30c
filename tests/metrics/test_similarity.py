"""MS-SSIM against a slow reference in loops and TensorFlow's own, and the choice of pairs."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.similarity import ms_ssim_diversity, multi_scale_similarity, scale_weights

WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def pictures(count, height, width=None, channels=1, seed=0):
    """Smooth random images in [0, 1] with something of a common structure, so that all scales have something to say."""
    rng = np.random.default_rng(seed)
    width = width or height
    rows, columns = np.linspace(0, 3, height)[:, None, None], np.linspace(0, 4, width)[None, :, None]
    phases = rng.uniform(0, 1.5, (2, count, 1, 1, channels))
    waves = np.sin(3 * rows + phases[0]) * np.cos(2 * columns + phases[1])
    return np.clip(0.5 + 0.35 * waves + 0.1 * rng.standard_normal((count, height, width, channels)), 0, 1)


def slow_ssim(first, second, size, deviation):
    """SSIM and its contrast part of two grey images, pixel by pixel from the definition."""
    places = np.arange(size) - (size - 1) / 2
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * deviation**2))
    window /= window.sum()
    whole, parts = [], []
    for row in range(first.shape[0] - size + 1):
        for column in range(first.shape[1] - size + 1):
            x, y = (image[row : row + size, column : column + size] for image in (first, second))
            mean_x, mean_y = (window * x).sum(), (window * y).sum()
            variance_x, variance_y = (window * (x - mean_x) ** 2).sum(), (window * (y - mean_y) ** 2).sum()
            covariance = (window * (x - mean_x) * (y - mean_y)).sum()
            parts.append((2 * covariance + 0.0009) / (variance_x + variance_y + 0.0009))
            whole.append(parts[-1] * (2 * mean_x * mean_y + 0.0001) / (mean_x**2 + mean_y**2 + 0.0001))
    return np.mean(whole), np.mean(parts)


def slow_halving(image):
    height, width = image.shape
    return np.array(
        [
            [
                np.mean(
                    [image[min(i, height - 1), min(j, width - 1)] for i in (row, row + 1) for j in (column, column + 1)]
                )
                for column in range(0, width, 2)
            ]
            for row in range(0, height, 2)
        ]
    )


def slow_ms_ssim(first, second, num_scales):
    """MS-SSIM of two images of shape (height, width, channels)."""
    values = []
    for channel in range(first.shape[-1]):
        x, y, value = first[..., channel], second[..., channel], 1.0
        for scale in range(num_scales):
            size = min(11, *x.shape)
            whole, part = slow_ssim(x, y, size, 1.5 * size / 11)
            chosen = whole if scale == num_scales - 1 else part
            value *= max(chosen, 0) ** (WEIGHTS[scale] / sum(WEIGHTS[:num_scales]))
            x, y = slow_halving(x), slow_halving(y)
        values.append(value)
    return np.mean(values)


def similarity(first, second):
    """The function under test, for images with their channels last."""
    return multi_scale_similarity(first.transpose(0, 3, 1, 2), second.transpose(0, 3, 1, 2))


def to_range(images):
    """From [0, 1] to [-1, 1]."""
    return 2.0 * images - 1.0


@pytest.mark.parametrize(
    "height, width, channels, num_scales",
    [(28, 28, 1, 2), (23, 30, 3, 2), (16, 12, 2, 1), (8, 8, 1, 1), (5, 9, 1, 1), (45, 44, 1, 3)],
)
def test_it_is_the_definition(height, width, channels, num_scales):
    first, second = np.split(pictures(4, height, width, channels), 2)
    expected = [slow_ms_ssim(x, y, num_scales) for x, y in zip(first, second, strict=True)]
    assert min(expected) > 0.02
    assert max(expected) < 0.98
    np.testing.assert_allclose(similarity(first, second), expected, rtol=1e-9)


@pytest.mark.parametrize("side, channels", [(176, 1), (180, 3), (88, 3), (47, 1), (32, 3), (11, 1)])
def test_it_is_tensorflow_s(side, channels):
    first, second = np.split(pictures(6, side, channels=channels), 2)
    expected = tf.image.ssim_multiscale(
        tf.constant(first, tf.float32), tf.constant(second, tf.float32), max_val=1.0, power_factors=scale_weights(side)
    )
    np.testing.assert_allclose(similarity(first, second), expected, rtol=2e-4)


@pytest.mark.parametrize(
    "side, num_scales", [(1, 1), (21, 1), (22, 2), (43, 2), (44, 3), (88, 4), (175, 4), (176, 5), (1024, 5)]
)
def test_the_window_fits_at_the_last_scale(side, num_scales):
    weights = scale_weights(side)
    assert len(weights) == num_scales
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights / weights[0], np.array(WEIGHTS[:num_scales]) / WEIGHTS[0])


def test_identical_images_have_similarity_one_and_negatives_zero():
    images = pictures(3, 32)
    np.testing.assert_allclose(similarity(images, images), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(similarity(images, 1.0 - images), 0.0)


def test_flat_images_differ_in_their_luminance_alone():
    first, second = np.full((1, 32, 32, 1), 0.25), np.full((1, 32, 32, 1), 0.75)
    luminance = (2 * 0.25 * 0.75 + 0.0001) / (0.25**2 + 0.75**2 + 0.0001)
    exponent = WEIGHTS[1] / (WEIGHTS[0] + WEIGHTS[1])
    np.testing.assert_allclose(similarity(first, second), luminance**exponent)


def test_the_mean_over_all_pairs_is_approached():
    images = pictures(6, 24)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    exact = similarity(*(images[list(side)] for side in zip(*pairs, strict=True)))
    estimate = ms_ssim_diversity(to_range(images), num_pairs=4000)
    assert estimate == pytest.approx(exact.mean(), abs=4 * exact.std() / np.sqrt(4000))


def test_pairs_are_of_one_class_and_never_of_an_image_with_itself():
    black_and_white = np.full((4, 16, 16, 1), -1.0)
    black_and_white[::2] = 1.0
    # Black against white has the luminance 0.0001 / 1.0001.
    assert ms_ssim_diversity(black_and_white[:2]) == pytest.approx(0.0001 / 1.0001)
    assert ms_ssim_diversity(black_and_white, ["white", "black"] * 2) == 1.0
    assert ms_ssim_diversity(black_and_white, num_pairs=5000) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.long
def test_classes_count_by_their_images_and_those_of_one_image_not_at_all():
    images = pictures(9, 16)
    images[:6] = images[0]
    labels = [1] * 6 + [0] * 2 + [2]
    inner = similarity(images[6:7], images[7:8])[0]
    value = ms_ssim_diversity(to_range(images), labels, num_pairs=20000)
    # 6 of 8 first images are of the class without diversity.
    assert value == pytest.approx(0.75 + 0.25 * inner, abs=4 * 0.433 * (1 - inner) / np.sqrt(20000))


def test_the_order_of_the_images_does_not_matter_and_the_seed_does():
    images, labels = to_range(pictures(30, 16)), np.arange(30) % 3
    shuffled = np.random.default_rng(1).permutation(30)
    value = ms_ssim_diversity(images, labels, num_pairs=50)
    assert ms_ssim_diversity(images[shuffled], labels[shuffled], num_pairs=50) == value
    assert ms_ssim_diversity(images, labels, num_pairs=50, seed=1) != value
    assert ms_ssim_diversity(tf.constant(images, tf.float32), tf.constant(labels), num_pairs=50) == pytest.approx(value)


def test_equal_images_of_other_classes_do_not_upset_the_order():
    images = to_range(pictures(4, 16))[[0, 1, 0, 2, 0, 3]]
    labels = np.array([0, 0, 1, 1, 2, 2])
    value = ms_ssim_diversity(images, labels, num_pairs=40)
    assert ms_ssim_diversity(images[::-1], labels[::-1], num_pairs=40) == value


IMAGES = to_range(pictures(4, 16))


@pytest.mark.parametrize(
    "images, arguments, message",
    [
        (IMAGES[0], {}, r"of shape \(num_images, height, width, channels\).*Received: images.shape=\(16, 16, 1\)"),
        (IMAGES[:0], {}, r"Received: images.shape=\(0, 16, 16, 1\)"),
        (IMAGES.astype(np.uint8), {}, r"floats in \[-1, 1\].*x / 127.5 - 1. Received: images.dtype=uint8"),
        (127.5 * IMAGES, {}, r"finite numbers in \[-1, 1\].*Received: lowest=-1\d\d.*, highest=1\d\d"),
        (IMAGES * [np.nan], {}, r"must be finite.*Received: lowest=nan, highest=nan"),
        (IMAGES, {"labels": [0, 1]}, r"`labels` must hold.*Received: labels.shape=\(2,\), .* with 4 images"),
        (IMAGES, {"labels": np.eye(4)}, r"labels.argmax\(axis=1\).*Received: labels.shape=\(4, 4\)"),
        (IMAGES, {"labels": np.zeros(4)}, r"Received: labels.shape=\(4,\), dtype=float64"),
        (IMAGES, {"labels": [0, 1, 2, 3]}, "no such class: give more images. Received: 4 images of 4 classes"),
        (IMAGES[:1], {}, "Received: 1 images of 1 classes"),
        (IMAGES, {"num_pairs": 0}, "Received: num_pairs=0"),
        (IMAGES, {"seed": 0.5}, "Received: seed=0.5"),
    ],
)
def test_bad_input_is_named(images, arguments, message):
    with pytest.raises(ValueError, match=message):
        ms_ssim_diversity(images, **arguments)


def test_images_that_fill_zero_to_one_are_warned_of():
    with pytest.warns(UserWarning, match=r"The images fill \[0, 1\].*`images \* 2 - 1`") as caught:
        ms_ssim_diversity((IMAGES > 0).astype(float), num_pairs=2)
    assert caught[0].filename == __file__
