"""The networks of HiFi-GAN: the published counts and lengths, their pieces one by one, and messages for bad input."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization, WeightNormalization
from keras_gan.networks import hifigan

JUDGES = {"discriminator_width": 2, "periods": (2, 3), "scales": 2}
TINY = {"version": "V3", "num_mels": 3, "ratios": (4, 2), "width": 8, **JUDGES}
DILATIONS = (1, 3, 5)
VERSIONS = {
    "V1": (512, (8, 8, 2, 2), {3: DILATIONS, 7: DILATIONS, 11: DILATIONS}, 2),
    "V2": (128, (8, 8, 2, 2), {3: DILATIONS, 7: DILATIONS, 11: DILATIONS}, 2),
    "V3": (256, (8, 8, 4), {3: (1, 2), 5: (2, 6), 7: (3, 12)}, 1),
}
COUNTS = {"V1": 13_926_017, "V2": 925_985, "V3": 1_462_273}


@pytest.fixture(scope="module")
def tiny():
    return hifigan(**TINY)


def count(network, prefix=""):
    """The trainable parameters without the gains of weight normalisation, which the published counts leave out."""
    layers = [layer for layer in network.layers if layer.name.startswith(prefix)]
    gains = sum(int(layer.gain.shape[0]) for layer in layers if isinstance(layer, WeightNormalization))
    return sum(int(np.prod(weight.shape)) for layer in layers for weight in layer.trainable_weights) - gains


def counted(convolutions):
    """The parameters of convolutions (kernel size, inputs of each output, outputs)."""
    return sum(size * inputs * outputs + outputs for size, inputs, outputs in convolutions)


def of_generator(num_mels, width, ratios, kernels, convolutions):
    yield 7, num_mels, width
    for ratio in ratios:
        width //= 2
        yield 2 * ratio, 2 * width, width
        for size, dilations in kernels.items():
            yield from convolutions * len(dilations) * [(size, width, width)]
    yield 7, width, 1


def of_period(width):
    widths = [1, width, 4 * width, 16 * width, 32 * width, 32 * width]
    yield from ((5, *pair) for pair in itertools.pairwise(widths))
    yield 3, widths[-1], 1


def of_scale(width, groups=(4, 16, 16, 16, 16)):
    widths = [width, width, 2 * width, 4 * width, 8 * width, 8 * width]
    yield 15, 1, width
    pairs = itertools.pairwise(widths)
    yield from ((41, before // n, after) for (before, after), n in zip(pairs, groups, strict=True))
    yield from ((5, widths[-1], widths[-1]), (3, widths[-1], 1))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_convolutions_of_a_generator_are_those_of_the_published_count(version):
    # The same list of convolutions gives the published number.
    assert counted(of_generator(80, *VERSIONS[version])) == COUNTS[version]
    if version == "V3":
        generator, _ = hifigan(version=version, num_mels=3, width=8, discriminator_width=1, periods=(2,), scales=1)
        _, *form = VERSIONS[version]
        assert count(generator) == counted(of_generator(3, 8, *form))


@pytest.mark.long
def test_a_generator_with_pairs_of_convolutions_has_as_many(tiny):
    generator, _ = hifigan(**{**TINY, "version": "V2", "ratios": (4,)})
    assert count(generator) == counted(of_generator(3, 8, (4,), *VERSIONS["V2"][2:]))


def test_the_convolutions_of_the_discriminators_are_those_of_the_published_counts(tiny):
    assert 5 * counted(of_period(32)) == 41_092_165
    assert 3 * counted(of_scale(128)) == 29_610_627
    assert count(tiny[1], "period") == 2 * counted(of_period(2))
    assert count(tiny[1], "scale") == 2 * counted(of_scale(8, groups=(4, 8, 16, 16, 16)))


@pytest.mark.long
def test_the_published_counts():
    judge = {"discriminator_width": 1, "periods": (2,), "scales": 1}
    assert {version: count(hifigan(version=version, **judge)[0]) for version in COUNTS} == COUNTS
    _, discriminator = hifigan(version="V3")
    assert (count(discriminator, "period"), count(discriminator, "scale")) == (41_092_165, 29_610_627)


@pytest.mark.parametrize("num_samples", [12, 13, 14])
def test_a_waveform_is_folded_after_its_end_is_reflected(tiny, num_samples):
    x = np.random.default_rng(0).normal(size=(2, num_samples, 1)).astype("float32")
    layer = tiny[1].get_layer("period_3")
    missing = -num_samples % 3
    expected = np.pad(x, ((0, 0), (0, missing), (0, 0)), mode="reflect").reshape(2, -1, 3, 1)
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 1))])
    np.testing.assert_array_equal(graph(x), expected)


def test_a_discriminator_of_a_period_never_mixes_its_phases(tiny):
    x = tf.zeros((1, 120, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        first_phase = tf.reduce_sum(tiny[1](x)["logits"][1][:, :, 0])
    seen = np.flatnonzero(tape.gradient(first_phase, x)[0, :, 0])
    assert len(seen)
    assert set(seen % 3) == {0}


def test_the_lengths_of_the_maps(tiny):
    found = tiny[1](np.zeros((1, 2048, 1), "float32"))
    assert [tuple(maps.shape[1:3]) for maps in found["features"][0]] == [(342, 2), (114, 2), (38, 2), (13, 2), (13, 2)]
    assert [maps.shape[1] for maps in found["features"][2]] == [2048, 1024, 512, 128, 32, 32, 32]
    # The code pads averages by two zeros at each end, which adds a sample.
    assert [maps.shape[1] for maps in found["features"][3]] == [1025, 513, 257, 65, 17, 17, 17]
    assert [tuple(x.shape) for x in found["logits"]] == [(1, 13, 2, 1), (1, 9, 3, 1), (1, 32, 1), (1, 17, 1)]


def test_only_the_whole_waveform_is_judged_under_spectral_normalisation(tiny):
    kinds = {type(layer): [] for layer in tiny[1].layers}
    for layer in tiny[1].layers:
        kinds[type(layer)].append(layer.name)
    assert all(name.startswith("scale_0_") for name in kinds[SpectralNormalization])
    assert len(kinds[SpectralNormalization]) == 8
    assert len(kinds[WeightNormalization]) == 2 * 6 + 8


def test_a_stage_is_the_mean_of_its_blocks(tiny):
    generator, _ = tiny
    x = np.random.default_rng(0).normal(size=(1, 9, 3)).astype("float32")
    names = ["up_0", "block_0_3_2", "block_0_5_6", "block_0_7_12", "stage_0"]
    given, *blocks, mean = keras.Model(generator.input, [generator.get_layer(name).output for name in names])(x)
    np.testing.assert_allclose(mean, sum(blocks) / 3, atol=1e-6)
    expected = given
    for dilation in (2, 6):
        layer = generator.get_layer(f"block_0_5_{dilation}_conv_0")
        hidden = tf.pad(tf.nn.leaky_relu(expected, 0.1), [(0, 0), (2 * dilation, 2 * dilation), (0, 0)])
        hidden = tf.nn.conv1d(hidden, layer.normalized_kernel(), 1, "VALID", dilations=dilation)
        expected = expected + hidden + layer.layer.bias
    np.testing.assert_allclose(blocks[1], expected, atol=1e-5)


def test_a_frame_becomes_as_many_samples_as_the_hop(tiny):
    assert tiny[0](np.zeros((2, 5, 3), "float32")).shape == (2, 40, 1)


@pytest.mark.long
def test_save_and_load(tiny, tmp_path):
    x = np.random.default_rng(0).normal(size=(1, 200, 1)).astype("float32")
    tiny[1].save(tmp_path / "discriminator.keras")
    again = keras.saving.load_model(tmp_path / "discriminator.keras")
    tf.nest.map_structure(np.testing.assert_array_equal, again(x)["logits"], tiny[1](x)["logits"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": "v1"}, r"`version` must be one of 'V1', 'V2', 'V3'\. Did you mean 'V1'"),
        ({"num_mels": 0}, r"`num_mels` must be an integer of at least 1"),
        ({"ratios": 8}, r"`ratios` must be a tuple of integers.* Received: ratios=8"),
        ({"width": 6}, r"`width` must be a multiple of 4\. Received: width=6"),
        ({"periods": ()}, r"`periods` must be a tuple of different integers.* Received: periods=\(\)"),
        ({"periods": (2, 2)}, r"`periods` must be a tuple of different integers.* Received: periods=\(2, 2\)"),
        ({"periods": (2, 0)}, r"`periods` must be an integer of at least 1\. Received: periods=0"),
        ({"discriminator_width": 0}, r"`discriminator_width` must be an integer"),
        ({"scales": None}, r"`scales` must be an integer"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        hifigan(**{**TINY, **arguments})
