"""Strings and tokens: what comes back, what is cut or unknown, in a graph, in a saved model, and bad input."""

import os
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import Tokenizer

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
WORDS = ("", "[UNK]", "a", "dog", "cat", "red")


def tokenizer(**options):
    return Tokenizer(WORDS, **{"length": 4, **options})


def test_words_become_tokens_and_return():
    tokens = tokenizer()(["A red dog!", "", "a bird", "a a a a cat", "dog\tcat\n"])
    assert tokens.dtype == tf.int32
    np.testing.assert_array_equal(tokens, [[2, 5, 3, 0], [0] * 4, [2, 1, 0, 0], [2] * 4, [3, 4, 0, 0]])
    strings = tokenizer().decode(tokens).numpy().tolist()
    assert strings == [b"a red dog", b"", b"a [UNK]", b"a a a a", b"dog cat"]
    assert tokenizer().num_tokens(["A red dog!", "", "a a a a cat"]).numpy().tolist() == [3, 0, 5]


def test_every_string_of_known_characters_returns():
    text = "Wer zähmt\n 'n Würfel?  "
    letters = Tokenizer.fitted([text], level="characters", length=30)
    assert set(letters.vocabulary[2:]) == set(text)
    assert letters.decode(letters([text, text[3:9]])).numpy().tolist() == [text.encode(), text[3:9].encode()]
    # The other way round too: tokens that end are those of their string.
    rows = np.random.default_rng(0).integers(2, letters.vocab_size, (50, 30))
    rows[np.arange(30) >= np.arange(50)[:, None] % 30 + 1] = 0
    np.testing.assert_array_equal(letters(letters.decode(rows)), rows)


def test_nothing_after_the_end_is_decoded():
    assert tokenizer().decode([[3, 0, 4, 2], [0, 3, 3, 3]]).numpy().tolist() == [b"dog", b""]
    assert tokenizer().decode(np.array([[3, 4]], "uint8")).numpy().tolist() == [b"dog cat"]


def test_the_vocabulary_is_that_of_the_texts_by_their_counts():
    texts = ["the cat saw the dog", "The dog ran."] * 3
    counts = {"the": 9, "dog": 6, "cat": 3, "ran": 3, "saw": 3}
    fitted = Tokenizer.fitted(texts)
    assert set(fitted.vocabulary[2:]) == set(counts)
    assert fitted.vocabulary[:4] == ("", "[UNK]", "the", "dog")
    assert fitted.length == 5
    assert Tokenizer.fitted(texts, max_tokens=4).vocabulary == ("", "[UNK]", "the", "dog")
    as_written = Tokenizer.fitted(texts, standardize=None).vocabulary[2:]
    assert set(as_written) == {"The", "cat", "dog", "ran.", "saw", "the"}
    assert "." not in Tokenizer.fitted(texts, level="characters", standardize="strip_punctuation").vocabulary


@pytest.mark.parametrize("level, standardize", [("words", "lower"), ("characters", "auto")])
def test_it_is_saved_in_a_model_and_works_in_a_graph(level, standardize, tmp_path):
    texts = ["a Dog, a cat", "red"]
    made = Tokenizer.fitted(texts, level=level, standardize=standardize)
    strings = keras.Input((), dtype="string")
    model = keras.Model(strings, keras.layers.Embedding(made.vocab_size, 3)(made(strings)))
    assert model.output_shape == (None, made.length, 3)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(tf.constant(texts)), model(tf.constant(texts)))
    loaded = next(layer for layer in again.layers if isinstance(layer, Tokenizer))
    assert loaded.get_config() == made.get_config()

    of_strings = [tf.TensorSpec([None], tf.string)]
    there_and_back = tf.function(lambda some: loaded.decode(loaded(some)), input_signature=of_strings)
    assert there_and_back(texts).numpy().tolist() == made.decode(made(texts)).numpy().tolist()


