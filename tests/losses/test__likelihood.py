"""What all likelihoods refuse, and what saves them."""

import keras
import numpy as np
import pytest

from keras_gan.losses import Bernoulli, DiscretizedLogistic, Gaussian

IMAGES = np.zeros((2, 3, 4, 1), "float32")


@pytest.mark.parametrize(
    "likelihood, made, message",
    [
        (
            Bernoulli(),
            {"images": IMAGES},
            r"Bernoulli needs a dict of the decoder's outputs 'logits'. Received: .*\['images'\]",
        ),
        (Gaussian(), {"images": IMAGES}, r"needs a dict of .* 'images', 'log_scale'"),
        (Gaussian(1.0), {"images": IMAGES[:, :, :2]}, r"'images' must have the shape of the images\. .*\(2, 3, 2, 1\)"),
        (Gaussian(1.0), {"images": IMAGES[..., 0]}, r"'images' must have the shape of the images"),
        (
            DiscretizedLogistic(),
            {"images": IMAGES, "log_scale": IMAGES[:, :2]},
            r"'log_scale' must have .*, or 1 where one number is for all.*\(2, 2, 4, 1\)",
        ),
    ],
)
def test_outputs_that_do_not_fit(likelihood, made, message):
    with pytest.raises(ValueError, match=message):
        likelihood.log_likelihood(IMAGES, made)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.5, None), DiscretizedLogistic(17)])
def test_it_is_saved_with_its_arguments(likelihood):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(likelihood))
    assert repr(again) == repr(likelihood)
