"""The classifier score: whether each sample looks like one class, and all samples together like all classes."""

from typing import NamedTuple

import keras
import numpy as np
import scipy.special
import tensorflow as tf

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._features import require_features
from keras_gan.metrics._hashing import canonical_order, random_of
from keras_gan.metrics._streaming import StreamingMetric, as_scalar, rows_of_all_replicas, state_width


class ClassifierScoreResult(NamedTuple):
    """What `classifier_score` returns.

    Attributes:
        mean: float in [1, num_classes], mean over the splits.
        standard_deviation: float, over the splits. The divisor is their number.
    """

    mean: float
    standard_deviation: float


def classifier_score(logits, *, num_splits=10, seed=0):
    """Exponential of the information that a sample carries about its class, according to a classifier.

    With the Inception network of 2015 it is the Inception Score. It is 1 if all samples get the same probabilities. It
    is the number of classes if the classifier is sure of every sample and the classes are equally frequent. It never
    looks at real images, and does not notice a generator that makes a single image for each class.

        exp(mean over x of KL(p(y|x) || p(y))),    p(y) = mean over x of p(y|x)

    Salimans et al. 2016 (arXiv 1606.03498), section 4, for each of `num_splits` parts of the shuffled samples. The
    score of a small part is too high or too low: with N samples in a part, p(y) is known to about (K - 1) / 2N nats.
    The order of the samples does not matter.

    Args:
        logits: array-like `(num_samples, num_classes)`, before the softmax.
        num_splits: int, the number of parts, at most as many as samples.
        seed: int, for the shuffling.

    Returns:
        `ClassifierScoreResult`: mean and standard deviation over the parts, computed in float64.

    Raises:
        ValueError: if the logits have another shape or are not finite, or there are fewer samples than parts.

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


@keras.saving.register_keras_serializable(package="keras_gan")
class ClassifierScore(StreamingMetric):
    """The classifier score of any number of generated images, in the memory of a few rows of probabilities.

    With p(y given x) the classifier's probabilities and p(y) their mean over the samples, it is

        exp(E KL(p(y given x), p(y))) = exp(E sum_y p(y given x) log p(y given x) - sum_y p(y) log p(y))

    So the sums of p and of p log p, in float64, are enough. With one split, the default, the value is that of
    `classifier_score(logits, num_splits=1)` except for rounding. Then it does not depend on the order of the samples,
    or on how they are split into batches or over replicas or workers.

    Published scores are means over 10 splits. They are lower if a split has fewer samples (Barratt and Sharma 2018,
    arXiv 1801.01973). Use `num_splits=10` for them. Sample i goes to split (i + r) modulo 10, with a random number r
    for every ten samples. So a class that comes every tenth time does not stay in one split. These splits differ from
    those of `classifier_score`, and they depend on the order of the samples.

    Salimans et al. 2016 (arXiv 1606.03498), section 4. With the network of `Inception2015` it is the Inception Score.

    Args:
        extractor: `Extractor` of the images, with logits; or None if callers pass logits.
        num_classes: int, the width of the logits. It is not needed with an extractor.
        num_splits: int, the number of parts. The score is the mean over them.
        seed: int, for the splits.
        name: str, the metric's name in logs.

    Raises:
        ValueError: if the first two arguments are both missing, the extractor has no logits, or a number is out of
            range.

    Example:
        >>> import numpy as np
        >>> metric = ClassifierScore(num_classes=4)
        >>> metric.update_state(fake=1000.0 * np.eye(4))
        >>> round(metric.result(), 6)
        4.0
    """

    def __init__(self, extractor=None, num_classes=None, *, num_splits=1, seed=0, name=None):
        width = state_width(extractor, "num_classes", num_classes)
        super().__init__(extractor, width, name)
        self.num_classes = width
        self.num_splits = require_int("num_splits", num_splits)
        self.seed = require_seed(seed)
        self._counts = self.add_state("counts", (self.num_splits,), "float64")
        self._probabilities = self.add_state("probabilities", (self.num_splits, width), "float64")
        self._negative_entropies = self.add_state("negative_entropies", (self.num_splits,), "float64")

    def update_state(self, real=None, fake=None):  # noqa: ARG002 - as in the other metrics
        """Add a batch of generated samples.

        Args:
            real: ignored, because the score is about generated samples alone.
            fake: images in [-1, 1] if there is an extractor, otherwise logits (batch, num_classes).

        Raises:
            ValueError: if `fake` is None, has another shape, is out of range or is not finite. In a graph, the last two
                errors are `tf.errors.InvalidArgumentError`.
        """
        self._require_samples(fake=fake)
        logits = fake if self.extractor is None else self.extractor(fake).logits
        log_p = tf.nn.log_softmax(rows_of_all_replicas(self._rows("fake", logits, "float64")))
        p = tf.exp(log_p)
        splits = self._splits(tf.shape(p)[0])

        def by_split(values):
            return tf.math.unsorted_segment_sum(values, splits, self.num_splits)

        self._probabilities.assign_add(by_split(p))
        self._negative_entropies.assign_add(by_split(tf.reduce_sum(p * log_p, axis=1)))
        self._counts.assign_add(by_split(tf.ones_like(p[:, 0])))

    def result(self):
        """Return the score so far, a float from 1 to `num_classes`. In a graph it is a float64 scalar.

        Raises:
            ValueError: if a split has no sample.
        """
        return as_scalar(lambda *state: _score_of_sums(*state).mean, self.variables)

    def estimate(self):
        """Return the score so far with its standard deviation over the splits, as `classifier_score` does."""
        return _score_of_sums(*(variable.numpy() for variable in self.variables))

    def get_config(self):
        """Return the constructor's arguments."""
        names = ("num_classes", "num_splits", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _splits(self, num_rows):
        """Return the split of each of the next samples."""
        seen = tf.cast(tf.reduce_sum(self._counts.value), tf.int64)
        places = seen + tf.range(tf.cast(num_rows, tf.int64))
        rounds = places // self.num_splits
        return (places + random_of(rounds, self.seed) % self.num_splits) % self.num_splits

    def _merge(self, metric):
        for own, other in zip(self.variables, metric.variables, strict=True):
            own.assign_add(other.value)

    def _signature(self):
        return (*super()._signature(), self.num_splits, self.seed)


def _score(log_probabilities):
    """Return the score of one part."""
    probabilities = np.exp(log_probabilities)
    marginal = probabilities.mean(axis=0)
    # The entropy of the mean minus the mean of the entropies. x log x is 0 at 0.
    own = np.sum(probabilities * log_probabilities, axis=1).mean()
    return np.exp(own - scipy.special.xlogy(marginal, marginal).sum())


def _score_of_sums(counts, probabilities, negative_entropies):
    if np.min(counts) < 1:
        raise ValueError(
            "The classifier score needs at least one sample for each split: call `update_state` with more samples, or "
            f"use fewer splits. Received: {int(np.sum(counts))} samples for {len(counts)} splits"
        )
    marginals = probabilities / counts[:, np.newaxis]
    logs = np.log(marginals, out=np.zeros_like(marginals), where=marginals > 0)
    scores = np.exp(negative_entropies / counts - np.sum(marginals * logs, axis=1))
    return ClassifierScoreResult(float(np.mean(scores)), float(np.std(scores)))
