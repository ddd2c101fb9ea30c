"""How many of the words in texts exist."""

import numpy as np

from keras_gan._arguments import require_bool


def known_words(texts, tokenizer, *, cut=False):
    """The share of the words in each text that a vocabulary has. Higher is better.

    A model of characters that learns how words are spelt makes words that exist. Give the value of held-out texts next
    to it: they have words of their own, too.

    Args:
        texts: list of strings.
        tokenizer: `keras_gan.layers.Tokenizer` of words, such as `Tokenizer.fitted(training_lines)`. Of longer texts
            than its own, only the first words are counted.
        cut: bool, whether texts are parts of longer ones, as windows are: their first and last words are left out.

    Returns:
        float64 array `(num_texts,)`, each number in [0, 1]; NaN for a text without words.

    Raises:
        ValueError: if these are no texts, or the tokenizer is none of words.

    Example:
        >>> from keras_gan.layers import Tokenizer
        >>> known_words(["a dog!", "a dgo", ""], Tokenizer.fitted(["A dog."], length=8))
        array([1. , 0.5, nan])
    """
    require_bool("cut", cut)
    if getattr(tokenizer, "level", None) != "words" or not callable(tokenizer):
        raise ValueError(
            "`tokenizer` must be a `keras_gan.layers.Tokenizer` of words. "
            f"Received: tokenizer={tokenizer!r:.80} of level {getattr(tokenizer, 'level', None)!r}"
        )
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"`texts` must be a list of strings. Received: texts={texts!r:.80}")
    tokens = np.asarray(tokenizer(list(texts)))
    counts = np.asarray(tokenizer.num_tokens(list(texts)))[:, None]
    places = np.arange(tokens.shape[1])
    are_words = (places >= 1) & (places < counts - 1) if cut else places < counts
    with np.errstate(invalid="ignore"):
        return (are_words & (tokens > 1)).sum(axis=1) / are_words.sum(axis=1)
