"""The encoder that mirrors DCGAN's generator: its layers are the discriminator's, with a code for the logit."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import dcgan, dcgan_encoder

TINY = {"image_shape": (12, 9, 2), "width": 2}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.parametrize("normalization", ["batch", "layer", None])
def test_it_has_the_parameters_of_the_discriminator_and_a_larger_head(normalization):
    settings = TINY | {"kernel_size": 5, "stages": 2}
    encoder = dcgan_encoder(**settings, latent_dim=7, normalization=normalization)
    _, judge = dcgan(**settings, discriminator_normalization=normalization, spectral_normalization=False)
    features = 3 * 3 * 4
    head_of_judge = features + (normalization is None)
    assert trainable_count(encoder) == trainable_count(judge) - head_of_judge + 7 * (features + 1)


def test_a_distribution_has_two_heads_of_the_same_features():
    encoder = dcgan_encoder(**TINY, latent_dim=3, distribution=True)
    made = encoder(np.zeros((2, 12, 9, 2), "float32"))
    assert {name: value.shape for name, value in made.items()} == {"mean": (2, 3), "log_variance": (2, 3)}
    assert trainable_count(encoder) - trainable_count(dcgan_encoder(**TINY, latent_dim=3)) == 3 * (6 * 5 * 2 + 1)


def test_it_fits_the_generator_of_the_same_sizes():
    encoder, (generator, _) = dcgan_encoder(**TINY, latent_dim=3), dcgan(**TINY, latent_dim=3)
    images = tf.zeros((2, 12, 9, 2))
    assert generator(encoder(images)).shape == images.shape


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"latent_dim": 0}, "`latent_dim` must be"),
        ({"normalization": "group"}, "`normalization` must be one of"),
        ({"distribution": 1}, "`distribution` must be True or False"),
        ({"image_shape": (12, 9)}, r"`image_shape` must be \(height, width, channels\)"),
        ({"kernel_size": 1}, "`kernel_size` must be an integer of at least 2"),
    ],
)
def test_arguments_out_of_range(wrong, message):
    with pytest.raises(ValueError, match=message):
        dcgan_encoder(**TINY | {"latent_dim": 3} | wrong)
