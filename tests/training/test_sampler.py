"""The one road to samples: the same seed, the same samples, whatever the network draws by itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import _random
from keras_gan.training import Interface, Sampler


@keras.saving.register_keras_serializable(package="tests_sampler")
class Noisy(keras.layers.Layer):
    """Adds noise of its own in every call, also in inference."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        return inputs + keras.random.normal(keras.ops.shape(inputs), seed=self.seed_generator)


def noisy_gan(networks, **options):
    generator, discriminator = networks()
    gan = keras_gan.NonSaturatingGAN(
        keras.Sequential([keras.Input((4,)), Noisy(), generator]), discriminator, **options
    )
    gan.compile()
    return gan


@pytest.mark.parametrize("options", [{}, {"ema_half_life": 100}], ids=["network", "average"])
def test_a_network_that_draws_noise_repeats_its_samples(options, networks):
    gan = noisy_gan(networks, seed=1, **options)
    state = gan.fingerprint()
    first = gan.generate(3, seed=4)
    np.testing.assert_array_equal(gan.generate(3, seed=4), first)
    assert gan.fingerprint() == state
    assert np.abs(gan.generate(3, seed=5) - first).max() > 1e-3
    latents = _random.normal((3, 4), (4, 0))
    np.testing.assert_array_equal(gan.generate(latents=latents), first)
    # It does draw: without the noise the samples are others.
    assert np.abs(gan.generator.layers[-1](latents) - first).max() > 1e-3


def test_a_loaded_model_draws_the_same(networks, tmp_path):
    gan = noisy_gan(networks, seed=1)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(again.generate(3, seed=4), gan.generate(3, seed=4))


def labelled():
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    samples = keras.layers.Multiply()([keras.layers.Dense(6)(latents), keras.layers.Embedding(3, 6)(labels)])
    interface = Interface(keras.Model([latents, labels], samples), "generator", ("latents", "labels"), "images")
    return Sampler(interface, num_classes=3)


def test_labels_are_drawn_from_all_classes_and_are_not_the_latents():
    drawn = labelled().inputs_for(3000, seed=2)
    counts = np.bincount(drawn["labels"], minlength=3)
    # Five standard deviations of a binomial.
    np.testing.assert_allclose(counts, 1000, atol=5 * np.sqrt(3000 * 2 / 9))
    assert abs(np.corrcoef(drawn["labels"], drawn["latents"][:, 0])[0, 1]) < 0.1
    np.testing.assert_array_equal(drawn["labels"], labelled().inputs_for(3000, seed=2)["labels"])
    other = labelled().inputs_for(3000, seed=3)
    assert (drawn["labels"].numpy() != other["labels"].numpy()).any()


def test_given_labels_leave_the_latents_of_the_seed():
    sampler = labelled()
    free, given = sampler.inputs_for(4, seed=2), sampler.inputs_for(4, seed=2, labels=1)
    np.testing.assert_array_equal(given["latents"], free["latents"])
    assert given["labels"].numpy().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"labels": [0, 1]}, r"one class for all samples, or a class for each of the 4.*shape \(2,\)"),
        ({"labels": 0.5}, r"integers from 0 to 2. Received: labels of shape \(4,\) and type float64"),
        ({"labels": np.eye(3)[[0, 1, 2, 0]]}, r"Received: labels of shape \(4, 3\)"),
        ({"labels": 3}, r"`labels` must be classes from 0 to 2. Received: labels 3"),
        ({"labels": [-1, 0, 1, 2]}, r"Received: labels -1"),
        ({"colours": 3}, r"takes no `colours`, only latents, labels.*Received: colours=3"),
    ],
)
def test_inputs_that_it_cannot_take(given, message):
    with pytest.raises(ValueError, match=message):
        labelled().inputs_for(4, seed=0, **given)


def test_what_is_not_drawn_has_to_be_given():
    network = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Dense(1)])
    sampler = Sampler(Interface(network, "translator", ("images",), "images"), is_drawn=False)
    for count in (3, None):
        with pytest.raises(ValueError, match=r"cannot draw images: give `images`"):
            sampler.inputs_for(count)
    pictures = np.ones((5, 4, 4, 1), "float32")
    made = sampler.run(sampler.inputs_for(images=pictures), batch_size=2)
    np.testing.assert_allclose(made, network(pictures), atol=1e-6)


def test_the_samples_are_those_of_a_half_precision_network_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    sampler = Sampler(Interface(network, "generator", ("latents",), "images"))
    made = sampler(sampler.draw(3, seed=0))
    assert made.dtype == tf.float32
    np.testing.assert_array_equal(made, network(sampler.draw(3, seed=0)["latents"]))


class Unseeded(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs))


def test_noise_that_no_seed_fixes_is_named():
    network = keras.Sequential([keras.Input((4,)), Unseeded()])
    sampler = Sampler(Interface(network, "generator", ("latents",), "images"))
    with pytest.warns(UserWarning, match=r"no seed fixes \(RandomStandardNormal\).*keras.random.SeedGenerator"):
        sampler.run(sampler.draw(2, seed=0), 2)
    sampler.run(sampler.draw(2, seed=0), 2)
