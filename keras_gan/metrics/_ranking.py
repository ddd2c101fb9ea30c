"""Images in the order of their anomaly scores: what all measures of a detector are computed from."""

import numpy as np

from keras_gan.metrics._features import as_array

_LARGEST = float(np.finfo(np.float32).max)


class Ranking:
    """Images from the highest score to the lowest; images of equal scores come at the same time.

    A detector calls each image anomalous whose score is at least a threshold. Every measure of it depends on how many
    anomalies it finds, and on how many normal images it calls anomalous, at each threshold that makes a difference:
    the scores that occur.

    Args:
        scores: array-like `(num_images,)` of finite numbers; higher is more anomalous.
        is_anomaly: array-like `(num_images,)` of booleans, or of 0 and 1.

    Attributes:
        thresholds: float64, the scores that occur, from the highest on.
        num_anomalies: int, number of anomalous images.
        num_normal: int, number of normal images.

    Raises:
        ValueError: if these are no such numbers, or all images are of one kind.
    """

    def __init__(self, scores, is_anomaly):
        scores = _require_scores(scores)
        is_anomaly = _require_kinds(is_anomaly, len(scores))
        order = np.argsort(-scores, kind="stable")
        scores, self._is_anomaly = scores[order], is_anomaly[order]
        self._last_of_score = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        self.thresholds = scores[self._last_of_score]
        self.num_anomalies = int(is_anomaly.sum())
        self.num_normal = len(is_anomaly) - self.num_anomalies

    def counts(self, weights=None):
        """How many images reach each threshold: (anomalies found, normal images called anomalous), float64.

        Args:
            weights: array `(num_images,)`, how often each image counts, from the highest score on; None for once.
        """
        weights = np.ones(len(self._is_anomaly)) if weights is None else weights
        both = np.where(self._is_anomaly, weights, 0.0), np.where(self._is_anomaly, 0.0, weights)
        return tuple(np.cumsum(kind)[self._last_of_score] for kind in both)

    def resampled(self, rng):
        """The counts for images drawn with replacement, as many of either kind as there are."""
        weights = np.empty(len(self._is_anomaly))
        for kind in (self._is_anomaly, ~self._is_anomaly):
            number = int(kind.sum())
            weights[kind] = np.bincount(rng.integers(number, size=number), minlength=number)
        return self.counts(weights)


def _require_scores(scores):
    array = as_array("scores", scores, "biuf")
    if array.ndim != 1 or not array.size:
        raise ValueError(
            "`scores` must have the shape (num_images,), one number for each image, as `model.score` returns them. "
            f"Received: scores of shape {array.shape}"
        )
    array = array.astype(np.float64)
    is_number = np.abs(array) <= _LARGEST
    if not is_number.all():
        raise ValueError(
            "`scores` must be finite numbers in the range of float32: any other has no place in the order. "
            f"Received: scores with {int((~is_number).sum())} of {len(array)} that are not"
        )
    return array


def _require_kinds(is_anomaly, count):
    array = as_array("is_anomaly", is_anomaly, "biuf")
    if array.shape != (count,):
        raise ValueError(
            f"`is_anomaly` must say of each of the {count} images whether it is anomalous. "
            f"Received: is_anomaly of shape {array.shape}"
        )
    if not np.isin(array, (0, 1)).all():
        raise ValueError(
            "`is_anomaly` must be True or False, or 1 or 0. Compare classes with the normal one, as in `labels != 3`. "
            f"Received: is_anomaly with {np.setdiff1d(array, (0, 1))[0]:g}"
        )
    if array.min() == array.max():
        raise ValueError(
            "A detector is measured by how it tells anomalous images from normal ones: give both. "
            f"Received: {count} {'anomalous' if array[0] else 'normal'} images alone"
        )
    return array.astype(bool)
