"""The networks of BiGAN: sizes that fit, numbers of parameters, and a discriminator that sees image and code."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization
from keras_gan.networks import bigan, dcgan, dcgan_encoder

SIZES = {"image_shape": (12, 9, 2), "latent_dim": 3, "width": 2}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.fixture(scope="module")
def networks():
    return bigan(**SIZES)


@pytest.mark.long
def test_generator_and_encoder_are_those_of_dcgan(networks):
    generator, encoder, _ = networks
    assert trainable_count(generator) == trainable_count(dcgan(**SIZES)[0])
    assert trainable_count(encoder) == trainable_count(dcgan_encoder(**SIZES))
    assert generator(encoder(tf.zeros((2, 12, 9, 2)))).shape == (2, 12, 9, 2)


def test_the_discriminator_has_the_layers_of_the_table(networks):
    convolution = 4 * 4 * 2 * 2 + 2
    dense = [(3, 16), (16, 16), (6 * 5 * 2 + 16, 32), (32, 32), (32, 1)]
    assert trainable_count(networks[2]) == convolution + sum(inputs * units + units for inputs, units in dense)
    wrapped = [layer for layer in networks[2].layers if isinstance(layer, SpectralNormalization)]
    assert len(wrapped) == 1 + len(dense)


def test_it_judges_the_image_and_the_code(networks):
    judge, random = networks[2], np.random.default_rng(0)
    images, codes = random.normal(size=(2, 2, 12, 9, 2)), random.normal(size=(2, 2, 3))
    pair = {"images": images[0], "latents": codes[0]}
    logits = judge(pair).numpy()
    assert np.abs(judge(pair | {"images": images[1]}) - logits).min() > 0
    assert np.abs(judge(pair | {"latents": codes[1]}) - logits).min() > 0


def test_the_encoder_of_ali_returns_a_distribution():
    _, encoder, _ = bigan(**SIZES, distribution=True)
    assert set(encoder.output) == {"mean", "log_variance"}


def test_sizes_that_make_no_network():
    with pytest.raises(ValueError, match="too small to be halved 5 times"):
        bigan(**SIZES, stages=5)