def test_a_saved_graph_carries_the_vocabulary(tmp_path):
    module = tf.Module()
    module.tokenizer = tokenizer()
    module.tokens = tf.function(module.tokenizer, input_signature=[tf.TensorSpec([None], tf.string)])
    module.strings = tf.function(module.tokenizer.decode, input_signature=[tf.TensorSpec([None, 4], tf.int32)])
    tf.saved_model.save(module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path))
    assert served.tokens(tf.constant(["red cat"])).numpy().tolist() == [[5, 4, 0, 0]]
    assert served.strings(tf.constant([[5, 4, 0, 0]])).numpy().tolist() == [b"red cat"]


@pytest.mark.long
@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds text/")
def test_captions_of_real_photographs_return():
    captions = pathlib.Path(TEST_DATA, "text", "coco_captions_train.txt").read_text().splitlines()
    made = Tokenizer.fitted(captions, standardize="lower")
    back = [text.decode() for text in made.decode(made(captions)).numpy()]
    assert back == [" ".join(caption.lower().split()) for caption in captions]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"vocabulary": ("a", "b", "c")}, r"begins with \"\" and \"\[UNK\]\".*Received: vocabulary=\('a', 'b', 'c'\)"),
        ({"vocabulary": "abc"}, r"must be a tuple of strings"),
        ({"vocabulary": ("", "[UNK]")}, r"must be a tuple of strings"),
        ({"vocabulary": ("", "[UNK]", 3)}, r"must be a tuple of strings"),
        ({"vocabulary": (*WORDS, "dog")}, r"must be another. Received: 'dog' more than once"),
        ({"vocabulary": (*WORDS, "Bird")}, r"No text has.*Received: vocabulary\[6\]='Bird', level='words'"),
        ({"vocabulary": (*WORDS, "hot dog")}, r"No text has.*Received: vocabulary\[6\]='hot dog'"),
        ({"level": "characters"}, r"No text has.*vocabulary\[3\]='dog', level='characters', standardize='auto'"),
        ({"level": "word"}, r"`level` must be one of 'words', 'characters'. Did you mean 'words'"),
        ({"length": 0}, r"`length` must be an integer of at least 1"),
        ({"standardize": "upper"}, r"`standardize` must be one of"),
    ],
)
def test_tokenizers_that_make_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(**{"vocabulary": WORDS, "length": 4, **arguments})


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"texts": "a dog"}, r"`texts` must be a list of strings.*Received: texts='a dog'"),
        ({"texts": []}, r"`texts` must be a list of strings"),
        ({"texts": ["a", 3]}, r"`texts` must be a list of strings"),
        ({"texts": ["", "..."]}, r"The texts hold no words. Received: 2 texts, the first ''"),
        ({"max_tokens": 2}, r"`max_tokens` must be an integer of at least 3"),
        ({"length": 2.5}, r"`length` must be an integer of at least 1"),
    ],
)
def test_texts_that_make_no_tokenizer(arguments, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer.fitted(**{"texts": ["a dog"], **arguments})


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tokenizer()("a dog"), r"strings with one axis.*Received: str, shape=\(\), dtype=string"),
        (lambda: tokenizer()([["a"]]), r"strings with one axis.*shape=\(1, 1\)"),
        (lambda: tokenizer()([1, 2]), r"strings with one axis.*dtype=int32"),
        (lambda: tokenizer()(["a", 2]), r"strings with one axis.*Received: list"),
        (lambda: tokenizer()(keras.Input(())), r"takes strings. Received: inputs with dtype=float32"),
        (lambda: tokenizer().num_tokens(3), r"strings with one axis"),
        (lambda: tokenizer().decode([3]), r"integers \(batch, length\). Received: tokens with shape=\(1,\)"),
        (lambda: tokenizer().decode([["a"]]), r"integers \(batch, length\).*dtype=string"),
        (lambda: tokenizer().decode([[1], [1, 2]]), r"integers \(batch, length\). Received: list"),
        (lambda: tokenizer().decode([[5, 6]]), r"must be in \[0, 6\).*Received: smallest=5, largest=6"),
        (lambda: tokenizer().decode([[-1]]), r"must be in \[0, 6\)"),
    ],
)
def test_input_that_is_no_text(call, message):
    with pytest.raises(ValueError, match=message):
        call()
