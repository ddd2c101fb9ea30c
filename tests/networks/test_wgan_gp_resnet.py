"""WGAN-GP's residual networks: the paper's size, no normalisation in the critic, a mean at its end."""

import keras
import numpy as np
import pytest

from keras_gan.layers import BatchNormalization
from keras_gan.networks import wgan_gp_resnet

TINY = {"image_shape": (16, 8, 1), "latent_dim": 4, "width": 3}


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_the_papers_parameter_counts():
    assert tuple(map(trainable_parameters, wgan_gp_resnet())) == (1_204_483, 1_053_825)


@pytest.mark.parametrize("image_shape, start, end", [((28, 28, 1), 7, 14), ((8, 16, 1), 4, 4)])
def test_the_maps_of_other_sizes(image_shape, start, end):
    generator, critic = wgan_gp_resnet(image_shape=image_shape, latent_dim=2, width=1)
    assert min(generator.get_layer("reshape").output.shape[1:3]) == start
    assert min(critic.get_layer("relu").output.shape[1:3]) == end
    assert generator.output_shape == (None, *image_shape)


def test_the_critic_takes_each_picture_by_itself_and_the_generator_the_batch():
    generator, critic = wgan_gp_resnet(**TINY)
    assert not [layer for layer in critic.layers if isinstance(layer, keras.layers.BatchNormalization)]
    norms = [layer for layer in generator.layers if isinstance(layer, BatchNormalization)]
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}
    assert {type(layer).__name__ for layer in critic.layers if layer.weights} == {
        "Conv2D",
        "DownsamplingConv2D",
        "Dense",
    }


def test_the_critic_ends_with_the_mean_over_positions():
    _, critic = wgan_gp_resnet(**TINY)
    features = keras.Model(critic.input, critic.get_layer("relu").output)
    x = np.random.default_rng(0).normal(size=(3, 16, 8, 1)).astype("float32")
    head = critic.get_layer("logits")
    expected = np.mean(features(x), axis=(1, 2)) @ np.asarray(head.kernel) + np.asarray(head.bias)
    np.testing.assert_allclose(critic(x), expected, rtol=1e-4, atol=1e-6)


def test_a_picture_that_cannot_be_halved():
    with pytest.raises(ValueError, match=r"multiples of 4 .*for example to \(16, 16\).*image_shape=\(17, 18, 1\)"):
        wgan_gp_resnet(image_shape=(17, 18, 1))


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": 1.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1.* Received: {name}={value}"):
        wgan_gp_resnet(**arguments)
