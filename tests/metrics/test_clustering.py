"""The agreement of clusters with classes, against all maps and scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from keras_gan.metrics import clustering_agreement


@pytest.mark.parametrize("num_clusters", [2, 3, 5])
def test_the_best_of_all_maps(num_clusters):
    rng = np.random.default_rng(num_clusters)
    clusters, labels = rng.integers(num_clusters, size=60), rng.integers(3, size=60)
    found = clustering_agreement(clusters, labels)
    width = max(num_clusters, 3)
    best = max(np.mean(np.array(names)[clusters] == labels) for names in itertools.permutations(range(width)))
    assert found.accuracy == pytest.approx(best)
    assert found.normalized_mutual_information == pytest.approx(normalized_mutual_info_score(labels, clusters))


def test_names_do_not_matter():
    labels = np.array([0, 1, 2, 2, 1, 0])
    assert clustering_agreement(np.array([700, 3, 5])[labels], labels) == (1.0, pytest.approx(1.0))


def test_clusters_that_tell_nothing():
    found = clustering_agreement(np.zeros(100, int), np.arange(100) % 10)
    assert found == (0.1, 0.0)
    assert clustering_agreement([4, 4], [1, 1]) == (1.0, 1.0)


@pytest.mark.parametrize(
    "clusters, message",
    [
        ([0, 1], r"`clusters` must have a class for each of the 3 samples. Received: 2"),
        ([0.5, 1.0, 2.0], r"`clusters` must be integers.*dtype float64"),
        ([-1, 0, 1], r"`clusters` must be at least 0. Received: clusters from -1 to 1"),
    ],
)
def test_what_it_refuses(clusters, message):
    with pytest.raises(ValueError, match=message):
        clustering_agreement(clusters, [0, 1, 2])
