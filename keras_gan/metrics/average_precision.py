"""How many of the images that a detector calls anomalous are, averaged over the anomalies."""

import numpy as np

from keras_gan.metrics._ranking import Ranking


def average_precision(scores, is_anomaly):
    """Average precision: the mean, over the anomalies, of the precision at the threshold that just finds each.

    It sees how many alarms are false, which `auroc` does not see where anomalies are rare. So it depends on their share
    among the images, which is also the value of scores without any information: compare values for the same images.
    With R_k and P_k the recall and the precision at the k-th highest score,

        sum_k (R_k - R_(k-1)) P_k

    without interpolation. Images of equal scores are found at the same time.

    Args:
        scores: array-like `(num_images,)` of finite numbers; higher is more anomalous.
        is_anomaly: array-like `(num_images,)` of booleans, or of 0 and 1.

    Returns:
        float in (0, 1].

    Raises:
        ValueError: if these are no such numbers, or all images are of one kind.

    Example:
        >>> round(average_precision([0.1, 0.4, 0.35, 0.8], [False, False, True, True]), 4)
        0.8333
    """
    ranking = Ranking(scores, is_anomaly)
    return mean_precision(*ranking.counts())


def mean_precision(found, alarms):
    """The mean precision for the numbers of anomalies and of normal images that reach each threshold.

    Args:
        found: float64 array, of anomalies.
        alarms: float64 array, of normal images.
    """
    gained = np.diff(found, prepend=0.0)
    # A resample may have no image at the highest scores.
    precision = found / np.maximum(found + alarms, 1.0)
    return float(gained @ precision / found[-1])
