"""Metrics of text: each against an independent reference or a closed form, and bad input."""

import collections
import itertools
import math
import sys

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from keras_gan.layers import Tokenizer
from keras_gan.metrics import bleu, known_words, ngram_divergence, perplexity, self_bleu


def some_texts(count, *, seed, length=9, vocab_size=5):
    """Texts that end at different places, some at once and some not at all."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, vocab_size, (count, length))
    tokens[np.arange(length) >= rng.integers(0, length + 1, count)[:, None]] = 0
    return tokens


def ngrams(texts, n):
    """The sequences of n tokens of lists of tokens, and how many there are of each."""
    return collections.Counter(tuple(text[k : k + n]) for text in texts for k in range(len(text) - n + 1))


def up_to_the_end(tokens, *, with_end):
    return [[*itertools.takewhile(bool, row), *[0] * (with_end and 0 in row)] for row in tokens.tolist()]


@pytest.mark.parametrize("ends", [True, False])
def test_divergences_are_those_of_counted_sequences(ends):
    one, other = some_texts(40, seed=0), some_texts(60, seed=1, length=11, vocab_size=4)
    lists = [up_to_the_end(each, with_end=True) if ends else each.tolist() for each in (one, other)]
    expected = []
    for n in range(1, 5):
        counts = [ngrams(texts, n) for texts in lists]
        keys = sorted(set().union(*counts))
        expected.append(jensenshannon(*([count[key] for key in keys] for count in counts), base=2) ** 2)
    np.testing.assert_allclose(ngram_divergence(one, other, ends=ends), expected, atol=1e-12)


def test_divergences_of_equal_and_of_disjoint_texts():
    texts = some_texts(30, seed=0)
    np.testing.assert_allclose(ngram_divergence(texts, texts), 0.0, atol=1e-12)
    np.testing.assert_allclose(ngram_divergence(texts[:, ::-1] + 9, texts + 1, ends=False)[1:], 1.0)
    # One of two tokens: JSD of (1, 0) and (1/2, 1/2) is 1 - 3/4 log2(3) + 1/2.
    assert ngram_divergence([[1, 1]], [[1, 2]], order=1, ends=False)[0] == pytest.approx(1.5 - 0.75 * math.log2(3))


def reference_bleu(text, references, order):
    """Papineni et al. 2002, with a tenth of a match where there is none; 0 without a common token."""
    logs = []
    for n in range(1, order + 1):
        counts, total = ngrams([text], n), max(1, len(text) - n + 1)
        most = collections.Counter()
        for reference in references:
            most |= ngrams([reference], n)
        matches = sum((counts & most).values())
        if n == 1 and not matches:
            return 0.0
        logs.append(math.log((matches or 0.1) / total))
    nearest = min((abs(len(reference) - len(text)), len(reference)) for reference in references)[1]
    return min(1.0, math.exp(1 - nearest / len(text))) * math.exp(sum(logs) / order)


@pytest.mark.parametrize("order", [2, 4])
def test_bleu_is_that_of_its_definition(order):
    tokens, references = some_texts(25, seed=2, vocab_size=9), some_texts(12, seed=3, vocab_size=9, length=12)
    texts, known = (up_to_the_end(each, with_end=False) for each in (tokens, references))
    expected = [reference_bleu(text, known, order) for text in texts]
    np.testing.assert_allclose(bleu(tokens, references, order=order), expected, rtol=1e-12)
    others = [reference_bleu(text, texts[:row] + texts[row + 1 :], order) for row, text in enumerate(texts)]
    np.testing.assert_allclose(self_bleu(tokens, order=order), others, rtol=1e-12)


def test_copies_have_the_largest_bleu():
    tokens = 1 + np.arange(12).reshape(2, 6)
    np.testing.assert_allclose(bleu(tokens, tokens), 1.0)
    np.testing.assert_allclose(self_bleu(np.repeat(tokens, 2, axis=0)), 1.0)
    np.testing.assert_allclose(self_bleu(tokens), 0.0)


def test_without_nltk_bleu_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk.translate.bleu_score", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_gan\[text\]'"):
        bleu([[1, 2]], [[1, 2]])


def test_the_perplexity_of_equal_chances_is_their_number():
    tokens = some_texts(50, seed=4)
    counts = [len(text) for text in up_to_the_end(tokens, with_end=True)]
    assert perplexity(-np.log(7.0) * np.array(counts), tokens) == pytest.approx(7.0)
    assert perplexity(np.full(50, -9 * np.log(7.0)), tokens, ends=False) == pytest.approx(7.0)
    assert perplexity([-1e9], [[1]]) == math.inf


def test_words_that_exist_are_counted():
    words = Tokenizer.fitted(["the cat sat"], length=5)
    texts = ["The cat, the dgo.", "sat", "", "x y", "the cat sat cat the zzz zzz"]
    np.testing.assert_array_equal(known_words(texts, words), [0.75, 1.0, np.nan, 0.0, 1.0])
    # Of a window, the first and the last word are parts of words.
    np.testing.assert_array_equal(known_words(["e cat sat o th", "t the"], words, cut=True), [2 / 3, np.nan])


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: ngram_divergence([1, 2], [[1]]),
            r"`tokens` must be tokens.*Received: tokens of shape \(2,\)",
        ),
        (lambda: ngram_divergence([[1]], [[0.5]]), r"`targets` must be tokens.*dtype float64"),
        (lambda: ngram_divergence([[1]], [[-1]]), r"`targets` must be tokens"),
        (lambda: ngram_divergence([[1]], [[2**31]]), r"`targets` must be below 2\^31"),
        (
            lambda: ngram_divergence([[1, 2]], [[1, 2]]),
            r"No text of `tokens` has 4 tokens.*Received: order=4, texts of",
        ),
        (lambda: ngram_divergence([[1]], [[1]], order=0), r"`order` must be an integer"),
        (lambda: ngram_divergence([[1]], [[1]], ends=1), r"`ends` must be True or False"),
        (lambda: bleu([[1]], [["a"]]), r"`references` must be an array of numbers"),
        (lambda: self_bleu([[1, 2]]), r"give at least two. Received: tokens of 1 text"),
        (lambda: perplexity([0.0, 1.0], [[1]]), r"a finite number for each of the 1 texts"),
        (lambda: perplexity([np.nan], [[1]]), r"1 of them not finite"),
        (lambda: known_words(["a"], Tokenizer.fitted(["a"], level="characters")), r"of words.*of level 'characters'"),
        (lambda: known_words("a", Tokenizer.fitted(["a"])), r"must be a list of strings. Received: texts='a'"),
    ],
)
def test_input_that_makes_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()
