"""The networks of MelGAN: the published counts and lengths, their pieces one by one, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import WeightNormalization
from keras_gan.networks import melgan

TINY = {"num_mels": 3, "ratios": (4, 2), "width": 8, "blocks": 2, "discriminator_width": 4, "scales": 2}


@pytest.fixture(scope="module")
def tiny():
    return melgan(**TINY)


def count(network):
    """The trainable parameters without the gains of weight normalisation, which the published counts leave out."""
    gains = sum(int(layer.gain.shape[0]) for layer in network.layers if isinstance(layer, WeightNormalization))
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) - gains


def counted(convolutions):
    """The parameters of convolutions (kernel size, inputs of each output, outputs)."""
    return sum(size * inputs * outputs + outputs for size, inputs, outputs in convolutions)


def of_generator(num_mels, ratios, width, blocks):
    yield 7, num_mels, width
    for ratio in ratios:
        width //= 2
        yield 2 * ratio, 2 * width, width
        for _ in range(blocks):
            yield from ((3, width, width), (1, width, width), (1, width, width))
    yield 7, width, 1


def of_scale(width):
    widths = [width, 4 * width, 16 * width, 64 * width, 64 * width]
    yield 15, 1, width
    yield from ((41, 4, outputs) for outputs in widths[1:])
    yield from ((5, widths[-1], widths[-1]), (3, widths[-1], 1))


def test_the_convolutions_are_those_of_the_published_counts(tiny):
    # The same lists of convolutions give the published numbers.
    assert counted(of_generator(80, (8, 8, 2, 2), 512, 3)) == 4_260_257
    assert 3 * counted(of_scale(16)) == 16_913_859
    generator, discriminator = tiny
    assert count(generator) == counted(of_generator(3, (4, 2), 8, 2))
    assert count(discriminator) == 2 * counted(of_scale(4))


@pytest.mark.long
def test_the_published_counts():
    generator, discriminator = melgan()
    assert (count(generator), count(discriminator)) == (4_260_257, 16_913_859)


def test_a_frame_becomes_as_many_samples_as_the_hop(tiny):
    odd, _ = melgan(**{**TINY, "ratios": (3,), "blocks": 1, "scales": 1})
    for generator, hop in ((tiny[0], 8), (odd, 3)):
        assert generator(np.zeros((2, 9, 3), "float32")).shape == (2, 9 * hop, 1)
        assert generator.compute_output_shape((None, 9, 3)) == (None, 9 * hop, 1)


def test_the_lengths_of_the_maps(tiny):
    found = tiny[1](np.zeros((1, 2048, 1), "float32"))
    assert [maps.shape[1] for maps in found["features"][0]] == [2048, 512, 128, 32, 8, 8]
    assert [maps.shape[1] for maps in found["features"][1]] == [1024, 256, 64, 16, 4, 4]
    assert [tuple(logits.shape) for logits in found["logits"]] == [(1, 8, 1), (1, 4, 1)]
    assert [maps.shape[2] for maps in found["features"][0]] == [4, 16, 64, 256, 256, 256]


def test_a_coarser_scale_is_the_average_of_four_samples_around_every_second(tiny):
    x = np.random.default_rng(0).normal(size=(1, 10, 1)).astype("float32")
    found = tiny[1].get_layer("scale_1")(x)
    expected = [x[0, max(0, i - 1) : i + 3].mean() for i in range(0, 10, 2)]
    np.testing.assert_allclose(found[0, :, 0], expected, atol=1e-6)


def test_strided_convolutions_are_padded_alike_at_both_ends(tiny):
    x = np.random.default_rng(0).normal(size=(1, 64, 1)).astype("float32")
    maps = tiny[1](x)["features"][0]
    layer = tiny[1].get_layer("scale_0_conv_0")
    padded = tf.pad(maps[0], [(0, 0), (20, 20), (0, 0)])
    expected = tf.nn.conv1d(padded, layer.normalized_kernel(), 4, "VALID") + layer.layer.bias
    np.testing.assert_allclose(maps[1], tf.nn.leaky_relu(expected, 0.2), atol=1e-5)


def test_a_residual_block_is_the_sum_of_its_shortcut_and_its_dilated_convolution(tiny):
    generator, _ = tiny
    x = np.random.default_rng(0).normal(size=(1, 9, 3)).astype("float32")
    names = ["up_0", "block_0_0", "block_0_1"]
    _, given, found = keras.Model(generator.input, [generator.get_layer(name).output for name in names])(x)

    def convolved(x, name, dilation=1):
        layer = generator.get_layer(f"block_0_1_{name}")
        return tf.nn.conv1d(x, layer.normalized_kernel(), 1, "VALID", dilations=dilation) + layer.layer.bias

    hidden = tf.pad(tf.nn.leaky_relu(given, 0.2), [(0, 0), (3, 3), (0, 0)], "REFLECT")
    hidden = tf.nn.leaky_relu(convolved(hidden, "dilated", 3), 0.2)
    expected = convolved(given, "shortcut") + convolved(hidden, "pointwise")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_both_make_float32_under_a_mixed_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = melgan(**{**TINY, "ratios": (4,), "blocks": 1, "scales": 1})
    finally:
        keras.config.set_dtype_policy("float32")
    waveforms = generator(np.zeros((1, 8, 3), "float32"))
    assert waveforms.dtype == tf.float32
    assert {logits.dtype for logits in discriminator(waveforms)["logits"]} == {tf.float32}
    assert generator.get_layer("up_0").layer.compute_dtype == "bfloat16"


@pytest.mark.long
def test_save_and_load(tiny, tmp_path):
    generator, _ = tiny
    x = np.random.default_rng(0).normal(size=(1, 9, 3)).astype("float32")
    generator.save(tmp_path / "generator.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "generator.keras")(x), generator(x))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_mels": 0}, r"`num_mels` must be an integer of at least 1\. Received: num_mels=0"),
        ({"ratios": ()}, r"`ratios` must be a tuple of integers.* Received: ratios=\(\)"),
        ({"ratios": (8, 0)}, r"`ratios` must be an integer of at least 1\. Received: ratios=0"),
        ({"width": 6}, r"`width` must be a multiple of 4\. Received: width=6"),
        ({"blocks": 1.5}, r"`blocks` must be an integer .* Received: blocks=1\.5"),
        ({"discriminator_width": None}, r"`discriminator_width` must be an integer"),
        ({"scales": -1}, r"`scales` must be an integer"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        melgan(**{**TINY, **arguments})
