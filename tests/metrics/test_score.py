"""The classifier score between its two bounds, and the metric against the function."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics import ClassifierScore, classifier_score
from keras_gan.metrics.extractor import Embedding, Extractor

RNG = np.random.default_rng(0)
STREAM_RNG = np.random.default_rng(0)
LOGITS = (3.0 * STREAM_RNG.normal(size=(300, 6))).astype(np.float32)


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


def _score(logits):
    """exp(mean KL(p(y|x), p(y))), as it is defined."""
    p = np.exp(logits.astype(np.float64))
    p /= p.sum(axis=1, keepdims=True)
    return np.exp(np.mean(np.sum(p * np.log(p / p.mean(axis=0)), axis=1)))


def _fill(metric, logits, size):
    for start in range(0, len(logits), size):
        metric.update_state(fake=logits[start : start + size])
    return metric


@pytest.fixture
def metric():
    return ClassifierScore(num_classes=6)


@pytest.mark.parametrize("size", [11, 64, 300])
def test_the_stream_is_the_function_whatever_the_batches(metric, size):
    result = _fill(metric, LOGITS, size).result()
    assert result == pytest.approx(_score(LOGITS), rel=1e-10)
    assert result == pytest.approx(classifier_score(LOGITS, num_splits=1).mean, rel=1e-10)
    assert isinstance(result, float)


def test_closed_forms(metric):
    metric.update_state(fake=np.zeros((10, 6)))
    assert metric.result() == pytest.approx(1.0, rel=1e-12)
    metric.reset_state()
    metric.update_state(fake=np.tile(1e4 * np.eye(6), (5, 1)))
    assert metric.result() == pytest.approx(6.0, rel=1e-12)


def test_real_samples_are_left_out_of_account(metric):
    metric.update_state(LOGITS[:10], LOGITS)
    assert metric.result() == pytest.approx(_score(LOGITS), rel=1e-10)


def test_the_order_of_the_samples_changes_nothing(metric):
    assert _fill(metric, STREAM_RNG.permutation(LOGITS), 50).result() == pytest.approx(_score(LOGITS), rel=1e-10)


def test_merged_parts_are_the_whole(metric):
    parts = [ClassifierScore(num_classes=6) for _ in range(3)]
    _fill(parts[0], LOGITS[:10], 30)
    _fill(parts[1], LOGITS[10:], 30)
    metric.merge_state(parts)
    assert metric.result() == pytest.approx(_score(LOGITS), rel=1e-10)


@pytest.mark.parametrize("size", [11, 300])
def test_splits_are_of_one_size_and_do_not_depend_on_the_batches(size):
    metric = _fill(ClassifierScore(num_classes=6, num_splits=10), LOGITS, size)
    np.testing.assert_array_equal(metric.variables[0], np.full(10, 30))
    whole = _fill(ClassifierScore(num_classes=6, num_splits=10), LOGITS, 20)
    np.testing.assert_allclose(metric.estimate(), whole.estimate(), rtol=1e-10)


def test_splits_are_near_to_those_of_the_function():
    logits = (3.0 * STREAM_RNG.normal(size=(5000, 6))).astype(np.float32)
    streamed = _fill(ClassifierScore(num_classes=6, num_splits=10), logits, 500).estimate()
    expected = classifier_score(logits, num_splits=10)
    assert streamed.mean == pytest.approx(expected.mean, rel=0.01)
    assert streamed.standard_deviation == pytest.approx(expected.standard_deviation, rel=0.7)


def test_classes_in_turn_do_not_stay_with_a_split_each():
    metric = ClassifierScore(num_classes=10, num_splits=10)
    metric.update_state(fake=np.tile(1e4 * np.eye(10), (100, 1)))
    assert metric.result() > 9.0


def test_it_works_in_a_graph(metric):
    tf.function(metric.update_state)(fake=LOGITS)
    assert metric.result() == pytest.approx(_score(LOGITS), rel=1e-10)
    assert float(tf.function(metric.result)()) == pytest.approx(_score(LOGITS), rel=1e-10)


@pytest.mark.long
def test_each_replica_holds_the_whole(two_replicas):
    with two_replicas.scope():
        metric = ClassifierScore(num_classes=6, num_splits=2)

    def share(rows, context):
        return tf.constant(np.array_split(rows, 2)[context.replica_id_in_sync_group])

    for rows in (LOGITS[:101], LOGITS[101:]):
        values = two_replicas.experimental_distribute_values_from_function(functools.partial(share, rows))
        tf.function(lambda logits: two_replicas.run(metric.update_state, args=(None, logits)))(values)
    expected = _fill(ClassifierScore(num_classes=6, num_splits=2), LOGITS, 300)
    np.testing.assert_allclose(metric.estimate(), expected.estimate(), rtol=1e-10)
    for variable in metric.variables:
        one, other = (part.numpy() for part in two_replicas.experimental_local_results(variable.value))
        np.testing.assert_array_equal(one, other)


class Colours(Extractor):
    """The classes are the colours."""

    def __init__(self, num_classes=3):
        options = {"num_features": 3, "num_classes": num_classes, "input_shape": (2, 2, 3)}
        super().__init__(name="colours", digest="1", **options)

    def embed(self, pixels):
        means = tf.reduce_mean(pixels, axis=(1, 2))
        return Embedding(means, means)


def test_images_with_an_extractor():
    images = 2.0 * np.repeat(np.repeat(np.eye(3), 4, axis=0).reshape(12, 1, 1, 3), 2, axis=1) - 1.0
    metric = ClassifierScore(Colours())
    metric.update_state(fake=images)
    assert metric.result() == pytest.approx(3.0, rel=1e-6)


@pytest.mark.long
def test_fifty_evaluations_take_no_more_memory_than_one(metric, check_fifty_evaluations):
    check_fifty_evaluations(metric, [{"fake": LOGITS[i : i + 50]} for i in range(0, 300, 50)])


def test_it_is_made_again_from_its_configuration():
    metric = ClassifierScore(num_classes=3, num_splits=2, seed=4, name="score")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, ClassifierScore)
    assert again.get_config() == {"name": "score", "num_classes": 3, "num_splits": 2, "seed": 4}


def test_an_extractor_that_is_no_classifier():
    with pytest.raises(
        ValueError,
        match=r"does not classify images. Train one that does with `train_extractor`. Received: extractor=<Colou",
    ):
        ClassifierScore(Colours(num_classes=None))


@pytest.mark.parametrize(
    "fake, message",
    [
        (None, r"Received: fake=None"),
        (LOGITS[:, :5], r"`fake` must have the shape \(batch, 6\).*\(300, 5\)"),
        (np.full((1, 6), np.inf), r"`fake` must hold finite numbers"),
    ],
)
def test_wrong_samples(metric, fake, message):
    with pytest.raises(ValueError, match=message):
        metric.update_state(fake=fake)


def test_too_few_samples():
    metric = ClassifierScore(num_classes=6, num_splits=4)
    metric.update_state(fake=LOGITS[:3])
    with pytest.raises(ValueError, match=r"one sample for each split.*Received: 3 samples for 4 splits"):
        metric.result()


@pytest.mark.parametrize("name", ["num_classes", "num_splits"])
def test_wrong_arguments(name):
    with pytest.raises(ValueError, match=rf"Received: {name}=0"):
        ClassifierScore(**{"num_classes": 3, name: 0})
