"""The context encoder's networks: published maps, their weights counted by hand, and messages for bad input."""

import pytest

from keras_gan.networks import context_encoder


def _conv(side, taken, made, *, biased=False, normalized=True):
    return side * side * taken * made + made * biased + 2 * made * normalized


def trainable_count(model):
    return sum(weight.numpy().size for weight in model.trainable_variables)


def test_the_maps_and_the_weights_are_those_of_the_paper_with_a_smaller_bottleneck():
    generator, discriminator = context_encoder(bottleneck=2)
    sides = [generator.get_layer(f"down_{level}").output.shape[1:] for level in range(5)]
    assert sides == [(64, 64, 64), (32, 32, 64), (16, 16, 128), (8, 8, 256), (4, 4, 512)]
    assert generator.get_layer("bottleneck").output.shape[1:] == (1, 1, 2)
    sides = [generator.get_layer(name).output.shape[1:] for name in ("spread", "up_0", "up_1", "up_2", "to_images")]
    assert sides == [(4, 4, 512), (8, 8, 256), (16, 16, 128), (32, 32, 64), (64, 64, 3)]
    first, last = _conv(4, 3, 64, biased=True, normalized=False), _conv(4, 64, 3, biased=True, normalized=False)
    encoder = _conv(4, 64, 64) + _conv(4, 64, 128) + _conv(4, 128, 256) + _conv(4, 256, 512)
    decoder = _conv(4, 512, 256) + _conv(4, 256, 128) + _conv(4, 128, 64)
    assert trainable_count(generator) == first + encoder + _conv(4, 512, 2) + _conv(4, 2, 512) + decoder + last
    judge = _conv(4, 64, 128) + _conv(4, 128, 256) + _conv(4, 256, 512) + 4 * 4 * 512 + 1
    assert discriminator.input_shape == (None, 64, 64, 3)
    assert trainable_count(discriminator) == first + judge


def test_a_whole_picture_has_one_stage_more():
    generator, discriminator = context_encoder(image_shape=(64, 96, 1), paints="whole", width=2, bottleneck=3)
    assert generator.output_shape == (None, 64, 96, 1)
    assert generator.get_layer("spread").output.shape[1:] == (4, 6, 16)
    assert discriminator.input_shape == (None, 64, 96, 1)


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"image_shape": (8, 8, 1)}, "make its sides at least 16"),
        ({"image_shape": (100, 100, 1)}, "Height and width must be multiples of 16"),
        ({"paints": "center"}, "Did you mean 'centre'"),
        ({"bottleneck": 0}, "`bottleneck` must be an integer of at least 1"),
    ],
)
def test_bad_arguments(bad, words):
    with pytest.raises(ValueError, match=words):
        context_encoder(**bad)
