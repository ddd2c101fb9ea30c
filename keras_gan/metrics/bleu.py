"""BLEU of texts: against real texts, and against each other."""

import numpy as np

from keras_gan._arguments import require_bool, require_int
from keras_gan.metrics._tokens import as_lists, require_tokens


def bleu(tokens, references, *, order=4, ends=True):
    """How much each text has in common with real texts, by BLEU. Higher is better.

    With p_n the share of the sequences of n tokens of a text that occur in a reference, each counted at most as often
    as there, c the number of its tokens, and r that of the reference of the most similar length,

        min(1, exp(1 - r / c)) exp((log p_1 + ... + log p_order) / order)

    Papineni et al. 2002 (BLEU: a method for automatic evaluation of machine translation), section 2.3; for models of
    text, each text has all real texts as its references (Yu et al. 2016, arXiv 1609.05473). nltk computes it, and its
    first smoothing puts 0.1 in place of a count of 0.

    It asks whether texts look real, and not whether they differ: one good text a thousand times has a high value. Give
    `self_bleu` next to it, and compare models at several temperatures (Caccia et al. 2018, arXiv 1811.02549). The time
    grows with the number of texts times the number of references: 500 of each take some ten seconds.

    Args:
        tokens: array-like of integers from 0 `(num_texts, length)`, texts of a model.
        references: array-like of integers from 0 `(num_references, reference_length)`, real texts that training did
            not see.
        order: int, the largest n.
        ends: bool, whether 0 ends a text.

    Returns:
        float64 array `(num_texts,)`, each number in [0, 1].

    Raises:
        ImportError: if nltk is not installed.
        ValueError: if these are no tokens.

    Example:
        >>> bleu([[1, 2, 3, 4], [4, 3, 2, 1]], [[1, 2, 3, 4], [5, 6, 7, 8]], order=2, ends=False).round(2)
        array([1.  , 0.18])
    """
    order, ends = require_int("order", order), require_bool("ends", ends)
    texts = as_lists(require_tokens("tokens", tokens), ends)
    known = as_lists(require_tokens("references", references), ends)
    score = _scorer(order)
    return np.array([score(known, text) for text in texts])


def self_bleu(tokens, *, order=4, ends=True):
    """How much each text has in common with the others, by `bleu` with all others as its references.

    Zhu et al. 2018 (Texygen, arXiv 1802.01886), section 3: a model that always writes the same has 1. Lower is more
    varied; real texts say how varied a model should be.

    Args:
        tokens: array-like of integers from 0 `(num_texts, length)`, at least two texts of a model.
        order: int, the largest n.
        ends: bool, whether 0 ends a text.

    Returns:
        float64 array `(num_texts,)`, each number in [0, 1].

    Raises:
        ImportError: if nltk is not installed.
        ValueError: if these are no tokens, or of fewer than two texts.

    Example:
        >>> self_bleu([[1, 2, 3], [1, 2, 3], [4, 5, 6]], order=2, ends=False).round(2)
        array([1., 1., 0.])
    """
    order, ends = require_int("order", order), require_bool("ends", ends)
    texts = as_lists(require_tokens("tokens", tokens), ends)
    if len(texts) < 2:
        raise ValueError("A text is compared with others: give at least two. Received: tokens of 1 text")
    score = _scorer(order)
    return np.array([score(texts[:row] + texts[row + 1 :], text) for row, text in enumerate(texts)])


def _scorer(order):
    """The function of references and a text that returns its BLEU."""
    try:
        # Imported here, because only texts need it.
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    except ImportError as error:
        raise ImportError(f"BLEU needs nltk: pip install 'keras_gan[text]' ({error}).") from error
    smoothing, weights = SmoothingFunction().method1, (1.0 / order,) * order
    return lambda references, text: float(sentence_bleu(references, text, weights, smoothing))
