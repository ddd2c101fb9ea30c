"""Players: their averaged copies, which can be made of any network, and follow what is loaded."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.training import Player


class Unregistered(keras.layers.Layer):
    """A layer of a user's own, with a weight, that no registry knows."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.scale = self.add_weight(shape=(self.units,), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Closed(keras.layers.Layer):
    """A layer with an argument that no configuration tells."""

    def __init__(self, units):
        super().__init__()
        self.scale = self.add_weight(shape=(units,))

    def call(self, inputs):
        return inputs * self.scale


def doubled(x):
    return 2.0 * x


def generator_with(layer):
    paint = [keras.layers.Dense(64, activation="tanh"), keras.layers.Reshape((8, 8, 1))]
    return keras.Sequential([keras.Input((4,)), layer, *paint])


@pytest.mark.long
@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.Lambda(lambda x: 2.0 * x),
        lambda: keras.layers.Lambda(doubled),
        lambda: Unregistered(4),
        lambda: keras.layers.Dense(4, activation=doubled),
        lambda: keras.layers.BatchNormalization(),
    ],
    ids=["lambda", "function", "unregistered layer", "function as activation", "batch normalization"],
)
def test_a_network_has_an_average_whatever_it_is_made_of(layer, networks, images):
    generator = generator_with(layer())
    gan = keras_gan.NonSaturatingGAN(generator, networks()[1], ema_half_life=0.2, seed=1)
    latents = np.ones((2, 4), "float32")
    np.testing.assert_allclose(gan.generate(latents=latents), generator(latents), atol=1e-6)
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5), run_eagerly=True)
    expected = generator.get_weights()
    gan.train_on_batch(images[:8])
    share = 1 - 0.5 ** (8 / 0.2)
    for average, old, new in zip(gan.averaged_generator.get_weights(), expected, generator.get_weights(), strict=True):
        np.testing.assert_allclose(average, old + share * (new - old), rtol=1e-5, atol=1e-6)
    assert not gan.averaged_generator.trainable_weights
    assert not {id(w) for w in generator.weights} & {id(w) for w in gan.averaged_generator.weights}


def test_the_summary_tells_a_network_from_its_average(networks):
    generator, discriminator = networks()
    gan = keras_gan.HingeGAN(generator, discriminator, ema_half_life=50)
    lines = []
    gan.summary(line_length=120, print_fn=lines.append)
    names = [layer.name for layer in gan.layers]
    assert names == [generator.name, f"averaged_{generator.name}", discriminator.name, "training_state"]
    assert all(name in "".join(lines) for name in names)


def test_a_network_can_be_drawn(networks):
    pytest.importorskip("pydot")
    generator, _ = networks()
    assert all(layer.name in keras.utils.model_to_dot(generator).to_string() for layer in generator.layers)


def test_a_network_that_cannot_be_made_twice(networks):
    with pytest.raises(
        ValueError, match=r"(?s)averaged copy.*A layer of your own needs a `get_config`.*Received: network='seq"
    ):
        keras_gan.NonSaturatingGAN(generator_with(Closed(4)), networks()[1], ema_half_life=100)


@pytest.mark.long
@pytest.mark.parametrize("use", ["generate", "save", "train_on_batch", "fit"])
def test_averages_follow_weights_that_were_loaded_before_the_first_step(use, networks, images, tmp_path):
    gan = keras_gan.NonSaturatingGAN(*networks(), ema_half_life=1e9, seed=1)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    loaded = [np.full_like(weight, 0.25) for weight in gan.generator.get_weights()]
    gan.generator.set_weights(loaded)
    {
        "generate": lambda: gan.generate(1),
        "save": lambda: gan.save(tmp_path / "gan.keras"),
        "train_on_batch": lambda: gan.train_on_batch(images[:8]),
        "fit": lambda: gan.fit(images[:8], batch_size=8, verbose=0),
    }[use]()
    for average in gan.averaged_generator.get_weights():
        np.testing.assert_allclose(average, 0.25, atol=1e-6)


def test_a_resumed_model_keeps_its_averages(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks(), ema_half_life=1e9, seed=1)
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5), run_eagerly=True)
    gan.train_on_batch(images[:8])
    before = gan.averaged_generator.get_weights()
    gan.generator.set_weights([0.0 * weight for weight in gan.generator.get_weights()])
    gan.generate(1)
    for average, value in zip(gan.averaged_generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(average, value)


def test_a_player_has_a_network_and_knows_its_penalties():
    with pytest.raises(ValueError, match=r"at least one network.*Received: networks={}"):
        Player(ema_half_life=3)
    with pytest.raises(ValueError, match=r"The painter must be a keras.Model. Received: painter=3"):
        Player(painter=3)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    r1, lazy = keras_gan.penalties.R1(1.0), keras_gan.penalties.Lazy(keras_gan.penalties.R1(2.0), every=4)
    player = Player(judge=network, penalties=[r1, lazy])
    assert player.penalties == {"r1": r1, "r1_2": lazy}
    assert player.lazy_updates == 0.25


def test_a_model_trains_the_networks_that_it_was_built_with(networks):
    gan = keras_gan.LSGAN(*networks())
    with pytest.raises(ValueError, match=r"The generator of a model cannot be exchanged: .*`generator.set_weights"):
        gan.generator = networks()[0]


def test_a_network_that_is_frozen_after_compile(networks, images):
    gan = keras_gan.LSGAN(*networks())
    gan.compile()
    gan.discriminator.layers[1].trainable = False
    with pytest.raises(ValueError, match=r"Other weights of the discriminator .*Call `compile` again.*: 2 .*4 of them"):
        gan.fit(images, batch_size=8, verbose=0)
    with pytest.raises(ValueError, match="Other weights of the discriminator"):
        gan.train_on_batch(images[:8])
    gan.compile(run_eagerly=True)
    frozen = gan.discriminator.layers[1].get_weights()
    gan.fit(images[:8], batch_size=8, verbose=0)
    for before, after in zip(frozen, gan.discriminator.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_player_without_weights_to_train_is_named(networks, images):
    gan = keras_gan.LSGAN(*networks())
    gan.discriminator.trainable = False
    gan.compile(run_eagerly=True)
    with pytest.warns(UserWarning, match=r"The discriminator has no weights to train, .*set `trainable = True`"):
        gan.fit(images[:8], batch_size=8, verbose=0)


@pytest.mark.parametrize("rate", [-1e-3, float("nan"), float("inf")])
def test_a_learning_rate_that_cannot_be_meant(rate, networks):
    gan = keras_gan.LSGAN(*networks())
    with pytest.raises(ValueError, match=r"`generator_optimizer.learning_rate` must be a number in \[0.0, inf\)"):
        gan.compile(keras.optimizers.Adam(rate), "adam")


def test_a_list_of_single_images(networks, images):
    gan = keras_gan.LSGAN(*networks())
    gan.compile()
    with pytest.raises(
        ValueError, match=r"make one array of them, as in `np.stack\(samples\)`. Received: data with 48"
    ):
        gan.fit(list(images), batch_size=8, verbose=0)
