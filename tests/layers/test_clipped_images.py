"""Images without a tanh: whole in training, within the range in inference."""

import keras
import numpy as np

from keras_gan.layers import ClippedImages

IMAGES = np.array([[-2.0, -0.5, 1.5]], "float32")


def test_training_sees_the_images_as_they_are_and_inference_clips_them():
    np.testing.assert_array_equal(ClippedImages()(IMAGES, training=True), IMAGES)
    np.testing.assert_array_equal(ClippedImages()(IMAGES), [[-1.0, -0.5, 1.0]])


def test_the_images_are_float32_under_every_policy():
    keras.config.set_dtype_policy("mixed_float16")
    assert ClippedImages()(IMAGES.astype("float16")).dtype == "float32"
