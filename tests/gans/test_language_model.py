"""Text models: what they write, how likely it is, and what they learn by maximum likelihood."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.gans._text_sampler import chosen_by
from keras_gan.layers import Tokenizer

TEXTS = np.tile(np.array([[3, 1, 4, 0], [2, 2, 0, 0]], "int32"), (8, 1))


@pytest.fixture(scope="module")
def oracle():
    """A known distribution of texts of three tokens out of four."""
    return keras_gan.LanguageModel(keras_gan.networks.text_oracle(vocab_size=4, length=3, width=4, embedding_dim=3))


@pytest.fixture(scope="module")
def writer():
    """A model that knows `TEXTS`."""
    keras.utils.set_random_seed(0)
    tokenizer = Tokenizer(("", "[UNK]", "a", "b", "c"), level="words", length=4)
    generator, _ = keras_gan.networks.seqgan(vocab_size=5, length=4, width=16)
    model = keras_gan.LanguageModel(generator, tokenizer=tokenizer, seed=0)
    model.compile()
    model.history = model.fit({"tokens": TEXTS}, batch_size=16, epochs=150, verbose=0).history
    return model


def all_texts():
    return np.array(list(itertools.product(range(4), repeat=3)), "int32")


@pytest.mark.long
@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_texts_are_as_frequent_as_they_are_likely(oracle, temperature):
    probabilities = np.exp(oracle.log_likelihood(all_texts(), temperature=temperature))
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    drawn = oracle.generate(20_000, seed=1, temperature=temperature, batch_size=20_000)
    shares = np.bincount(drawn @ [16, 4, 1], minlength=64) / 20_000
    # Four standard deviations of each share, and a whole text.
    bounds = 4.0 * np.sqrt(probabilities / 20_000) + 1 / 20_000
    assert (np.abs(shares - probabilities) < bounds).all()


def test_a_low_temperature_writes_likelier_texts(oracle):
    likelihoods = [
        oracle.log_likelihood(oracle.generate(500, seed=0, temperature=temperature)).mean()
        for temperature in (0.3, 1.0, 3.0)
    ]
    assert likelihoods == sorted(likelihoods, reverse=True)


def test_a_temperature_may_be_that_of_each_text(oracle):
    both = oracle.generate(2, seed=3, temperature=[0.2, 5.0])
    np.testing.assert_array_equal(both[0], oracle.generate(2, seed=3, temperature=0.2)[0])
    np.testing.assert_array_equal(both[1], oracle.generate(2, seed=3, temperature=5.0)[1])


def test_a_token_is_the_first_whose_cumulated_probability_exceeds_the_number():
    logits = tf.math.log(tf.constant([[0.25, 0.0, 0.25, 0.5]] * 5))
    numbers = tf.constant([[0.0], [0.25], [0.49], [0.5], [1.0 - 2.0**-24]])
    # Token 1 is never drawn.
    np.testing.assert_array_equal(chosen_by(numbers)(logits, 0), [0, 2, 2, 3, 3])


def test_a_seed_writes_the_same_texts_in_any_batches(oracle):
    first = oracle.generate(7, seed=5)
    np.testing.assert_array_equal(first, oracle.generate(7, seed=5, batch_size=2))
    assert not np.array_equal(first, oracle.generate(7, seed=6))
    assert first.dtype == np.int32
    np.testing.assert_array_equal(first, oracle.predict(oracle.sampling_inputs(7, seed=5)["latents"], verbose=0))


def test_texts_begin_with_their_prompts(oracle):
    np.testing.assert_array_equal(oracle.generate(5, prompt=[2, 3], seed=0)[:, :2], [[2, 3]] * 5)
    each = oracle.generate(prompt=[[1], [2, 2], []], seed=0)
    assert (each[0, 0], *each[1, :2]) == (1, 2, 2)
    np.testing.assert_array_equal(oracle.generate(prompt=np.array([[-1, 3, -1]]), seed=0)[:, 1], [3])


@pytest.mark.long
def test_it_learns_the_texts(writer):
    # Of two texts equally often, all that is unknown is which: log 2 nats over 4 places.
    assert writer.history["nll"][0] == pytest.approx(np.log(5) * 3.5 / 4, rel=0.2)
    assert writer.history["nll"][-1] == pytest.approx(np.log(2) / 4, abs=0.03)
    likelihood = writer.log_likelihood(TEXTS)
    assert likelihood.mean() / 4 == pytest.approx(
        -writer.evaluate({"tokens": TEXTS}, batch_size=16, verbose=0), rel=1e-5
    )
    np.testing.assert_allclose(likelihood[:2], -np.log(2), atol=0.1)


def test_it_writes_strings(writer):
    assert set(writer.write(20, seed=0, temperature=0.5)) == {"b [UNK] c", "a a"}
    assert writer.write(prompt="b", seed=0, temperature=0.2) == ["b [UNK] c"]
    assert writer.write(prompt=["a", "b"], seed=0, temperature=0.2) == ["a a", "b [UNK] c"]


def test_it_keeps_its_tokenizer_when_it_is_saved(writer, tmp_path):
    writer.save(tmp_path / "writer.keras")
    again = keras.saving.load_model(tmp_path / "writer.keras")
    assert again.write(5, seed=1) == writer.write(5, seed=1)
    np.testing.assert_array_equal(again.log_likelihood(TEXTS), writer.log_likelihood(TEXTS))


def test_the_logs_after_the_end_do_not_count():
    generator, _ = keras_gan.networks.seqgan(vocab_size=5, length=4, width=4)
    generator.layers[-1].head.set_weights([np.zeros((4, 5)), np.zeros(5)])
    model = keras_gan.LanguageModel(generator)
    counted = np.array([3, 1, 4, 1])
    texts = np.array([[1, 2, 0, 0], [0, 0, 0, 0], [1, 2, 3, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(model.log_likelihood(texts), -counted * np.log(5.0), rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_texts": 2, "temperature": 0.0}, "`temperature` must be above 0"),
        ({"num_texts": 2, "temperature": [1.0, 1.0, 1.0]}, "one `temperature` for all texts, or one for each of the 2"),
        ({"num_texts": 2, "prompt": [4]}, "up to 3 whole numbers from 0 to 3"),
        ({"num_texts": 2, "prompt": [0, 0, 0, 0]}, "up to 3 whole numbers"),
        ({"num_texts": 2, "prompt": [0.5]}, "whole numbers"),
        ({"num_texts": 2, "prompt": [[1], [2], [3]]}, "one `prompt` for all texts, or one for each of the 2"),
        ({"num_texts": 2, "prompt": "a"}, "Only a model with a tokenizer takes a prompt of text"),
        ({}, "Give the number of samples, as `num_texts`"),
        ({"latents": np.zeros((2, 4), "float32")}, r"must have the shape \('num_texts', 3\)"),
    ],
)
def test_bad_requests(oracle, arguments, message):
    with pytest.raises(ValueError, match=message):
        oracle.generate(**arguments)


@pytest.mark.parametrize(
    "tokens, message",
    [
        ([[0, 1]], r"shape \(num_texts, 3\)"),
        ([[0, 1, 4]], "from 0 to 3"),
        ([[0.0, 1.0, 2.0]], "whole numbers"),
        (np.zeros((0, 3), int), "whole numbers"),
    ],
)
def test_bad_tokens(oracle, tokens, message):
    with pytest.raises(ValueError, match=message):
        oracle.log_likelihood(tokens)


def test_networks_and_tokenizers_that_do_not_fit():
    generator, discriminator = keras_gan.networks.seqgan(vocab_size=5, length=4, width=4, filters={2: 2})
    with pytest.raises(ValueError, match=r"must be a model of one `keras_gan.layers.TokenDecoder`"):
        keras_gan.LanguageModel(discriminator)
    with pytest.raises(ValueError, match=r"`tokenizer` must be a `keras_gan.layers.Tokenizer`"):
        keras_gan.LanguageModel(generator, tokenizer="words")
    with pytest.raises(ValueError, match="a tokenizer of texts of 9 tokens of 3"):
        keras_gan.LanguageModel(generator, tokenizer=Tokenizer(("", "[UNK]", "a"), length=9))
    with pytest.raises(ValueError, match="Only a model with a tokenizer writes strings"):
        keras_gan.LanguageModel(generator).write(2)


def test_data_with_other_tokens_are_refused():
    generator, _ = keras_gan.networks.seqgan(vocab_size=5, length=4, width=4)
    model = keras_gan.LanguageModel(generator)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="knows 5 tokens, so `tokens` must be texts of 4 tokens, each from 0 to 4"):
        model.fit({"tokens": TEXTS + 1}, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="`tokens` must be texts of 4 tokens"):
        model.fit({"tokens": TEXTS[:, :3]}, batch_size=4, verbose=0)
    good_then_bad = np.concatenate([TEXTS, TEXTS + 1])
    data = tf.data.Dataset.from_tensor_slices({"tokens": good_then_bad}).batch(4)
    with pytest.raises(ValueError, match="tokens that are not in the vocabulary of this model"):
        model.fit(data, verbose=0)
