"""Metrics of conditional models against closed forms."""

import numpy as np
import pytest

from keras_gan.metrics import class_frechet_distance, frechet_distance, label_accuracy


def test_the_accuracy_is_the_share_of_hits_and_not_the_mean_of_the_classes():
    logits = np.eye(3)[[0, 0, 0, 1, 2, 2]]
    found = label_accuracy(logits, [0, 0, 1, 1, 2, 1])
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.by_class == {0: 1.0, 1: pytest.approx(1 / 3), 2: 1.0}


def test_labels_that_were_shuffled_have_the_accuracy_of_chance():
    rng = np.random.default_rng(0)
    labels = np.arange(20_000) % 10
    assert label_accuracy(np.eye(10)[labels], rng.permutation(labels)).accuracy == pytest.approx(0.1, abs=0.01)


def test_the_distance_within_classes_is_the_mean_of_theirs():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 4)), rng.normal(size=(50, 4))
    real_labels, fake_labels = np.arange(60) % 3, np.arange(50) % 3
    found = class_frechet_distance(real, real_labels, fake, fake_labels)
    expected = [frechet_distance(real[real_labels == c], fake[fake_labels == c]) for c in range(3)]
    assert list(found.by_class.values()) == pytest.approx(expected)
    assert found.mean == pytest.approx(np.mean(expected))
    assert found.num_images == {0: (20, 17), 1: (20, 17), 2: (20, 16)}


def test_it_sees_swapped_classes_that_the_distance_of_all_does_not():
    """Classes at -1 and 1, swapped: 4 apart within each class, 0 apart as a whole."""
    labels = np.repeat([0, 1], 50)
    features = np.where(labels == 0, -1.0, 1.0)[:, None] + np.tile([[-0.1], [0.1]], (50, 1))
    assert frechet_distance(features, features) == pytest.approx(0.0, abs=1e-9)
    assert class_frechet_distance(features, labels, features, 1 - labels).mean == pytest.approx(4.0)


def test_it_sees_one_image_for_each_class():
    """N(0, s^2) beside a point is s^2 apart."""
    features = np.tile([[-2.0], [2.0]], (50, 1))
    labels = np.repeat([0, 1], 50)
    assert class_frechet_distance(features, labels, 0.0 * features, labels).mean == pytest.approx(4.0, rel=0.05)


LOGITS, FEATURES = np.zeros((4, 3)), np.random.default_rng(0).normal(size=(4, 2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: label_accuracy(LOGITS, [0, 1, 2]), r"`labels` must have a class for each of the 4 samples.*: 3 of"),
        (lambda: label_accuracy(LOGITS, [0, 1, 2, 3]), r"`labels` must be from 0 to 2. Received: labels from 0 to 3"),
        (lambda: label_accuracy(LOGITS, [0, 1, 2, -1]), r"Received: labels from -1 to 2"),
        (lambda: label_accuracy(LOGITS, [0.0, 1, 2, 2]), r"`labels` must be integers.*dtype float64"),
        (lambda: label_accuracy(LOGITS, np.eye(3)[[0, 1, 2, 0]]), r"`labels.argmax\(axis=1\)`.*shape \(4, 3\)"),
        (lambda: label_accuracy(LOGITS, None), r"`labels` must be an array"),
        (lambda: label_accuracy([1.0], [0]), r"`logits` must have the shape"),
        (
            lambda: class_frechet_distance(FEATURES, [0, 0, 1, 1], FEATURES, [0, 0, 0, 1]),
            r"at least two real images and two samples.*class 1 with 2 real images and 1 samples",
        ),
        (
            lambda: class_frechet_distance(FEATURES, [0, 0, 1, 1], FEATURES, [0, 0, 2, 2]),
            r"class 1 with 2 real images and 0 samples",
        ),
        (lambda: class_frechet_distance(FEATURES, [0, 0, 1], FEATURES, [0] * 4), r"`real_labels` must have a class"),
    ],
)
def test_what_they_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
