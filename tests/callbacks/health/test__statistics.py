import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks.health._statistics import RealImages, sample_statistics

IMAGES = np.linspace(-1, 1, 10, dtype="float32").reshape(10, 1, 1, 1) * np.ones((10, 2, 2, 1), "float32")


def test_an_array_is_taken_evenly_for_it_may_be_sorted():
    np.testing.assert_array_equal(np.sort(RealImages(IMAGES, 4).fields["images"], axis=0), IMAGES[[0, 3, 6, 9]])
    np.testing.assert_array_equal(np.sort(RealImages(IMAGES, 256).fields["images"], axis=0), IMAGES)


def test_a_small_batch_of_a_sorted_array_has_several_classes():
    labels = np.repeat(np.arange(4), 64)
    real = RealImages((np.zeros((256, 1, 1, 1), "float32"), labels), 256)
    assert set(real.batch(0, 32)["labels"]) == {0, 1, 2, 3}


def sorted_by_class(count, classes):
    """A data set of one-pixel images whose brightness tells their class, and their labels."""
    labels = np.arange(count) * classes // count
    images = np.linspace(-1, 1, classes, dtype="float32")[labels].reshape(count, 1, 1, 1)
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(256)


def test_a_data_set_that_is_sorted_gives_images_of_all_classes_with_their_labels():
    real = RealImages(sorted_by_class(4000, 10), 256)
    assert len(real.fields["images"]) == 256
    assert np.bincount(real.labels, minlength=10).min() > 10
    np.testing.assert_allclose(real.fields["images"].ravel(), np.linspace(-1, 1, 10)[real.labels], rtol=1e-6)


def test_of_a_small_data_set_all_images_are_taken():
    dataset = tf.data.Dataset.from_tensor_slices(IMAGES).batch(4)
    real = RealImages(dataset, 256)
    assert real.labels is None
    np.testing.assert_array_equal(np.sort(real.fields["images"], axis=0), IMAGES)


def test_an_endless_data_set_is_not_read_for_ever():
    assert len(RealImages(tf.data.Dataset.from_tensor_slices(IMAGES).batch(4).repeat(), 6).fields["images"]) == 6


def test_a_data_set_whose_classes_lie_too_far_apart_is_warned_of():
    with pytest.warns(UserWarning, match=r"first 4,096 images .* sorted by class.*: shuffle the data set"):
        real = RealImages(sorted_by_class(20_000, 10), 256)
    assert set(real.labels) == {0, 1, 2}


def test_a_data_set_of_load_is_in_random_order_so_its_first_images_do():
    data = keras_gan.data.load((IMAGES, np.arange(10)), batch_size=5, labels=True)
    assert sorted(RealImages(data, 5).labels) == sorted(next(iter(data))[1].numpy())


@pytest.mark.parametrize("in_batches", [False, True])
def test_images_of_mixed_sizes_are_told_to_be_resized(in_batches):
    images = [np.zeros((side, side, 1), "float32") for side in (8, 9)]
    dataset = tf.data.Dataset.from_generator(lambda: images, output_signature=tf.TensorSpec((None, None, 1)))
    with pytest.raises(ValueError, match=r"must have the same shape. Resize .* Received: .*9, ?9, ?1"):
        RealImages(dataset.batch(1 if in_batches else 2), 256)


def test_batches_begin_again_after_the_last_image():
    real = RealImages(IMAGES, 10)
    np.testing.assert_array_equal(real.batch(2, 4)["images"], real.fields["images"][[8, 9, 0, 1]])


def test_a_tint_weighs_more_than_a_brightness_that_real_images_have_too():
    rng = np.random.default_rng(0)
    brightness = rng.normal(0.0, 0.3, (500, 1, 1, 1)).clip(-0.9, 0.9)
    tint = rng.normal(0.0, 0.02, (500, 1, 1, 3))
    images = RealImages((brightness + tint).clip(-1, 1).astype("float32") * np.ones((1, 2, 2, 1), "float32"), 500)
    brighter = images.of("images").colour_cast(images.of("images").statistics.means + np.float32([0.3, 0.3, 0.3]))
    redder = images.of("images").colour_cast(images.of("images").statistics.means + np.float32([0.3, 0.0, 0.0]))
    assert float(brighter) < 0.5
    assert float(redder) > 1.0


def test_about_one_in_twenty_real_images_is_beyond_the_limit():
    rng = np.random.default_rng(0)
    grey = RealImages(rng.normal(0.0, 0.2, (2000, 1, 1, 1)).clip(-1, 1).astype("float32"), 2000)
    beyond = [float(grey.of("images").colour_cast(mean)) > 1.0 for mean in grey.fields["images"][:500, 0, 0]]
    # The floor of the spread widens the limit a little.
    assert 0.03 < np.mean(beyond) < 0.06


@pytest.mark.parametrize(
    "images",
    [
        IMAGES[:1],
        IMAGES[0, 0, 0],
        np.float32(1.0),
        127.5 * IMAGES,
        np.zeros((4, 2, 2, 1), "uint8"),
        np.full((4, 2, 2, 1), np.nan, "float32"),
        tf.data.Dataset.from_tensor_slices(IMAGES[:0]).batch(2),
    ],
)
def test_what_are_no_images_is_refused(images):
    with pytest.raises(
        ValueError, match=r"at least two real images as finite floats in \[-1, 1\].* Received: images of"
    ):
        RealImages(images, 256)


def test_what_is_neither_an_array_nor_a_data_set_is_refused():
    with pytest.raises(ValueError, match=r"an array, or a tf.data.Dataset of batches\. Received: images of type str"):
        RealImages("digits", 256)


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
