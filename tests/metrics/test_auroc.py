"""The area against all pairs counted one by one, and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from keras_gan.metrics import auroc

RNG = np.random.default_rng(0)
KINDS = RNG.random(200) < 0.3
# Continuous scores, and scores of which many are equal.
SCORES = {"continuous": RNG.normal(size=200) + KINDS, "tied": RNG.integers(0, 5, 200) + KINDS, "equal": np.ones(200)}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_it_is_the_share_of_pairs_in_the_right_order(scores):
    anomalous, normal = scores[KINDS, None], scores[~KINDS]
    pairs = np.mean((anomalous > normal) + 0.5 * (anomalous == normal))
    assert auroc(scores, KINDS) == pytest.approx(pairs, rel=1e-12)
    assert auroc(scores, KINDS) == pytest.approx(roc_auc_score(KINDS, scores), rel=1e-12)


def test_the_order_alone_matters():
    scores, order = SCORES["tied"], RNG.permutation(200)
    value = auroc(scores, KINDS)
    assert auroc(np.exp(scores), KINDS) == value
    assert auroc(scores[order], KINDS[order]) == pytest.approx(value, rel=1e-12)
    assert auroc(-scores, KINDS) == pytest.approx(1 - value, rel=1e-12)
    assert auroc(scores, ~KINDS) == pytest.approx(1 - value, rel=1e-12)


def test_a_perfect_order_is_1_and_a_reversed_one_0():
    assert auroc(KINDS.astype(float), KINDS) == 1.0
    assert auroc(-KINDS.astype(float), KINDS) == 0.0


@pytest.mark.parametrize(
    "scores, kinds, message",
    [
        ([0.5, np.nan], [0, 1], "`scores` must be finite.*with 1 of 2 that are not"),
        ([[0.5, 1.0]], [0, 1], r"`scores` must have the shape \(num_images,\).*Received: scores of shape \(1, 2\)"),
        ([0.5, 1.0], [0, 1, 1], r"each of the 2 images.*Received: is_anomaly of shape \(3,\)"),
        ([0.5, 1.0], [0, 3], "Compare classes with the normal one.*Received: is_anomaly with 3"),
        ([0.5, 1.0], [True, True], "give both. Received: 2 anomalous images alone"),
        ([0.5, 1.0], [0.0, 0.0], "give both. Received: 2 normal images alone"),
        (["a", "b"], [0, 1], "`scores` must be an array of numbers"),
        ([], [], r"Received: scores of shape \(0,\)"),
    ],
)
def test_what_cannot_be_ranked_is_an_error(scores, kinds, message):
    with pytest.raises(ValueError, match=message):
        auroc(scores, kinds)
