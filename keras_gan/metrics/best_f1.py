"""The best that a detector can do with one threshold."""

import typing

import numpy as np

from keras_gan.metrics._ranking import Ranking


class BestF1(typing.NamedTuple):
    """What `best_f1` returns.

    Attributes:
        f1: float in (0, 1].
        threshold: float. An image is called anomalous if its score is at least this.
        precision: float in (0, 1], the share of the images called anomalous that are.
        recall: float in (0, 1], the share of the anomalous images that are called so.
    """

    f1: float
    threshold: float
    precision: float
    recall: float


def best_f1(scores, is_anomaly):
    """The highest F1 of all thresholds, and the threshold that reaches it.

    F1 is the harmonic mean of precision P and recall R,

        2 P R / (P + R)  =  2 found / (found + missed + called)

    The threshold is chosen on the images that it is measured on, so the value flatters the detector, and more so the
    fewer images there are. To report a detector, choose the threshold on other images. Calling every image anomalous
    reaches 2 s / (1 + s) for a share s of anomalies. If several thresholds are equally good, it is the highest, which
    raises the fewest alarms.

    Args:
        scores: array-like `(num_images,)` of finite numbers; higher is more anomalous.
        is_anomaly: array-like `(num_images,)` of booleans, or of 0 and 1.

    Returns:
        `BestF1`.

    Raises:
        ValueError: if these are no such numbers, or all images are of one kind.

    Example:
        >>> best_f1([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
        BestF1(f1=0.8, threshold=0.35, precision=0.6666666666666666, recall=1.0)
    """
    ranking = Ranking(scores, is_anomaly)
    found, alarms = ranking.counts()
    best = int(np.argmax(_f1(found, alarms)))
    return BestF1(
        f1=highest_f1(found, alarms),
        threshold=float(ranking.thresholds[best]),
        precision=float(found[best] / (found[best] + alarms[best])),
        recall=float(found[best] / found[-1]),
    )


def highest_f1(found, alarms):
    """The best F1 for the numbers of anomalies and of normal images that reach each threshold.

    Args:
        found: float64 array, of anomalies.
        alarms: float64 array, of normal images.
    """
    return float(_f1(found, alarms).max())


def _f1(found, alarms):
    return 2.0 * found / (found + alarms + found[-1])
