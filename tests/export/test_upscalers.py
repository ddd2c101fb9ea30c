"""What enlarges pictures, exported: files with alpha, grey ones, and those with odd sides."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.export import _translations
from keras_gan.layers import PixelShuffle
from keras_gan.networks._sides import SupportedSides


@pytest.mark.parametrize("channels", [pytest.param(1, marks=pytest.mark.long), 3])
def test_a_served_upscaler_keeps_alpha_grey_and_odd_sides(channels):
    """The graph makes of files what `upscale_picture` makes of what they hold, up to the rounding of a level."""
    keras.utils.set_random_seed(0)
    images = keras.Input((None, None, channels))
    # Odd sides are none that it takes.
    x = SupportedSides(multiple=2)(images)
    x = keras.layers.Conv2D(4 * channels, 3, padding="same", activation="tanh")(x)
    generator = keras.Model(images, PixelShuffle(2)(x))
    judge = keras.Sequential([keras.Input((None, None, channels)), keras.layers.Conv2D(1, 3)])
    model = keras_gan.RealESRGAN(generator, judge)
    options = {"max_count": 8, "jit_compile": False}
    _, signature = _translations.of_translator(model.sampler(), image_type="uint16", **options)
    assert "with their alpha" in signature.documentation
    rng = np.random.default_rng(1)
    grey = [rng.integers(0, 65536, (7, 5, count)).astype("uint16") for count in (1, 2)]
    coloured = [rng.integers(0, 65536, (6, 9, count)).astype("uint16") for count in (3, 4)]
    pictures = grey + (coloured if channels == 3 else [])
    for picture in pictures[1::2]:
        picture[2:5, 1:4, -1] = 0
    files = tf.constant([tf.io.encode_png(picture).numpy() for picture in pictures])
    # As a graph, which is all that a server has.
    made = tf.function(signature.function, input_signature=list(signature.inputs), autograph=False)(files)["png_bytes"]
    for file, picture in zip(made.numpy(), pictures, strict=True):
        found, expected = tf.io.decode_png(file, dtype=tf.uint16).numpy(), model.upscale_picture(picture)
        assert found.shape == expected.shape == (2 * picture.shape[0], 2 * picture.shape[1], picture.shape[2])
        np.testing.assert_allclose(found.astype(int), expected.astype(int), rtol=0, atol=2)
