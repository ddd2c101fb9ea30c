"""The decoder of tokens: a distribution of texts, read and written with the same weights."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import RelationalMemoryCell, TokenDecoder

LENGTH = 3
CELLS = {
    "lstm": lambda: keras.layers.LSTMCell(4),
    "two layers": lambda: [keras.layers.GRUCell(3), keras.layers.LSTMCell(4)],
    "memory": lambda: RelationalMemoryCell(2, 2, memory_slots=2),
}


def decoder_with(cell="lstm", vocab_size=4, **options):
    """A decoder whose weights are so large that the tokens matter to each other."""
    keras.utils.set_random_seed(1)
    decoder = TokenDecoder(CELLS[cell](), vocab_size, 3, **options)
    decoder.build((None, LENGTH))
    for weight in decoder.trainable_weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    return decoder


def all_texts(vocab_size=4, *, ends):
    """Every text there is, int32 `(count, LENGTH)`."""
    texts = np.array(list(itertools.product(range(vocab_size), repeat=LENGTH)), "int32")
    ended = np.cumsum(np.cumsum(texts == 0, axis=1), axis=1) > 1
    return np.unique(np.where(ended, 0, texts), axis=0) if ends else texts


def log_likelihood(decoder, texts):
    return tf.reduce_sum(decoder.log_probabilities(decoder(texts), texts), axis=1).numpy()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("ends", [True, False])
def test_the_probabilities_of_all_texts_sum_to_one(cell, ends):
    decoder = decoder_with(cell, ends=ends)
    texts = all_texts(ends=ends)
    assert len(texts) == (1 + 3 + 9 + 27 if ends else 64)
    assert np.exp(log_likelihood(decoder, texts)).sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_writing_step_by_step_has_the_logits_of_reading(cell):
    decoder, seen = decoder_with(cell, ends=False), []

    def most_likely(logits, place):
        seen.append(logits.numpy())
        return tf.argmax(logits, axis=-1, output_type=tf.int32)

    texts = decoder.generate(most_likely, tf.fill((2, LENGTH), -1))
    np.testing.assert_allclose(np.stack(seen, axis=1), decoder(texts), atol=1e-5)
    np.testing.assert_array_equal(texts, np.argmax(decoder(texts), axis=-1))


def test_a_place_does_not_know_what_follows():
    decoder = decoder_with(ends=False)
    first, second = (decoder(tf.constant([tokens]))[0] for tokens in ([1, 2, 3], [1, 3, 0]))
    np.testing.assert_array_equal(first[:2], second[:2])
    assert not np.allclose(first[2], second[2])


def test_given_tokens_stay_and_nothing_follows_the_end():
    decoder, given = decoder_with(), tf.constant([[3, -1, -1], [-1, 0, -1], [2, -1, 1]])
    ones = decoder.generate(lambda logits, place: tf.ones((3,), tf.int32), given)
    np.testing.assert_array_equal(ones, [[3, 1, 1], [1, 0, 0], [2, 1, 1]])
    plain = decoder_with(ends=False).generate(lambda logits, place: tf.ones((3,), tf.int32), given)
    np.testing.assert_array_equal(plain, [[3, 1, 1], [1, 0, 1], [2, 1, 1]])


def test_what_counts_is_the_text_with_its_end():
    texts = tf.constant([[0, 0, 0], [2, 0, 0], [2, 1, 3]])
    np.testing.assert_array_equal(decoder_with().counted(texts), [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    np.testing.assert_array_equal(decoder_with(ends=False).counted(texts), np.ones((3, 3)))


def test_a_copy_from_its_configuration_is_the_same():
    decoder = decoder_with("two layers", ends=False, kernel_initializer="he_normal", dtype="mixed_float16")
    again = TokenDecoder.from_config(decoder.get_config())
    assert again.get_config() == decoder.get_config()
    again.build((None, LENGTH))
    again.set_weights(decoder.get_weights())
    texts = all_texts(ends=False)[:5]
    assert again(texts).dtype == tf.float32
    np.testing.assert_array_equal(again(texts), decoder(texts))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"cell": keras.layers.Dense(2)}, "`cell` must be a recurrent cell"),
        ({"cell": []}, "`cell` must be a recurrent cell"),
        ({"vocab_size": 1}, "`vocab_size` must be an integer of at least 2"),
        ({"embedding_dim": 0}, "`embedding_dim`"),
        ({"ends": 1}, "`ends` must be True or False"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        TokenDecoder(**{"cell": keras.layers.LSTMCell(2), "vocab_size": 3, "embedding_dim": 2} | arguments)
