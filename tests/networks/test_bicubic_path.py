"""The smooth path round networks that enlarge: the filter, where a network begins, and what it costs."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import rrdb, srresnet
from keras_gan.networks._bicubic_path import BicubicEnlargement

BUILDERS = {
    "srresnet": lambda **options: srresnet(width=2, blocks=1, **options),
    "rrdb": lambda **options: rrdb(width=2, growth=2, blocks=1, **options),
}


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("sides", [(7, 5), (1, 9), (16, 16)])
def test_the_enlargement_is_the_bicubic_one_of_tensorflow(scale, sides):
    """A convolution and a shuffle on one side; on the other a resize, whose table is exact for powers of two."""
    images = pictures(2, *sides, 3)
    resized = tf.image.resize(images, [scale * side for side in sides], "bicubic")
    np.testing.assert_allclose(BicubicEnlargement(scale)(images), resized, atol=2e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_network_with_a_smooth_path_begins_as_bicubic(name, scale):
    images = pictures(2, 8, 4, 3)
    network = BUILDERS[name](image_shape=(None, None, 3), scale=scale, skip="bicubic")
    resized = tf.image.resize(images, (8 * scale, 4 * scale), "bicubic")
    np.testing.assert_allclose(network(images), tf.clip_by_value(resized, -1.0, 1.0), atol=2e-6)


@pytest.mark.parametrize("name", BUILDERS)
def test_the_path_has_no_parameters_and_adds_to_what_the_network_makes(name):
    shape = {"image_shape": (8, 4, 1), "scale": 2}
    with_path, without = BUILDERS[name](**shape, skip="bicubic"), BUILDERS[name](**shape)
    assert with_path.count_params() == without.count_params()
    with_path.set_weights(without.get_weights())
    images = 0.1 * pictures(2, 8, 4, 1)
    added = with_path(images, training=True) - without(images, training=True)
    np.testing.assert_allclose(added, BicubicEnlargement(2)(images), atol=1e-5)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_path_that_does_not_fit_is_refused(name):
    with pytest.raises(ValueError, match=r"`skip` must be.*Received: skip='bilinear'"):
        BUILDERS[name](image_shape=(8, 8, 1), skip="bilinear")
    with pytest.raises(ValueError, match=r"keeps the channels.*Received: skip='bicubic', target_channels=3"):
        BUILDERS[name](image_shape=(8, 8, 1), target_channels=3, skip="bicubic")
