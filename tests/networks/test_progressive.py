"""The networks of ProGAN at their full size."""

import keras
import numpy as np
import pytest

from keras_gan.layers import EqualizedLearningRate
from keras_gan.networks import progressive

TINY = {"image_shape": (16, 24, 2), "latent_dim": 6, "width": 4, "max_width": 8}


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.long
def test_the_papers_parameter_counts():
    """The growing networks also have a layer from and to colours for each smaller size."""
    generator, discriminator = progressive(image_shape=(1024, 1024, 3))
    smaller = [32, 64, 128, 256, 512, 512, 512, 512]
    colours = sum(3 * width + 3 for width in smaller), sum(3 * width + width for width in smaller)
    assert trainable_parameters(generator) + colours[0] == 23_079_115
    # Table 2 of the paper has 23.1 million for both.
    assert round((trainable_parameters(discriminator) + colours[1]) / 1e5) == 231


def test_every_weight_is_scaled_at_run_time():
    for network in progressive(**TINY):
        scaled = [layer for layer in network.layers if isinstance(layer, EqualizedLearningRate)]
        assert sum(trainable_parameters(layer) for layer in scaled) == trainable_parameters(network)


def test_the_generator_normalises_every_pixel_after_the_rectifier():
    generator, _ = progressive(**TINY)
    norms = [layer.output for layer in generator.layers if layer.name.endswith("_norm")]
    z = np.random.default_rng(0).normal(size=(3, 6)).astype("float32")
    for values in keras.Model(generator.input, norms)(z):
        np.testing.assert_allclose(np.mean(np.square(values), axis=-1), 1.0, rtol=1e-3)
    assert len(norms) == 2 * 3


def test_sizes_between():
    generator, discriminator = progressive(image_shape=(28, 56, 3), latent_dim=3, width=2)
    assert generator.get_layer("project").output.shape[1:3] == (7, 14)
    images = generator(np.zeros((2, 3), "float32"))
    assert images.shape == (2, 28, 56, 3)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("mixed_float16", 0.01), pytest.param("mixed_bfloat16", 0.08, marks=pytest.mark.long)]
)
def test_half_precision_is_near_float32_and_returns_float32(policy, tolerance):
    exact = progressive(**TINY)
    keras.config.set_dtype_policy(policy)
    half = progressive(**TINY)
    for network, twin in zip(exact, half, strict=True):
        twin.set_weights(network.get_weights())
    z = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    images = exact[0](z, training=True)
    assert half[0](z).dtype == half[1](images).dtype == "float32"
    np.testing.assert_allclose(half[0](z, training=True), images, atol=tolerance * np.abs(images).max())
    np.testing.assert_allclose(half[1](images), exact[1](images), atol=tolerance)
