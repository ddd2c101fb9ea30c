"""How well scores put anomalous images above normal ones."""

import numpy as np

from keras_gan.metrics._ranking import Ranking


def auroc(scores, is_anomaly):
    """Area under the receiver operating characteristic: the share of pairs that the scores put in the right order.

    A detector needs a threshold, and a threshold weighs missed anomalies against false alarms. The area asks about the
    order alone. With a the score of an anomalous image and n that of a normal one,

        P(a > n) + P(a = n) / 2

    1 is a perfect order, and 0.5 is what scores without any information have. Far below 0.5, the scores are most likely
    of the wrong sign: here higher means more anomalous. The value does not depend on how rare anomalies are. Where they
    are rare, most alarms may be false at a value near 1: look at `average_precision`, too.

    Hanley and McNeil 1982 (Radiology 143).

    Args:
        scores: array-like `(num_images,)` of finite numbers, as `model.score` returns them.
        is_anomaly: array-like `(num_images,)` of booleans, or of 0 and 1.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: if these are no such numbers, or all images are of one kind.

    Example:
        >>> auroc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
        0.75
    """
    ranking = Ranking(scores, is_anomaly)
    return area(*ranking.counts())


def area(found, alarms):
    """The area for the numbers of anomalies and of normal images that reach each threshold.

    Args:
        found: float64 array, of anomalies.
        alarms: float64 array, of normal images.
    """
    steps = np.diff(alarms, prepend=0.0)
    middles = found - np.diff(found, prepend=0.0) / 2
    return float(steps @ middles / (found[-1] * alarms[-1]))
