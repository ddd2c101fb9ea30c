"""SeqGAN: rewards, gains, phases, and the rollout policy."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training.training_state import StepNoise

LENGTH, VOCAB = 3, 4


def noise(step=0):
    return StepNoise(tf.constant(0, tf.int64), tf.constant(step, tf.int64))


def last_is_three():
    """A discriminator that takes a text for real, with s(2), if its last token is 3, and with s(-1) otherwise."""
    tokens = keras.Input((LENGTH,), dtype="int32", name="tokens")
    score = keras.layers.Embedding(VOCAB, 1, weights=[np.array([[-1.0], [-1.0], [-1.0], [2.0]])])(tokens)
    weights = [np.array([[0.0], [0.0], [1.0]]), np.zeros(1)]
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(score))
    network = keras.Model(tokens, logits)
    network.layers[-1].set_weights(weights)
    return network


def made(discriminator=None, **options):
    generator = keras_gan.networks.text_oracle(vocab_size=VOCAB, length=LENGTH, width=4, embedding_dim=3, seed=1)
    gan = keras_gan.SeqGAN(generator, discriminator or last_is_three(), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def expected_reward(gan, beginning):
    """The mean of s(D) over all ways to finish a text, weighted by their probabilities."""
    ends = list(itertools.product(range(VOCAB), repeat=LENGTH - len(beginning)))
    texts = np.array([[*beginning, *end] for end in ends], "int32")
    weights = np.exp(gan.log_likelihood(texts))
    return float(weights @ np.where(texts[:, -1] == 3, sigmoid(2.0), sigmoid(-1.0)) / weights.sum())


def test_a_reward_is_the_mean_verdict_on_the_finished_texts():
    gan = made(rollouts=300)
    texts = np.array([[1, 0, 3], [2, 2, 1]], "int32")
    rewards = tf.function(lambda: gan.rewards_of({"tokens": tf.constant(texts)}, noise()))().numpy()
    expected = [[expected_reward(gan, text[: place + 1]) for place in range(LENGTH)] for text in texts]
    # Four standard deviations, and the last place is exact.
    np.testing.assert_allclose(rewards, expected, atol=4 * 0.31 / np.sqrt(300))
    np.testing.assert_allclose(rewards[:, -1], [sigmoid(2.0), sigmoid(-1.0)], rtol=1e-5)


def test_the_baseline_is_the_mean_over_the_texts_that_have_the_place():
    gan = made(rollouts=1)
    rewards = np.array([[0.2, 0.4, 0.9], [0.6, 0.2, 0.1]], "float32")
    gan.rewards_of = lambda texts, noise: tf.constant(rewards)
    texts = {"tokens": tf.constant([[1, 2, 3], [1, 0, 2]])}
    np.testing.assert_allclose(gan.gains_of(texts, noise()), rewards - rewards.mean(axis=0), atol=1e-6)
    gan.decoder.ends = True
    np.testing.assert_allclose(gan.gains_of(texts, noise()), [[-0.2, 0.1, 0.0], [0.2, -0.1, 0.0]], atol=1e-6)
    gan.baseline = False
    np.testing.assert_allclose(gan.gains_of(texts, noise()), [[0.2, 0.4, 0.9], [0.6, 0.2, 0.0]], atol=1e-6)


def test_the_gradient_is_that_of_the_expected_reward():
    """Two ways: over all texts with their probabilities, and by the objective with each text's own reward."""
    gan = made()
    texts = np.array(list(itertools.product(range(VOCAB), repeat=LENGTH)), "int32")
    value = tf.constant(np.where(texts[:, -1] == 3, sigmoid(2.0), sigmoid(-1.0)), tf.float32)
    weights = gan.generator.trainable_weights
    with tf.GradientTape() as tape:
        logits = gan.generator(texts)
        likelihood = tf.exp(tf.reduce_sum(gan.decoder.log_probabilities(logits, tf.constant(texts)), axis=1))
        expected = tf.reduce_sum(likelihood * value)
    exact = tape.gradient(expected, [weight.value for weight in weights])
    # As if each text were drawn in proportion to its probability.
    gains = tf.repeat((len(texts) * tf.stop_gradient(likelihood) * value)[:, None], LENGTH, axis=1)
    with tf.GradientTape() as tape:
        loss = gan.generator_terms({"tokens": tf.constant(texts), "gains": gains})["generator"]["g_loss"]
    for one, other in zip(tape.gradient(loss, [weight.value for weight in weights]), exact, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(one), -tf.convert_to_tensor(other), atol=1e-5)


