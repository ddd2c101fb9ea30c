"""How well clusters that nobody named agree with classes that somebody did."""

import typing

import numpy as np
from scipy.optimize import linear_sum_assignment

from keras_gan.metrics._features import require_labels


class ClusteringAgreement(typing.NamedTuple):
    """What `clustering_agreement` returns.

    Attributes:
        accuracy: float in (0, 1].
        normalized_mutual_information: float in [0, 1].
    """

    accuracy: float
    normalized_mutual_information: float


def clustering_agreement(clusters, labels):
    """Compare clusters, such as the categories that an `InfoGAN` infers, with true classes.

    Clusters have no names: which category means which class is for the evaluation to find. With n_kc the number of
    images of class c in cluster k, and N of all,

        accuracy:                       max over one-to-one maps m of  sum_k n_k,m(k) / N
        normalized mutual information:  I(k; c) / ((H(k) + H(c)) / 2)

    The best map is that of the Hungarian method (Kuhn 1955). Clusters beyond the number of classes, or classes beyond
    that of clusters, stay without a partner. If clusters tell nothing, the accuracy is near the share of the largest
    class, and somewhat above, as the map is the best of all; the information is near 0.

    Args:
        clusters: integers `(num_images,)` from 0 on, the cluster of each image.
        labels: integers `(num_images,)` from 0 on, its class.

    Returns:
        `ClusteringAgreement`.

    Raises:
        ValueError: if either is no array of so many integers.

    Example:
        >>> clustering_agreement([1, 1, 0, 0], [0, 0, 1, 1])
        ClusteringAgreement(accuracy=1.0, normalized_mutual_information=1.0)
    """
    labels = require_labels("labels", labels)
    clusters = require_labels("clusters", clusters, len(labels))
    _, clusters = np.unique(clusters, return_inverse=True)
    _, labels = np.unique(labels, return_inverse=True)
    table = np.zeros((clusters.max() + 1, labels.max() + 1), np.int64)
    np.add.at(table, (clusters, labels), 1)
    accuracy = table[linear_sum_assignment(table, maximize=True)].sum() / len(labels)
    return ClusteringAgreement(float(accuracy), _normalized_information(table / len(labels)))


def _normalized_information(joint):
    entropies = _entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0))
    if entropies == 0.0:
        # One cluster and one class: each is known from the other.
        return 1.0
    # Rounding can give a number just outside.
    return float(np.clip(2.0 * (entropies - _entropy(joint.ravel())) / entropies, 0.0, 1.0))


def _entropy(shares):
    shares = shares[shares > 0]
    return -float(np.sum(shares * np.log(shares)))
