"""WaveGAN's networks: the paper's size, its stages, where the phase is shuffled, and the projection of the labels."""

import numpy as np
import pytest

from keras_gan.layers import PhaseShuffle
from keras_gan.networks import wavegan
from keras_gan.networks.wavegan import uniform_of_normal

TINY = {"num_samples": 256, "latent_dim": 4, "width": 2}


def test_the_papers_parameter_counts():
    generator, critic = wavegan()
    assert (generator.count_params(), critic.count_params()) == (19_065_345, 17_427_969)
    # Shuffled before every convolution but the first.
    assert [layer.shift for layer in critic.layers if isinstance(layer, PhaseShuffle)] == [2] * 4


@pytest.mark.parametrize("num_samples, start, stages", [(64, 16, 1), (100, 25, 1), (4096, 16, 4), (8192, 32, 4)])
def test_the_shortest_maps_of_other_lengths(num_samples, start, stages):
    generator, critic = wavegan(num_samples=num_samples, latent_dim=2, width=1)
    assert generator.get_layer("reshape").output.shape[1:] == (start, 2 ** (stages - 1))
    assert critic.get_layer(f"downsample_{stages - 1}").output.shape[1:] == (start, 2 ** (stages - 1))
    assert (generator.output_shape, critic.input_shape) == ((None, num_samples, 1),) * 2


def test_the_latents_become_uniform():
    uniform = np.sort(uniform_of_normal(np.random.default_rng(0).normal(size=10_000).astype("float32")))
    # The largest distance of the distribution functions, of which 1 in 1000 samples of a uniform one has more.
    assert np.abs(uniform - np.linspace(-1, 1, 10_000)).max() < 2 * 1.95 / 100


def test_the_logit_with_labels_is_the_projection():
    _, critic = wavegan(**TINY, num_classes=3)
    head, vectors = critic.get_layer("logits"), np.asarray(critic.get_layer("class_vectors").embeddings)
    waveforms = np.random.default_rng(0).normal(size=(3, 256, 1)).astype("float32")
    labels = np.array([2, 0, 1])
    x = waveforms
    for number in range(2):
        x = critic.get_layer(f"leaky_relu_{number}")(critic.get_layer(f"downsample_{number}")(x))
    features = np.reshape(x, (3, -1))
    expected = features @ np.asarray(head.kernel) + np.asarray(head.bias)
    expected += (vectors[labels] * features).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(critic({"waveforms": waveforms, "labels": labels}), expected, rtol=1e-4, atol=1e-5)


def test_the_generator_hears_the_label():
    generator, _ = wavegan(**TINY, num_classes=3)
    made = np.asarray(generator({"latents": np.ones((3, 4), "float32"), "labels": np.array([0, 1, 1])}))
    assert np.abs(made[0] - made[1]).max() > 1e-6
    np.testing.assert_array_equal(made[1], made[2])


@pytest.mark.parametrize("num_samples, nearest", [(1020, "1008 or 1024"), (50, "64"), (16000, "15872 or 16128")])
def test_other_lengths_are_told_the_nearest(num_samples, nearest):
    with pytest.raises(ValueError, match=rf"The nearest: {nearest}\. Received: num_samples={num_samples}"):
        wavegan(num_samples=num_samples)
    for length in nearest.split(" or "):
        assert wavegan(num_samples=int(length), width=1)[0].output_shape[1] == int(length)


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": 1.5}, {"phase_shuffle": -1}, {"num_classes": 1}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value}"):
        wavegan(**{**TINY, **arguments})
