"""The perceptual path length against closed forms of linear generators, and how rounding enters it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.path_length import perceptual_path_length

STRETCH = np.random.default_rng(5).standard_normal((8, 12))


def linear(latents):
    """G(z) = z W, in float64."""
    return np.asarray(latents, np.float64) @ STRETCH


def identity(images):
    """Features that are the images themselves."""
    return images


class Recorder:
    """A generator that keeps the latents it was given."""

    def __init__(self, generator=linear):
        self.generator = generator
        self.seen = []

    def __call__(self, latents):
        self.seen.append(np.asarray(latents, np.float64))
        return self.generator(latents)

    def steps(self, epsilon):
        """The velocities of the latents along their paths."""
        halves = [np.split(latents, 2) for latents in self.seen]
        return np.concatenate([after - before for before, after in halves]) / epsilon

    def starts(self):
        return np.concatenate([np.split(latents, 2)[0] for latents in self.seen])


def trimmed(values):
    """The mean without the lowest and the highest percent."""
    cut = int(np.floor(0.01 * (len(values) - 1)))
    return np.sort(values)[cut : len(values) - cut].mean()


def test_a_linear_generator_on_straight_lines_has_the_length_of_the_mapped_difference():
    recorder = Recorder()
    length = perceptual_path_length(
        recorder, identity, latent_dim=8, num_samples=2000, interpolation="lerp", epsilon=0.1
    )
    differences = recorder.steps(0.1)
    # z1 - z0 of two independent standard normal vectors.
    np.testing.assert_allclose(np.cov(differences.T), 2 * np.eye(8), atol=0.25)
    np.testing.assert_allclose(length, trimmed(np.square(differences @ STRETCH).sum(axis=1)), rtol=1e-6)


def test_it_estimates_the_expectation_of_a_linear_generator():
    identity_matrix = np.eye(100)
    length = perceptual_path_length(
        lambda latents: latents @ identity_matrix, identity, latent_dim=100, num_samples=4000, interpolation="lerp"
    )
    # E |z1 - z0|^2 = 2 * 100, with a standard deviation of 28 for one sample.
    assert length == pytest.approx(200, abs=4 * 28 / np.sqrt(4000))


def test_the_step_is_the_same_whatever_its_length_on_straight_lines():
    lengths = [
        perceptual_path_length(linear, identity, latent_dim=8, num_samples=500, interpolation="lerp", epsilon=epsilon)
        for epsilon in (1e-4, 1e-2, 1.0)
    ]
    np.testing.assert_allclose(lengths, lengths[-1], rtol=1e-3)


def test_great_circles_have_the_speed_of_their_angle():
    recorder = Recorder(identity)
    perceptual_path_length(recorder, identity, latent_dim=512, num_samples=300, epsilon=1e-3)
    # Two random vectors of many dimensions are at right angles and of length sqrt(512); so is every point between.
    speeds, radii = np.linalg.norm(recorder.steps(1e-3), axis=1), np.linalg.norm(recorder.starts(), axis=1)
    np.testing.assert_allclose(speeds.mean(), np.pi / 2 * np.sqrt(512), rtol=0.01)
    np.testing.assert_allclose(radii, np.sqrt(512), rtol=0.15)


def test_a_great_circle_goes_from_end_to_end():
    mapped = np.array([[3.0, 0.0, 0.0], [0.0, 5.0, 0.0]])
    recorder = Recorder(identity)
    perceptual_path_length(
        recorder,
        identity,
        latent_dim=2,
        num_samples=200,
        mapping=lambda latents: np.tile(mapped, (len(latents) // 2, 1)),
    )
    starts = recorder.starts()
    angles = np.arctan2(starts[:, 1] / 5, starts[:, 0] / 3)
    np.testing.assert_allclose(starts, np.stack([3 * np.cos(angles), 5 * np.sin(angles), 0 * angles], 1), atol=1e-6)
    # Uniform moments are uniform angles, from the first end to the second.
    np.testing.assert_allclose(np.quantile(angles, [0, 0.5, 1]), [0, np.pi / 4, np.pi / 2], atol=0.2)


def test_ends_on_one_line_are_joined_by_it():
    recorder = Recorder(identity)
    length = perceptual_path_length(recorder, identity, latent_dim=1, num_samples=50, epsilon=1e-2)
    np.testing.assert_allclose(length, trimmed(recorder.steps(1e-2)[:, 0] ** 2))


def test_the_mapping_bends_the_path_at_its_ends_alone():
    def generator(latents):
        # Linear, so on a line between mapped ends the speed is constant; of squares of latents it would not be.
        return latents * [2.0]

    lengths = [
        perceptual_path_length(
            generator, identity, latent_dim=3, num_samples=400, interpolation="lerp", mapping=np.square, epsilon=epsilon
        )
        for epsilon in (1e-3, 1.0)
    ]
    np.testing.assert_allclose(*lengths, rtol=1e-3)


def test_float32_networks_lose_less_than_a_thousandth():
    keras.utils.set_random_seed(3)
    layers = [keras.Input((16,)), *(keras.layers.Dense(64, activation="tanh") for _ in range(3))]
    generator = keras.Sequential([*layers, keras.layers.Dense(100, activation="tanh")])
    weights = [variable.numpy().astype(np.float64) for variable in generator.trainable_variables]

    def in_float64(latents):
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            latents = np.tanh(np.asarray(latents, np.float64) @ kernel + bias)
        return latents

    exact, rounded = (
        perceptual_path_length(network, identity, latent_dim=16, num_samples=500) for network in (in_float64, generator)
    )
    assert rounded == pytest.approx(exact, rel=1e-3)
    assert rounded != exact


def test_quantised_images_would_give_another_number():
    exact, rounded = (
        perceptual_path_length(lambda latents: np.tanh(latents @ STRETCH), embed, latent_dim=8, num_samples=500)
        for embed in (identity, lambda images: np.rint(images * 127.5) / 127.5)
    )
    assert not 0.1 < rounded / exact < 10


def test_neither_batches_nor_repetition_change_it():
    values = [
        perceptual_path_length(linear, identity, latent_dim=8, num_samples=130, batch_size=batch_size)
        for batch_size in (7, 64, 130)
    ]
    np.testing.assert_allclose(values, values[0], rtol=1e-12)
    again = perceptual_path_length(linear, identity, latent_dim=8, num_samples=130, batch_size=7)
    other = perceptual_path_length(linear, identity, latent_dim=8, num_samples=130, seed=1)
    assert again == values[0] != other


def test_a_collapsed_generator_has_length_zero():
    assert perceptual_path_length(lambda latents: np.ones((len(latents), 4)), identity, latent_dim=8) == 0.0


def test_the_extremes_are_left_out():
    def generator(latents):
        return latents * np.where(latents > 3, 1e3, 1.0)

    values = [
        perceptual_path_length(g, identity, latent_dim=1, num_samples=1000, interpolation="lerp")
        for g in (generator, identity)
    ]
    assert values[0] == pytest.approx(values[1], rel=0.05)


def test_keras_models_run_as_in_inference():
    latents = keras.Input((4,))
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(latents))
    generator = keras.Model(latents, keras.layers.Reshape((2, 2, 1))(hidden))
    embed = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    # Normalised with the moments of an untrained layer, images are the latents but for its epsilon of 1e-3.
    length = perceptual_path_length(generator, embed, latent_dim=4, num_samples=200)
    plain = perceptual_path_length(identity, identity, latent_dim=4, num_samples=200)
    assert length == pytest.approx(plain / 1.001, rel=1e-3)


class Quantising(Extractor):
    """An extractor, which is not allowed here."""

    def __init__(self):
        super().__init__(name="quantising", digest="0", num_features=1)

    def embed(self, pixels):
        return Embedding(tf.reduce_mean(pixels, axis=(1, 2)))


def test_extractors_are_refused():
    with pytest.raises(ValueError, match=r"An extractor rounds images to 256 levels.*Received: embed=<Quantising"):
        perceptual_path_length(linear, Quantising(), latent_dim=8)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_refused(dtype):
    generator = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2, dtype=f"mixed_{dtype}", name="half")])
    with pytest.raises(
        ValueError, match=rf"rounding of half precision.*Received: generator=.*'half' computes in {dtype}"
    ):
        perceptual_path_length(generator, identity, latent_dim=8)


@pytest.mark.parametrize(
    "generator, embed, message",
    [
        (
            lambda latents: latents[:3],
            identity,
            r"`generator` must return .* 128 rows of its input.*Received: ndarray .*\(3, 8\)",
        ),
        (linear, np.mean, r"`embed` must return an array or a tensor.*Received: float64 of shape \(\)"),
        (linear, Embedding, r"`embed` must return an array or a tensor.*Received: Embedding of shape \(\)"),
        (lambda latents: latents * np.nan, identity, r"`generator` must return finite.*Received: NaN .* generator"),
        (linear, lambda images: images / 0.0 * 1.0, r"`embed` must return finite numbers.*Received: NaN .* embed"),
    ],
)
def test_what_networks_return_is_looked_at(generator, embed, message):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        perceptual_path_length(generator, embed, latent_dim=8)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"latent_dim": 0}, "Received: latent_dim=0"),
        ({"num_samples": 0}, "Received: num_samples=0"),
        ({"epsilon": 1e-6}, r"`epsilon` must be a number in \[1e-05, 1.0\]. Received: epsilon=1e-06"),
        ({"interpolation": "cubic"}, '"slerp" or "lerp". Received: interpolation=\'cubic\''),
        ({"batch_size": 0}, "Received: batch_size=0"),
        ({"seed": -1}, "Received: seed=-1"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        perceptual_path_length(linear, identity, **{"latent_dim": 8, **arguments})
