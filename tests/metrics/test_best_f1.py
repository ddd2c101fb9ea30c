"""The best F1 against every threshold tried, by scikit-learn's F1."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from keras_gan.metrics import best_f1

RNG = np.random.default_rng(2)
KINDS = RNG.random(120) < 0.3
SCORES = {"continuous": RNG.normal(size=120) + KINDS, "tied": RNG.integers(0, 4, 120) + KINDS}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_no_threshold_is_better(scores):
    best = best_f1(scores, KINDS)
    assert best.f1 == pytest.approx(max(f1_score(KINDS, scores >= threshold) for threshold in scores), rel=1e-12)
    called = scores >= best.threshold
    assert best.f1 == pytest.approx(f1_score(KINDS, called), rel=1e-12)
    assert best.precision == pytest.approx(precision_score(KINDS, called), rel=1e-12)
    assert best.recall == pytest.approx(recall_score(KINDS, called), rel=1e-12)


def test_equal_scores_call_every_image_anomalous():
    best, share = best_f1(np.full(120, 0.5), KINDS), KINDS.mean()
    assert best.f1 == pytest.approx(2 * share / (1 + share), rel=1e-12)
    assert (best.threshold, best.recall) == (0.5, 1.0)


def test_of_equally_good_thresholds_it_is_the_highest():
    """From 5 on, F1 is 2 / (0 + 1 + 2); from 1 on, it is 2 * 2 / (2 + 2 + 2)."""
    assert best_f1([5, 3, 2, 1], [1, 0, 0, 1]) == (2 / 3, 5.0, 1.0, 0.5)


def test_it_refuses_what_auroc_refuses():
    with pytest.raises(ValueError, match="Received: 2 normal images alone"):
        best_f1([0.1, 0.2], [0, 0])
