"""The discriminator of Real-ESRGAN: its published size, and a logit for each pixel."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import unet_discriminator
from keras_gan.networks.unet_discriminator import BilinearDoubling


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_the_published_size_of_the_discriminator_of_real_esrgan():
    assert trainable_count(unet_discriminator()) == 4_376_897


def test_the_unet_judges_each_pixel_of_a_picture_of_any_size():
    free = unet_discriminator(image_shape=(None, None, 1), width=2)
    assert free(pictures(1, 8, 16, 1)).shape == (1, 8, 16, 1)
    with pytest.raises(ValueError, match="The nearest that work: 8 x 16 or 16 x 16"):
        free(pictures(1, 12, 16, 1))


def test_bilinear_doubling_is_tensorflows_resize():
    x = pictures(2, 3, 5, 2)
    np.testing.assert_allclose(BilinearDoubling()(x), tf.image.resize(x, (6, 10), "bilinear"), atol=1e-6)


def test_sides_that_cannot_be_halved_are_refused():
    with pytest.raises(ValueError, match=r"multiples of 8.*Received: image_shape=\(12, 16, 3\)"):
        unet_discriminator(image_shape=(12, 16, 3))
