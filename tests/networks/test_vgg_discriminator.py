"""The discriminators of SRGAN and ESRGAN: their published sizes and layers."""

import keras
import numpy as np
import pytest

from keras_gan.networks import vgg_discriminator


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_the_published_size_of_the_discriminator_of_esrgan():
    assert trainable_count(vgg_discriminator()) == 14_499_401


def test_the_layers_of_the_discriminator_of_srgan():
    judge = vgg_discriminator(image_shape=(96, 96, 3), halvings=4, halving_kernel=3, dense_width=1024)
    filters = [layer.filters for layer in judge.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filters == [64, 64, 128, 128, 256, 256, 512, 512]
    assert judge.get_layer("flat").output.shape == (None, 6 * 6 * 512)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"image_shape": (48, 40, 3)}, "multiples of 32.*or give other `halvings`"),
        ({"halving_kernel": 5}, "`halving_kernel` must be"),
    ],
)
def test_bad_arguments_are_refused(wrong, words):
    with pytest.raises(ValueError, match=f"{words}.*Received: "):
        vgg_discriminator(**wrong)
