"""A penalty belongs to a player: it is in that player's objective, in the logs and in the files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1, R2, Lazy, Penalty
from keras_gan.penalties._running_means import RunningMeans
from keras_gan.schedules import Linear
from keras_gan.training.player import penalties_by_player


@keras.saving.register_keras_serializable(package="tests")
class Brightness(Penalty):
    """Pulls the generator's mean towards the running mean of what it was: a penalty with everything that one can have.

    Each step moves the running mean half of the way to the current one.
    """

    name, player = "brightness", "generator"

    def __init__(self, weight=1.0):
        self.weight = keras_gan._quantity.require_quantity("weight", weight)

    def make_state(self):
        return RunningMeans("mean")

    def __call__(self, generator, latents, *, seed=None, step=0):
        mean = tf.reduce_mean(generator(latents))
        target = self.state.move("mean", mean, 0.5)
        return keras_gan._quantity.at(self.weight, step) * tf.square(mean - target)

    def get_config(self):
        return {"weight": keras_gan._quantity.serialised(self.weight)}


def make_networks():
    dense = keras.layers.Dense
    generator = keras.Sequential([keras.Input((2,)), dense(4, "tanh"), dense(3)])
    return generator, keras.Sequential([keras.Input((3,)), dense(4, "tanh"), dense(1)])


def make_gan(*penalties, make=keras_gan.NonSaturatingGAN, **options):
    keras.utils.set_random_seed(1)
    return make(*make_networks(), penalties=list(penalties), discriminator_steps=1, seed=3, **options)


def compiled(*penalties, make=keras_gan.NonSaturatingGAN, **options):
    gan = make_gan(*penalties, make=make)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True, **options)
    return gan


POINTS = np.random.default_rng(0).uniform(-1, 1, (8, 3)).astype("float32")


def test_each_penalty_goes_to_its_player():
    r1, r2, brightness = R1(1.0), Lazy(R2(1.0), every=2), Lazy(Brightness(), every=4)
    gan = make_gan(brightness, r1, r2)
    assert gan.players["discriminator"].penalties == {"r1": r1, "r2": r2}
    assert gan.players["generator"].penalties == {"brightness": brightness}
    assert gan.penalties == (r1, r2, brightness)
    assert [player.lazy_updates for player in gan.players.values()] == [0.25, 0.5]


@pytest.mark.parametrize("make", [keras_gan.NonSaturatingGAN, keras_gan.WGAN, keras_gan.WGANGP])
def test_the_generator_follows_the_gradient_of_its_own_penalty_alone(make):
    """With the loss weight 0 for both losses, the penalty moves the generator and nothing moves the discriminator."""
    only = {"d_loss": 0.0, "g_loss": 0.0}
    gan, twin = compiled(Brightness(3.0), make=make, loss_weights=only), make_gan(make=make)
    latents = []
    gan.latents_for = lambda batch, noise: latents.append(type(gan).latents_for(gan, batch, noise)) or latents[-1]
    logs = gan.train_on_batch(POINTS, return_dict=True)
    with tf.GradientTape() as tape:
        mean = tf.reduce_mean(twin.generator(latents[-1]))
        penalty = 3.0 * tf.square(mean - tf.stop_gradient(0.5 * mean))
    gradients = tape.gradient(penalty, twin.generator.trainable_variables)
    assert logs["brightness"] == pytest.approx(float(penalty), rel=1e-5)
    for after, before, gradient in zip(gan.generator.weights, twin.generator.weights, gradients, strict=True):
        np.testing.assert_allclose(after, np.asarray(before) - 0.1 * np.asarray(gradient), rtol=1e-5, atol=1e-7)
    if make is keras_gan.NonSaturatingGAN:
        for after, before in zip(gan.discriminator.weights, twin.discriminator.weights, strict=True):
            np.testing.assert_array_equal(after, before)


def test_its_weight_may_be_a_schedule_and_it_has_a_loss_weight():
    gan = compiled(Brightness(Linear(0.0, 4.0, 4)), loss_weights={"brightness": 0.0})
    before = gan.generator.get_weights()
    logs = [gan.train_on_batch(POINTS, return_dict=True) for _ in range(2)]
    assert [entry["brightness_weight"] for entry in logs] == [0.0, 1.0]
    again = compiled(loss_weights={})
    for _ in range(2):
        again.train_on_batch(POINTS)
    assert any((a != b).any() for a, b in zip(before, gan.generator.get_weights(), strict=True))
    assert [w.tolist() for w in gan.discriminator.get_weights()] == [
        w.tolist() for w in again.discriminator.get_weights()
    ]


def test_evaluation_computes_no_penalty_and_leaves_its_state():
    gan = compiled(Brightness())
    gan.train_on_batch(POINTS)
    before = gan.fingerprint()
    assert set(gan.test_on_batch(POINTS, return_dict=True)) == {"d_loss", "g_loss"}
    assert gan.fingerprint() == before


def test_a_lazy_one_has_a_step_of_its_own_and_keeps_its_state():
    gan = compiled(Lazy(Brightness(), every=3))
    state, seen = gan.penalties[0].state, []
    for _ in range(4):
        gan.train_on_batch(POINTS)
        seen.append(float(state.means["mean"].value))
    assert seen[0] != 0.0
    assert seen[0] == seen[1] == seen[2] != seen[3]
    assert int(gan.generator_optimizer.iterations) == 4 + 2


def test_the_state_is_saved_and_belongs_to_the_fingerprint(tmp_path):
    gan = compiled(R1(1.0), Brightness())
    gan.train_on_batch(POINTS)
    assert "generator_brightness_state[0]" in gan.training_variables()
    before = gan.fingerprint()
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == before
    assert [repr(penalty) for penalty in again.penalties] == ["R1(weight=1.0)", "Brightness(weight=1.0)"]
    for model in (gan, again):
        model.train_on_batch(POINTS)
    assert again.fingerprint() == gan.fingerprint()
    gan.penalties[1].state.means["mean"].assign(1.0)
    assert again.fingerprint() != gan.fingerprint()


def test_a_state_belongs_to_one_gan():
    brightness = Lazy(Brightness(), every=2)
    make_gan(brightness)
    with pytest.raises(
        ValueError, match=r"Brightness remembers .*Give each GAN a new one. Received: Brightness\(weight"
    ):
        make_gan(brightness)
    assert make_gan(R1(1.0)).penalties[0].state is None


def test_a_penalty_of_an_unknown_player_is_refused():
    stray = Brightness()
    stray.player = "painter"
    with pytest.raises(ValueError, match=r"'painter', and the players are generator, discriminator.*Received: Bright"):
        make_gan(stray)
    assert penalties_by_player([stray], ("painter", "judge")) == {"painter": [stray], "judge": []}


@pytest.mark.parametrize("penalties", [R1(1.0), [10.0], "r1"])
def test_what_is_no_list_of_penalties(penalties):
    with pytest.raises(ValueError, match=r"`penalties` must be a list of penalties.*Received: penalties="):
        keras_gan.LSGAN(*make_networks(), penalties=penalties)


def test_r1_and_r2_take_the_passes_of_the_loss():
    calls = []
    gan = compiled(R1(1.0), R2(1.0))
    judge = gan.discriminator.call
    gan.discriminator.call = lambda *args, **options: calls.append(1) or judge(*args, **options)
    gan.train_on_batch(POINTS)
    # Real and fake images in the discriminator's update, fakes in the generator's.
    assert len(calls) == 3


@pytest.mark.parametrize(("penalty", "player"), [(R1(1.0), "discriminator"), (Brightness(), "generator")], ids=repr)
def test_a_penalty_that_the_step_of_a_model_forgets_is_an_error(penalty, player):
    class Forgetful(keras_gan.NonSaturatingGAN):
        def discriminator_terms(self, real, fake):
            return {"discriminator": {"d_loss": tf.reduce_mean(self.critic(real).logits)}}

        def generator_terms(self, real, fake):
            return {"generator": {"g_loss": tf.reduce_mean(self.critic(fake).logits)}}

    gan = compiled(penalty, make=Forgetful)
    with pytest.raises(ValueError, match=rf"'{player}' has the penalty '{penalty.name}'.*add .*Received: terms \['"):
        gan.train_on_batch(POINTS)
