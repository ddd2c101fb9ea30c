"""RealESRGAN: what is sharpened, and what the discriminator sees."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.gans.real_esrgan import sharpened


def make(**options):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    judge = keras_gan.networks.unet_discriminator(image_shape=(8, 8, 1), width=1)
    return keras_gan.RealESRGAN(generator, judge, **options)


def blurred(plane):
    """The Gaussian of OpenCV with 51 pixels, borders repeated."""
    places = np.arange(-25, 26)
    kernel = np.exp(-0.5 * (places / 8.0) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(plane, 25, mode="edge")
    rows = np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), 0, padded)
    return np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), 1, rows)


def test_sharpening_is_an_unsharp_mask_where_there_is_something_to_sharpen():
    images = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 12, 9, 3)).astype("float32")
    images[:, :, 5:] += 0.5
    made = np.asarray(sharpened(tf.constant(images), 0.5))
    for row, channel in np.ndindex(2, 3):
        image = images[row, ..., channel]
        residual = image - blurred(image)
        mask = blurred((np.abs(residual) > 20 / 255).astype(float))
        sharp = np.clip(image + 0.5 * residual, -1, 1)
        np.testing.assert_allclose(made[row, ..., channel], mask * sharp + (1 - mask) * image, atol=1e-5)


def test_what_is_smooth_stays_as_it_is():
    images = tf.fill((1, 16, 16, 3), 0.3)
    np.testing.assert_allclose(sharpened(images, 0.5), images, atol=1e-6)


def test_the_pixels_are_compared_with_sharpened_targets_and_the_discriminator_sees_plain_ones():
    model = make()
    target = tf.constant(np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)), tf.float32)
    batch = {"source": target, "target": target}
    np.testing.assert_array_equal(model.pairs_of(batch)["images"], target)
    expected = tf.reduce_mean(tf.abs(sharpened(target, 0.5) - model.generator(target)))
    found = model.pretraining_terms(batch)["generator"]["pretraining_loss"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_pixels_weigh_what_they_do_in_the_authors_code():
    """Its images are in [0, 1], so the same distance is half as large."""
    assert make().pixel_weight == 1.0 / 2.0


def test_without_sharpening_the_targets_are_those_of_the_data():
    target = tf.ones((1, 8, 8, 1))
    assert make(sharpening=0.0).likeness_target({"target": target}) is target


def test_a_negative_sharpening_is_refused():
    with pytest.raises(ValueError, match=r"`sharpening` must be .* Received: sharpening=-1"):
        make(sharpening=-1)