def test_the_discriminator_minimises_the_cross_entropy():
    gan = made()
    real, fake = {"tokens": tf.constant([[0, 0, 3]])}, {"tokens": tf.constant([[0, 0, 1]])}
    (term,) = gan.discriminator_terms(real, fake)["discriminator"].values()
    assert float(term) == pytest.approx(np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0)), rel=1e-5)


def test_each_phase_trains_its_player_and_the_rollout_policy_follows():
    gan = made(
        pretraining_steps=1, discriminator_pretraining_steps=1, discriminator_steps=2, rollouts=2, rollout_momentum=0.8
    )
    data = np.random.default_rng(0).integers(0, VOCAB, (16, LENGTH), "int32")
    parts = (gan.generator, gan.discriminator, gan.rollout_generator)
    seen, phases = [[part.get_weights() for part in parts]], []
    for _ in range(3):
        phases.append(gan.phase)
        gan.train_on_batch({"tokens": data})
        seen.append([part.get_weights() for part in parts])
    assert phases == ["likelihood", "discriminator", "game"]

    def moved(step, part):
        pairs = zip(seen[step][part], seen[step + 1][part], strict=True)
        return any((before != after).any() for before, after in pairs)

    assert [[moved(step, part) for part in range(3)] for step in range(3)] == [
        [True, False, True],
        [False, True, False],
        [True, True, True],
    ]
    for rollout, generator in zip(seen[1][2], seen[1][0], strict=True):
        np.testing.assert_allclose(rollout, generator, atol=1e-6)
    for before, rollout, generator in zip(seen[2][2], seen[3][2], seen[3][0], strict=True):
        np.testing.assert_allclose(rollout, 0.8 * before + 0.2 * generator, atol=1e-6)


def test_weights_that_are_loaded_before_the_first_step_are_the_rollout_policy():
    gan = made()
    gan.generator.set_weights([weight + 1.0 for weight in gan.generator.get_weights()])
    gan.settle_averages()
    for rollout, generator in zip(gan.rollout_generator.get_weights(), gan.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(rollout, generator)


@pytest.mark.long
def test_the_game_raises_the_reward():
    gan = made(rollouts=4, discriminator_steps=1)
    still = {"discriminator_optimizer": keras.optimizers.SGD(0.0)}
    gan.compile(generator_optimizer=keras.optimizers.Adam(0.02), **still)
    share = (gan.generate(1000, seed=0)[:, -1] == 3).mean()
    gan.fit({"tokens": np.zeros((64, LENGTH), "int32")}, batch_size=64, epochs=60, verbose=0)
    assert (gan.generate(1000, seed=0)[:, -1] == 3).mean() > max(0.6, share + 0.2)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"rollouts": 0}, "`rollouts`"),
        ({"rollout_momentum": 1.5}, "`rollout_momentum`"),
        ({"baseline": None}, "`baseline` must be True or False"),
        ({"pretraining_steps": -1}, "`pretraining_steps`"),
        ({"discriminator_steps": 0}, "`discriminator_steps`"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        made(**options)


def test_networks_that_do_not_fit():
    generator, _ = keras_gan.networks.seqgan(vocab_size=VOCAB, length=5, width=4, filters={2: 2})
    with pytest.raises(ValueError, match="texts of one length"):
        keras_gan.SeqGAN(generator, last_is_three())
