"""The classifier score: whether samples look like one class each, and like all classes together."""

from typing import NamedTuple

import numpy as np
import scipy.special

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._features import require_features
from keras_gan.metrics._order import canonical_order


class ClassifierScoreResult(NamedTuple):
    """What `classifier_score` returns.

    Attributes:
        mean: float in [1, num_classes], mean over the splits.
        standard_deviation: float, over the splits (with their number in the denominator).
    """

    mean: float
    standard_deviation: float


def classifier_score(logits, *, num_splits=10, seed=0):
    """Exponential of the information that a sample has about its class, by a classifier's opinion.

    With the Inception network of 2015 it is the Inception Score. It is 1 where all samples get the same
    probabilities, and the number of classes where each sample is surely of one class and the classes are equally
    frequent. It never looks at real images, and does not see a generator that makes one image a class.

        exp(mean over x of KL(p(y|x) || p(y))),    p(y) = mean over x of p(y|x)

    Salimans et al. 2016 (arXiv 1606.03498), section 4; for each of `num_splits` parts of the shuffled samples.
    Small parts score too high or low: with N samples in a part, p(y) is known to about (K - 1) / 2N nats. A permutation
    of the samples changes nothing.

    Args:
        logits: `(num_samples, num_classes)`, before the softmax.
        num_splits: parts, at most as many as samples.
        seed: of the shuffling.

    Returns:
        `ClassifierScoreResult`: mean and standard deviation over the parts, computed in float64.

    Raises:
        ValueError: for logits of another shape, NaN or infinity, or fewer samples than parts.

    Example:
        >>> import numpy as np
        >>> sure = 100.0 * np.eye(5)[np.arange(1000) % 5]
        >>> round(classifier_score(sure, num_splits=1).mean, 6), classifier_score(0.0 * sure).mean
        (5.0, 1.0)
    """
    num_splits = require_int("num_splits", num_splits)
    logits = require_features("logits", logits, least=num_splits)
    order = np.random.default_rng(require_seed(seed)).permutation(canonical_order(logits))
    log_probabilities = scipy.special.log_softmax(logits[order], axis=1)
    scores = [_score(part) for part in np.array_split(log_probabilities, num_splits)]
    return ClassifierScoreResult(float(np.mean(scores)), float(np.std(scores)))


def _score(log_probabilities):
    """The score of one part."""
    probabilities = np.exp(log_probabilities)
    marginal = probabilities.mean(axis=0)
    # The entropy of the mean less the mean of the entropies; x log x is 0 at 0.
    own = np.sum(probabilities * log_probabilities, axis=1).mean()
    return np.exp(own - scipy.special.xlogy(marginal, marginal).sum())
