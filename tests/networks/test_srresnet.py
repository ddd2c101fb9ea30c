"""The generator of SRGAN: its published size, and pictures of any size."""

import keras
import numpy as np
import pytest

from keras_gan.networks import srresnet

TINY = {"width": 2, "blocks": 1}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_the_published_size_of_srresnet():
    assert trainable_count(srresnet()) == 1_549_462


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_srresnet_enlarges_pictures_of_any_size_and_channels(scale):
    network = srresnet(image_shape=(None, None, 2), target_channels=3, scale=scale, **TINY)
    assert network(pictures(1, 5, 3, 2)).shape == (1, 5 * scale, 3 * scale, 3)


def test_images_are_clipped_except_in_training():
    network = srresnet(image_shape=(4, 4, 1), **TINY)
    network.get_layer("to_images").bias.assign([2.0])
    assert np.max(network(pictures(1, 4, 4, 1))) == 1.0
    assert np.max(network(pictures(1, 4, 4, 1), training=True)) > 1.0


def test_a_saved_network_is_the_same(tmp_path):
    network = srresnet(image_shape=(4, 4, 1), **TINY)
    network.save(tmp_path / "network.keras")
    x = pictures(1, 4, 4, 1)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "network.keras")(x), network(x))


@pytest.mark.parametrize("wrong, words", [({"scale": 3}, "`scale` must be"), ({"blocks": 0}, "`blocks` must be")])
def test_bad_arguments_are_refused(wrong, words):
    with pytest.raises(ValueError, match=f"{words}.*Received: "):
        srresnet(**wrong)
