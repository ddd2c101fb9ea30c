"""The classifier score between its two bounds."""

import numpy as np
import pytest

from keras_gan.metrics import classifier_score

RNG = np.random.default_rng(0)


def slow_score(logits):
    """The definition, sample by sample."""
    probabilities = [np.exp(row) / np.exp(row).sum() for row in logits]
    marginal = np.mean(probabilities, axis=0)
    return np.exp(np.mean([np.sum(p * np.log(p / marginal)) for p in probabilities]))


def test_one_opinion_of_all_samples_scores_one():
    assert classifier_score(np.zeros((100, 7))).mean == pytest.approx(1.0, abs=1e-12)
    assert classifier_score(np.tile(RNG.normal(size=7), (100, 1))).mean == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 10, 1008])
def test_sure_and_balanced_opinions_score_the_number_of_classes(classes):
    sure = 1e4 * np.eye(classes)
    mean, deviation = classifier_score(np.concatenate([sure] * 3), num_splits=1)
    assert mean == pytest.approx(classes, rel=1e-12)
    assert deviation == 0


def test_one_split_is_the_definition():
    logits = RNG.normal(size=(50, 4)) * 3
    assert classifier_score(logits, num_splits=1).mean == pytest.approx(slow_score(logits), rel=1e-12)


def test_splits_are_parts_of_the_shuffled_samples():
    logits = RNG.normal(size=(1003, 4)) * 3
    mean, deviation = classifier_score(logits)
    assert mean == pytest.approx(slow_score(logits), rel=0.02)
    assert 0.005 < deviation < 0.2
    # Sorted by class, each tenth would be of one class alone, and score 1.
    ordered = classifier_score(logits[logits.argmax(1).argsort(kind="stable")])
    assert ordered == pytest.approx((mean, deviation), rel=1e-9)
    assert classifier_score(logits, seed=1) != (mean, deviation)


def test_large_logits_do_not_overflow():
    assert classifier_score(np.float32([[1e30, -1e30], [-1e30, 1e30]]), num_splits=1).mean == pytest.approx(2.0)


@pytest.mark.parametrize(
    "logits, message",
    [
        (np.zeros((9, 3)), r"`logits` must hold at least 10 samples.*Received: logits of shape \(9, 3\)"),
        (np.full((10, 3), np.nan), r"`logits` must hold finite numbers"),
        (np.zeros(10), r"`logits` must have the shape"),
    ],
)
def test_bad_logits_are_refused(logits, message):
    with pytest.raises(ValueError, match=message):
        classifier_score(logits)
