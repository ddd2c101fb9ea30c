"""Average precision against the definition written out, and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from keras_gan.metrics import average_precision

RNG = np.random.default_rng(1)
KINDS = RNG.random(150) < 0.2
SCORES = {"continuous": RNG.normal(size=150) + KINDS, "tied": RNG.integers(0, 4, 150) + KINDS}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_it_is_the_mean_precision_over_the_anomalies(scores):
    precisions = [KINDS[scores >= threshold].mean() for threshold in scores[KINDS]]
    assert average_precision(scores, KINDS) == pytest.approx(np.mean(precisions), rel=1e-12)
    assert average_precision(scores, KINDS) == pytest.approx(average_precision_score(KINDS, scores), rel=1e-12)


def test_equal_scores_reach_the_share_of_anomalies():
    assert average_precision(np.zeros(150), KINDS) == pytest.approx(KINDS.mean(), rel=1e-12)


def test_a_perfect_order_is_1():
    assert average_precision(KINDS.astype(float), KINDS) == 1.0


def test_it_refuses_what_auroc_refuses():
    with pytest.raises(ValueError, match="Received: 2 normal images alone"):
        average_precision([0.1, 0.2], [0, 0])
