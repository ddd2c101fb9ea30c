import numpy as np
import pytest
import tensorflow as tf

from keras_gan.callbacks._real_images import RealImages

IMAGES = np.linspace(-1, 1, 10, dtype="float32").reshape(10, 1, 1, 1) * np.ones((10, 2, 2, 1), "float32")


def test_an_array_is_taken_evenly_for_it_may_be_sorted():
    np.testing.assert_array_equal(RealImages(IMAGES, 4).array, IMAGES[[0, 3, 6, 9]])
    np.testing.assert_array_equal(RealImages(IMAGES, 256).array, IMAGES)


def test_a_data_set_gives_its_first_images_without_labels():
    dataset = tf.data.Dataset.from_tensor_slices((IMAGES, np.arange(10))).batch(4).repeat()
    np.testing.assert_array_equal(RealImages(dataset, 6).array, IMAGES[:6])


def test_batches_begin_again_after_the_last_image():
    batch = RealImages(IMAGES, 10).batch(2, 4)
    np.testing.assert_array_equal(batch, IMAGES[[8, 9, 0, 1]])


def test_a_tint_weighs_more_than_a_brightness_that_real_images_have_too():
    rng = np.random.default_rng(0)
    brightness = rng.normal(0.0, 0.3, (500, 1, 1, 1)).clip(-0.9, 0.9)
    tint = rng.normal(0.0, 0.02, (500, 1, 1, 3))
    images = RealImages((brightness + tint).clip(-1, 1).astype("float32") * np.ones((1, 2, 2, 1), "float32"), 500)
    brighter = images.colour_cast(images.statistics.means + np.float32([0.3, 0.3, 0.3]))
    redder = images.colour_cast(images.statistics.means + np.float32([0.3, 0.0, 0.0]))
    assert float(brighter) < 0.5
    assert float(redder) > 1.0


def test_about_one_in_twenty_real_images_is_beyond_the_limit():
    rng = np.random.default_rng(0)
    grey = RealImages(rng.normal(0.0, 0.2, (2000, 1, 1, 1)).clip(-1, 1).astype("float32"), 2000)
    beyond = [float(grey.colour_cast(mean)) > 1.0 for mean in grey.array[:500, 0, 0]]
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
