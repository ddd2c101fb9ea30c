"""The networks of GANomaly: those of DCGAN, twice encoding, and a discriminator that shows its features."""

import numpy as np
import tensorflow as tf

from keras_gan.networks import dcgan, dcgan_encoder, ganomaly

SIZES = {"image_shape": (12, 9, 2), "latent_dim": 3, "width": 2}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_they_are_the_networks_of_dcgan():
    encoder, decoder, second_encoder, discriminator = ganomaly(**SIZES, stages=2)
    assert trainable_count(decoder) == trainable_count(dcgan(**SIZES, stages=2)[0])
    for one in (encoder, second_encoder):
        assert trainable_count(one) == trainable_count(dcgan_encoder(**SIZES, stages=2))
    assert not {id(weight) for weight in encoder.weights} & {id(weight) for weight in second_encoder.weights}
    features = 3 * 3 * 4
    assert trainable_count(discriminator) == trainable_count(encoder) - 2 * (features + 1)


def test_the_logit_is_one_layer_away_from_the_features():
    *_, discriminator = ganomaly(**SIZES)
    made = discriminator(tf.random.normal((2, 12, 9, 2)))
    kernel, bias = discriminator.get_layer("logits").weights
    np.testing.assert_allclose(made["logits"], tf.matmul(made["features"], kernel) + bias, atol=1e-6)
