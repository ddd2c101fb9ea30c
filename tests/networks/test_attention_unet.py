"""EnlightenGAN's U-Net: published size, and that it changes dark places alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import attention_unet
from keras_gan.networks.attention_unet import BilinearDoubling, Darkness

TINY = {"image_shape": (8, 12, 3), "width": 2, "halvings": 2}


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_the_defaults_are_those_of_the_paper(monkeypatch):
    # 9 million zeros take less time than as many random numbers.
    monkeypatch.setattr(
        "keras.initializers.GlorotUniform.__call__", lambda _, shape, dtype=None: tf.zeros(shape, dtype)
    )
    network = attention_unet()
    assert sum(int(np.prod(variable.shape)) for variable in network.trainable_variables) == 8_636_675
    assert network.get_layer("bottom_1").output.shape == (None, 20, 20, 512)


def test_darkness_is_one_less_the_luma():
    colours = np.array([[[[1, 1, 1], [-1, -1, -1], [1, -1, -1], [-1, 1, -1]]]], "float32")
    np.testing.assert_allclose(np.ravel(Darkness()(colours)), [0.0, 1.0, 1 - 0.299, 1 - 0.587], atol=1e-6)
    np.testing.assert_allclose(Darkness()(pictures(1, 2, 2, 1)), 0.5 - 0.5 * pictures(1, 2, 2, 1), atol=1e-6)


def test_white_pixels_stay_white_and_others_get_light_in_proportion_to_their_darkness():
    network, images = attention_unet(**TINY), pictures(1, 8, 12, 3)
    images[0, 2, 3] = 1.0
    made = network(images, training=True)
    np.testing.assert_allclose(made[0, 2, 3], 1.0, atol=1e-6)
    light = keras.Model(network.input, network.get_layer("to_light").output)(images, training=True)
    np.testing.assert_allclose(made - images, Darkness()(images) * light, atol=1e-5)
    assert np.abs(made - images).mean() > 1e-3


def test_in_inference_the_images_are_in_their_range():
    network = attention_unet(**TINY)
    network.get_layer("to_light").set_weights([np.full((1, 1, 2, 3), 90.0), np.full(3, 5.0)])
    dark = np.full((1, 8, 12, 3), -1.0, "float32")
    assert np.max(network(dark)) == 1.0 < np.max(network(dark, training=True))


def test_it_takes_pictures_of_any_size_that_can_be_halved():
    network = attention_unet(**TINY | {"image_shape": (None, None, 1)})
    assert network(pictures(1, 12, 4, 1)).shape == (1, 12, 4, 1)
    with pytest.raises(ValueError, match=r"must be multiples of 4"):
        network(pictures(1, 10, 4, 1))


def test_a_graph_of_pictures_of_any_size_makes_the_same():
    network = attention_unet(image_shape=(None, None, 3), width=2, halvings=1)
    anything = tf.TensorSpec((None, None, None, 3), tf.float32)
    graph = tf.function(network, input_signature=[anything])
    for images in (pictures(2, 8, 12, 3), pictures(1, 4, 16, 3)):
        np.testing.assert_allclose(graph(images), network(images), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_doubling_is_that_of_keras(dtype):
    maps = pictures(2, 3, 5, 4)
    expected = keras.layers.UpSampling2D(2, interpolation="bilinear", dtype=dtype)(maps)
    doubled = BilinearDoubling(dtype=dtype)(maps)
    np.testing.assert_array_equal(doubled, expected)
    assert (doubled.dtype, BilinearDoubling().compute_output_shape((None, None, 5, 4))) == (
        expected.dtype,
        (None, None, 10, 4),
    )


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"image_shape": (8, 10, 3)},
            r"halved 2 times must be multiples of 4.* 8 x 8 or 8 x 12. Received: image_",
        ),
        ({"image_shape": (8, 8, 4)}, r"of 1 channel \(grey\) or 3 \(colours\). Received: image_shape=\(8, 8, 4\)"),
        ({"halvings": 0}, "`halvings` must be an integer of at least 1"),
        ({"width": 0}, "`width` must be an integer of at least 1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        attention_unet(**TINY | options)
