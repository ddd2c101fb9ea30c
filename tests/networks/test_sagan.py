"""SAGAN's networks: the paper's size, and where the attention is."""

import itertools

import numpy as np
import pytest

from keras_gan.layers import BatchNormalization, SelfAttention
from keras_gan.networks import sagan


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def attention(channels):
    """Parameters of the four kernels, and gamma."""
    return 1 + 2 * channels * (max(channels // 8, 1) + max(channels // 2, 1))


def counted(growth, width, attended, *, latent_dim=128, num_classes):
    """Parameters by the layers that the authors' code lists, for colour pictures.

    Args:
        growth: multiples of `width` from the picture on.
        attended: multiples of `width` at the attention of the generator and of the discriminator.
    """
    up = [width * g for g in growth[::-1]]
    generator = (latent_dim + 1) * 16 * up[0] + attention(attended[0] * width) + 2 * up[-1] + (9 * up[-1] + 1) * 3
    for before, after in itertools.pairwise(up):
        generator += 2 * num_classes * (before + after) + (9 * before + 9 * after + before + 3) * after
    down = [3, *(width * g for g in growth)]
    discriminator = attention(attended[1] * width) + down[-1] * (num_classes + 1) + 1
    for i, (before, after) in enumerate(itertools.pairwise(down)):
        shortcut = (before + 1) * after if before != after or i < len(growth) - 1 else 0
        discriminator += (9 * before + 1 + 9 * after + 1) * after + shortcut
    return generator, discriminator


def test_parameter_counts():
    networks = sagan(image_shape=(16, 16, 3), width=8, num_classes=10)
    assert tuple(map(trainable_parameters, networks)) == counted((1, 2, 4), 8, (2, 1), num_classes=10)


@pytest.mark.long
def test_the_papers_parameter_counts():
    paper = (1, 2, 4, 8, 16, 16), 64, (4, 2)
    assert tuple(map(trainable_parameters, sagan(num_classes=1000))) == counted(*paper, num_classes=1000)
    # As the docstring has them.
    assert counted(*paper, num_classes=1000) == (42_078_852, 39_463_618)


@pytest.mark.parametrize(
    "image_shape, side, generator_map, discriminator_map",
    [
        pytest.param((128, 128, 3), None, (32, 32, 8), (32, 32, 4), marks=pytest.mark.long),
        pytest.param((128, 128, 3), 64, (64, 64, 4), (64, 64, 2), marks=pytest.mark.long),
        ((28, 32, 1), None, (14, 16, 4), (14, 16, 2)),
        pytest.param((32, 32, 3), 8, (8, 8, 8), (8, 8, 4), marks=pytest.mark.long),
    ],
)
def test_where_the_attention_is(image_shape, side, generator_map, discriminator_map):
    networks = sagan(image_shape=image_shape, width=2, attention_side=side)
    for network, expected in zip(networks, (generator_map, discriminator_map), strict=True):
        (layer,) = (layer for layer in network.layers if isinstance(layer, SelfAttention))
        assert layer.output.shape[1:] == expected
        assert layer.spectral_normalization


@pytest.mark.parametrize("image_shape, side", [((8, 8, 1), None), pytest.param((16, 16, 3), 0, marks=pytest.mark.long)])
def test_networks_without_attention(image_shape, side):
    generator, discriminator = sagan(image_shape=image_shape, width=2, attention_side=side)
    assert not any(isinstance(layer, SelfAttention) for layer in generator.layers + discriminator.layers)
    norms = [layer for layer in generator.layers if isinstance(layer, BatchNormalization)]
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}


@pytest.mark.parametrize("side", [12, 4, 32, -1, 8.0])
def test_a_map_that_does_not_exist(side):
    with pytest.raises(ValueError, match=f"`attention_side` must be .*Received: attention_side={side}"):
        sagan(image_shape=(32, 32, 1), attention_side=side)


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": 1.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1.* Received: {name}={value}"):
        sagan(**arguments)


def test_a_picture_that_cannot_be_halved():
    with pytest.raises(ValueError, match=r"multiples of 8 .*for example to \(32, 40\).*image_shape=\(33, 42, 1\)"):
        sagan(image_shape=(33, 42, 1))
