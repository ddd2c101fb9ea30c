"""Checks of tokens, and where their texts end."""

import numpy as np

from keras_gan.metrics._features import as_array


def require_tokens(name, tokens):
    """Return tokens as an int64 array `(num_texts, length)`, or raise a ValueError.

    Args:
        name: str, what messages call them.
        tokens: array-like of integers from 0.
    """
    array = as_array(name, tokens)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "iu" or array.min() < 0:
        raise ValueError(
            f"`{name}` must be tokens: integers from 0 of shape (num_texts, length), such as a "
            "`keras_gan.layers.Tokenizer` makes of strings. "
            f"Received: {name} of shape {array.shape} and dtype {array.dtype}"
        )
    if array.max() >= 2**31:
        raise ValueError(f"`{name}` must be below 2^31. Received: {name} with a largest token of {array.max()}")
    return array.astype(np.int64)


def counts_of(tokens, ends):
    """How many tokens each text has: those before its first 0, and with `ends=False` all."""
    if not ends:
        return np.full(len(tokens), tokens.shape[1])
    return np.cumprod(tokens != 0, axis=1).sum(axis=1)


def as_lists(tokens, ends):
    """The tokens of each text, as lists."""
    return [row[:count].tolist() for row, count in zip(tokens, counts_of(tokens, ends), strict=True)]
