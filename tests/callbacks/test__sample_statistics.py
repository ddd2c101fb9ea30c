import numpy as np
import pytest
import tensorflow as tf

from keras_gan.callbacks._sample_statistics import sample_statistics


def test_the_distance_is_the_mean_over_all_pairs():
    vectors = np.random.default_rng(0).normal(size=(7, 5)).astype("float32")
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(vectors) for j, b in enumerate(vectors) if i != j]
    assert float(sample_statistics(tf.constant(vectors)).diversity) == pytest.approx(np.mean(pairs), rel=1e-5)


def test_equal_images_far_from_zero_have_no_distance():
    assert float(sample_statistics(tf.fill((8, 4, 4, 3), 0.9)).diversity) == 0.0


def test_noise_in_single_pixels_is_hardly_diversity():
    rng = np.random.default_rng(0)
    kinds = np.repeat(rng.choice([-0.5, 0.5], (32, 1, 1, 1)), 64, axis=1).repeat(64, axis=2)
    noise = rng.normal(0.0, 0.5, (32, 64, 64, 1))
    kinds, noise = (sample_statistics(tf.constant(each, tf.float32)).diversity for each in (kinds, noise))
    # The same variance in each pixel; 64 of them are averaged.
    assert float(noise) < 0.3 * float(kinds)


def test_k_equal_modes_have_one_minus_one_over_k_of_their_distance():
    corners = 0.5 * np.eye(4, dtype="float32")
    everywhere = sample_statistics(tf.constant(np.tile(corners, (100, 1)))).diversity
    in_two = sample_statistics(tf.constant(np.tile(corners[:2], (200, 1)))).diversity
    assert float(in_two) / float(everywhere) == pytest.approx(0.5 / 0.75, rel=0.01)


def test_means_and_saturation():
    images = np.zeros((2, 2, 2, 3), "float32")
    images[..., 0], images[0, 0, 0, 1] = 1.0, -0.995
    statistics = sample_statistics(tf.constant(images))
    np.testing.assert_allclose(statistics.means, [1.0, -0.995 / 8, 0.0], rtol=1e-6)
    assert float(statistics.saturation) == pytest.approx(9 / 24)
