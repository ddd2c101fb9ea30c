"""The networks of InfoGAN: their sizes, and what the codes do."""

import keras
import numpy as np
import pytest

from keras_gan.layers import SpectralNormalization
from keras_gan.networks import dense_dcgan, info_gan

TINY = {"latent_dim": 4, "width": 2, "units": 8}


def trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def widths(discriminator):
    return {name: output.shape[-1] for name, output in discriminator.output.items()}


def test_the_paper_s_networks_have_its_number_of_parameters():
    generator, discriminator = info_gan()
    # 62 latents, a category of ten and two numbers.
    rows = [(74, 1024), (1024, 7 * 7 * 128), (16 * 128, 64), (16 * 64, 1)]
    weights = sum(have * want + want for have, want in rows)
    assert trainable(generator) == weights + 2 * (1024 + 7 * 7 * 128 + 64) == 6_652_481
    rows = [(16, 64), (16 * 64, 128), (7 * 7 * 128, 1024), (1024, 1), (1024, 128), (128, 12)]
    weights = sum(have * want + want for have, want in rows)
    assert trainable(discriminator) == weights + 2 * (128 + 1024 + 128) == 6_692_173


@pytest.mark.long
def test_without_codes_they_are_those_of_the_comparisons():
    (generator, discriminator), plain = info_gan(**TINY), dense_dcgan(**TINY, discriminator_normalization="batch")
    assert trainable(generator) - trainable(plain[0]) == 12 * 8
    assert trainable(discriminator) - trainable(plain[1]) == (8 * 128 + 128) + 2 * 128 + (128 * 12 + 12)
    slopes = {layer.negative_slope for layer in discriminator.layers if "leaky_relu" in layer.name}
    assert slopes == {0.1}
    assert {layer.negative_slope for layer in generator.layers if "leaky_relu" in layer.name} == {0.0}


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 7, 3), (3, 3, 1), (28, 17, 2)])
def test_pictures_of_any_size(shape):
    generator, discriminator = info_gan(image_shape=shape, categories=(3, 2), num_continuous=1, **TINY)
    assert generator.output_shape == (None, *shape)
    assert widths(discriminator) == {"logits": 1, "codes": 6}


def test_learnt_deviations_are_as_many_more_outputs():
    _, discriminator = info_gan(image_shape=(8, 8, 1), learn_deviations=True, **TINY)
    assert widths(discriminator) == {"logits": 1, "codes": 14}


def test_every_code_changes_the_picture():
    keras.utils.set_random_seed(0)
    generator, _ = info_gan(image_shape=(8, 8, 1), **TINY)
    for weight in generator.trainable_weights:
        weight.assign(20.0 * weight)
    codes = np.array([[3, 0.0, 0.0], [3, 0.0, 0.0], [4, 0.0, 0.0], [3, 0.5, 0.0], [3, 0.0, 0.5]], "float32")
    images = generator({"latents": np.zeros((5, 4), "float32"), "codes": codes}).numpy()
    np.testing.assert_array_equal(images[0], images[1])
    assert all(np.abs(image - images[0]).max() > 1e-4 for image in images[2:])


def test_spectral_normalisation_leaves_the_head_of_the_codes_free():
    options = {"spectral_normalization": True, "discriminator_normalization": None}
    _, discriminator = info_gan(image_shape=(8, 8, 1), **TINY, **options)
    wrapped = {layer.name for layer in discriminator.layers if isinstance(layer, SpectralNormalization)}
    assert wrapped == {"down_0", "down_1", "dense", "logits"}


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_has_float32_images_logits_and_codes(policy):
    keras.mixed_precision.set_global_policy(policy)
    try:
        generator, discriminator = info_gan(image_shape=(8, 8, 1), **TINY)
        images = generator({"latents": np.zeros((2, 4), "float32"), "codes": np.zeros((2, 3), "float32")})
    finally:
        keras.mixed_precision.set_global_policy("float32")
    outputs = discriminator(images)
    assert {images.dtype.name, *(output.dtype.name for output in outputs.values())} == {"float32"}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_shape": (28, 28)}, r"`image_shape` must be \(height, width, channels\)"),
        ({"image_shape": (2, 2, 1)}, r"too small to be halved 2 times"),
        ({"categories": (), "num_continuous": 0}, r"at least one code"),
        ({"learn_deviations": 1}, r"`learn_deviations` must be True or False"),
        ({"discriminator_normalization": "layer"}, r"`discriminator_normalization` must be one of 'batch', None"),
    ],
)
def test_networks_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        info_gan(**options)
