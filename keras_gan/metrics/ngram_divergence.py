"""Whether texts have the tokens, pairs and longer sequences of real texts, as often."""

import numpy as np

from keras_gan._arguments import require_bool, require_int
from keras_gan.metrics._tokens import counts_of, require_tokens

_LARGEST_ORDER = 16


def ngram_divergence(tokens, targets, *, order=4, ends=True):
    """The divergence of the sequences of n tokens in texts from those in real texts, for n from 1. Lower is better.

    With p and q the shares of each sequence of n tokens among all of them in the one and the other set, and
    m = (p + q) / 2, it is the Jensen-Shannon divergence in bits,

        1/2 sum p log2(p / m) + 1/2 sum q log2(q / m)

    between 0 for equal shares and 1 for sets without a common sequence. Gulrajani et al. 2017 (arXiv 1704.00028) and
    its code measure characters by it. It compares sets: texts that are copies of the real ones have a small value, too.

    Most long sequences of real texts occur once, so the value of two sets of real texts is far above 0, and it depends
    on how many texts there are. Give the value of training texts next to it, from as many texts.

    Args:
        tokens: array-like of integers from 0 `(num_texts, length)`, texts of a model.
        targets: array-like of integers from 0 `(num_targets, target_length)`, real texts that training did not see.
        order: int, the largest n.
        ends: bool, whether 0 ends a text; the end then counts as a token, and what follows does not.

    Returns:
        float64 array `(order,)`, the values in [0, 1] for n = 1 to `order`.

    Raises:
        ValueError: if these are no tokens, or no text is as long as `order`.

    Example:
        >>> ngram_divergence([[1, 2, 1, 2]], [[2, 1, 2, 1]], order=2, ends=False).round(4)
        array([0.    , 0.0817])
    """
    sets = [require_tokens("tokens", tokens), require_tokens("targets", targets)]
    order, ends = require_int("order", order, high=_LARGEST_ORDER), require_bool("ends", ends)
    # The end is a token of its own.
    lengths = [np.minimum(counts_of(each, ends) + ends, each.shape[1]) for each in sets]
    for name, length in zip(("tokens", "targets"), lengths, strict=True):
        if length.max() < order:
            raise ValueError(
                f"No text of `{name}` has {order} tokens: give a smaller `order`. "
                f"Received: order={order}, texts of at most {length.max()} tokens"
            )
    return np.array([_divergence(*pair) for pair in _shares(sets, lengths, order)])


def _shares(sets, lengths, order):
    """Yield the shares of all sequences of n tokens in both sets, for n = 1 to `order`."""
    sizes = [each.shape[1] for each in sets]
    numbers = [np.zeros_like(each) for each in sets]
    radix = 1 + max(each.max() for each in sets)
    for n in range(1, order + 1):
        # The number of a sequence is made of that of its first n - 1 tokens and its last token.
        longer = [
            number[:, : size - n + 1] * radix + each[:, n - 1 :]
            for number, each, size in zip(numbers, sets, sizes, strict=True)
        ]
        found, flat = np.unique(np.concatenate([each.ravel() for each in longer]), return_inverse=True)
        parts = np.split(flat, [longer[0].size])
        numbers = [part.reshape(each.shape) for part, each in zip(parts, longer, strict=True)]
        counted = [
            number[np.arange(number.shape[1]) <= (length - n)[:, None]]
            for number, length in zip(numbers, lengths, strict=True)
        ]
        yield [np.bincount(each, minlength=len(found)) / len(each) for each in counted]


def _divergence(p, q):
    middle = (p + q) / 2
    # 0 log 0 is 0.
    parts = (0.5 * np.sum(each[each > 0] * np.log2(each[each > 0] / middle[each > 0])) for each in (p, q))
    # Rounding can leave the bounds.
    return min(max(float(sum(parts)), 0.0), 1.0)
