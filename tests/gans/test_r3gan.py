"""R3GAN: its two objectives, and a batch of its own for each player."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1
from keras_gan.schedules import Cosine


def linear_networks():
    """G(z) = z and D(x) = 3 x_0 + 4 x_1: both penalties are known."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    generator.set_weights([np.eye(2)])
    discriminator.set_weights([np.array([[3.0], [4.0]])])
    return generator, discriminator


def test_both_objectives_are_the_papers():
    gan = keras_gan.R3GAN(*linear_networks(), gamma=0.1)
    real, fake = ({"images": tf.random.stateless_normal((5, 2), (0, seed))} for seed in (1, 2))
    terms = {**gan.discriminator_terms(real, fake)["discriminator"], **gan.generator_terms(real, fake)["generator"]}
    margins = (np.asarray(real["images"]) - np.asarray(fake["images"])) @ [3.0, 4.0]
    assert float(terms["d_loss"]) == pytest.approx(np.log1p(np.exp(-margins)).mean(), rel=1e-5)
    assert float(terms["g_loss"]) == pytest.approx(np.log1p(np.exp(margins)).mean(), rel=1e-5)
    # gamma / 2 |w|^2
    assert float(terms["r1"]) == float(terms["r2"]) == pytest.approx(0.1 / 2 * 25)


class Watching(keras_gan.R3GAN):
    """Keeps what each player's update was given."""

    def discriminator_terms(self, real, fake):
        self.seen.append(("discriminator", real["images"].numpy(), fake["images"].numpy()))
        return super().discriminator_terms(real, fake)

    def generator_terms(self, real, fake):
        self.seen.append(("generator", real["images"].numpy(), fake["images"].numpy()))
        return super().generator_terms(real, fake)


@pytest.mark.parametrize("steps", [1, 2])
def test_each_update_has_images_and_latents_of_its_own(steps):
    gan = Watching(*linear_networks(), discriminator_steps=steps, seed=0)
    gan.seen = []
    gan.compile(run_eagerly=True)
    points = np.random.default_rng(0).normal(size=(4 * (steps + 1), 2)).astype("float32") / 9
    gan.train_on_batch(points)
    assert [player for player, *_ in gan.seen] == ["discriminator"] * steps + ["generator"]
    np.testing.assert_array_equal(np.concatenate([real for _, real, _ in gan.seen]), points)
    assert len(np.unique(np.concatenate([fake for *_, fake in gan.seen])[:, 0])) == len(points)
    assert gan.discriminator_steps == steps


def test_too_little_data_for_one_step():
    gan = keras_gan.R3GAN(*linear_networks())
    gan.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=r"takes 2 batches.*Received: discriminator_steps \+ 1=2"):
        gan.fit(tf.data.Dataset.from_tensors(np.zeros((4, 2), "float32")), verbose=0)
    with pytest.raises(ValueError, match=r"takes 2 minibatches \(`discriminator_steps \+ 1`\).*\(5, 2\)"):
        gan.train_on_batch(np.zeros((5, 2), "float32"))


def test_penalties_of_the_users_own_replace_both():
    assert [penalty.name for penalty in keras_gan.R3GAN(*linear_networks()).penalties] == ["r1", "r2"]
    gan = keras_gan.R3GAN(*linear_networks(), penalties=[R1(3.0)])
    assert [(penalty.name, penalty.weight) for penalty in gan.penalties] == [("r1", 3.0)]


def test_the_config_keeps_gamma_and_the_penalties():
    gan = keras_gan.R3GAN(*linear_networks(), gamma=Cosine(1.0, 0.1, 50), discriminator_steps=2)
    copy = keras_gan.R3GAN.from_config(gan.get_config())
    assert copy.gamma.get_config() == gan.gamma.get_config()
    assert [penalty.weight.get_config() for penalty in copy.penalties] == [gan.gamma.get_config()] * 2
    assert (copy.discriminator_steps, copy.batches_per_step) == (2, 3)


@pytest.mark.parametrize("gamma", [-1.0, "1", None, float("nan")])
def test_bad_gamma(gamma):
    with pytest.raises(ValueError, match=r"`gamma` must be a number in \[0.0, inf\).* Received: gamma="):
        keras_gan.R3GAN(*linear_networks(), gamma=gamma)
