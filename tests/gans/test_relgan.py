"""RelGAN: relaxed texts, the inverse temperature, and the game."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training.training_state import StepNoise

SIZES = {"vocab_size": 5, "length": 4, "width": 4, "representations": 3, "filters": {2: 4}}


def made(*, ends=True, **options):
    keras.utils.set_random_seed(0)
    gan = keras_gan.RelGAN(*keras_gan.networks.relgan(**SIZES, ends=ends), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def numbers(count=6):
    return np.random.default_rng(0).uniform(size=(count, 4, 5)).astype("float32")


def at_step(gan, step):
    gan.training_state.step.assign(step)
    return gan


def softmax(x):
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def test_a_row_relaxes_the_choice_that_the_next_one_depends_on():
    gan, uniform = at_step(made(ends=False, inverse_temperature=16.0, annealing_steps=4), 2), numbers()
    rows = gan.write_softly(uniform)["rows"].numpy()
    tokens = rows.argmax(axis=-1)
    logits = np.asarray(gan.generator(tokens)) - np.log(-np.log(uniform))
    np.testing.assert_array_equal(tokens, logits.argmax(axis=-1))
    # Half of the way from 1 to 16 is 4.
    np.testing.assert_allclose(rows, softmax(4.0 * logits), atol=1e-4)


def test_after_the_end_there_is_nothing_to_choose():
    gan = made()
    gan.decoder.head.bias.assign([3.0, 0.0, 0.0, 0.0, 0.0])
    rows = gan.write_softly(numbers(20))["rows"].numpy()
    ended = np.cumsum(np.cumsum(rows.argmax(axis=-1) == 0, axis=1), axis=1) > 1
    assert 10 < ended.sum() < 60
    np.testing.assert_array_equal(rows[ended], np.tile([1.0, 0, 0, 0, 0], (ended.sum(), 1)))
    assert (rows[~ended].max(axis=-1) < 1.0).all()


def test_choices_are_draws_from_the_softmax():
    gan = made(ends=False)
    uniform = np.random.default_rng(1).uniform(size=(4000, 4, 5)).astype("float32")
    first = gan.write_softly(uniform)["rows"].numpy()[:, 0].argmax(axis=-1)
    probabilities = softmax(np.asarray(gan.generator(np.zeros((1, 4), "int32")))[0, 0])
    np.testing.assert_allclose(np.bincount(first, minlength=5) / 4000, probabilities, atol=0.03)


def test_the_inverse_temperature_grows_in_the_game_alone():
    gan = made(pretraining_steps=3, inverse_temperature=100.0, annealing_steps=10)
    (part,) = gan.scheduled_parts()
    values = [float(part.inverse_temperature(step)) for step in (0, 3, 8, 13, 99)]
    np.testing.assert_allclose(values, [1.0, 1.0, 10.0, 100.0, 100.0], rtol=1e-6)


def test_the_rate_falls_when_the_game_begins():
    rate = made(pretraining_steps=3).default_optimizers()["generator"]._learning_rate
    np.testing.assert_allclose([float(rate(step)) for step in (0, 2, 3, 9)], [1e-2, 1e-2, 1e-4, 1e-4])
    assert float(made().default_optimizers()["generator"].learning_rate) == pytest.approx(1e-4)


def test_the_players_minimise_the_relativistic_loss():
    rows = keras.Input((4, 5), name="rows")
    sums = keras.layers.Flatten()(rows)
    logits = keras.layers.Dense(1, use_bias=False)(sums)
    judge = keras.Model(rows, logits)
    judge.layers[-1].set_weights([np.linspace(-1.0, 1.0, 20)[:, None]])
    gan = keras_gan.RelGAN(keras_gan.networks.relgan(**SIZES)[0], judge, seed=0)
    batch = {"tokens": tf.constant([[1, 2, 3, 4], [4, 0, 0, 0]])}
    zero = tf.zeros((), tf.int64)
    terms = gan.test_terms(batch, StepNoise(zero, zero))
    fake = gan.write_softly(StepNoise(zero, zero).uniform((2, 4, 5)))["rows"]
    real = judge(tf.one_hot(batch["tokens"], 5)).numpy()
    fake = judge(fake).numpy()
    assert float(terms["discriminator"]["d_loss"]) == pytest.approx(np.log1p(np.exp(fake - real)).mean(), rel=1e-5)
    assert float(terms["generator"]["g_loss"]) == pytest.approx(np.log1p(np.exp(real - fake)).mean(), rel=1e-5)


def test_the_gradient_of_the_game_reaches_every_weight_of_the_generator():
    gan = made(discriminator_steps=1)
    before = gan.generator.get_weights()
    gan.train_on_batch({"tokens": np.random.default_rng(0).integers(0, 5, (8, 4), "int32")})
    for old, new in zip(before, gan.generator.get_weights(), strict=True):
        assert (old != new).any()


def test_the_pretraining_leaves_the_discriminator_alone():
    gan = made(pretraining_steps=1, discriminator_steps=2)
    parts = (gan.generator, gan.discriminator)
    before = [part.get_weights() for part in parts]
    logs = gan.train_on_batch({"tokens": np.full((8, 4), 2, "int32")}, return_dict=True)
    changed = [
        any((old != new).any() for old, new in zip(weights, part.get_weights(), strict=True))
        for weights, part in zip(before, parts, strict=True)
    ]
    assert changed == [True, False]
    assert logs["nll"] > 0.0 == logs["d_loss"] == logs["g_loss"]
    assert gan.phase == "game"


@pytest.mark.parametrize(
    "options, message",
    [
        ({"inverse_temperature": 0.5}, "`inverse_temperature` must be a number in"),
        ({"annealing_steps": 0}, "`annealing_steps`"),
        ({"adversarial_loss": "hinge"}, "`adversarial_loss`"),
        ({"pretraining_steps": 1.5}, "`pretraining_steps`"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        made(**options)


def test_networks_that_do_not_fit():
    generator, _ = keras_gan.networks.relgan(**SIZES)
    _, discriminator = keras_gan.networks.relgan(**SIZES | {"vocab_size": 6})
    with pytest.raises(ValueError, match="texts of one length and one vocabulary"):
        keras_gan.RelGAN(generator, discriminator)
