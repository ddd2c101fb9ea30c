import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.frechet import frechet_distance
from keras_gan.metrics.frechet_metric import FrechetDistance

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(300, 5)).astype(np.float32)
FAKE = (RNG.normal(size=(260, 5)) * 1.5 + 1.0).astype(np.float32)


class Corner(Extractor):
    def __init__(self):
        super().__init__(name="corner", digest="1", num_features=2, input_shape=(2, 2, 1))

    def embed(self, pixels):
        return Embedding(pixels[:, 0, :, 0])


def _fill(metric, real, fake, size):
    for start in range(0, len(real), size):
        metric.update_state(real=real[start : start + size])
    for start in range(0, len(fake), size):
        metric.update_state(fake=fake[start : start + size])
    return metric


@pytest.fixture
def metric():
    return FrechetDistance(num_features=5)


@pytest.mark.parametrize("size", [11, 64, 300])
def test_the_stream_is_the_function_whatever_the_batches(metric, size):
    assert _fill(metric, REAL, FAKE, size).result() == pytest.approx(frechet_distance(REAL, FAKE), rel=1e-10)


def test_both_sides_in_one_call(metric):
    metric.update_state(REAL[:260], FAKE)
    assert metric.result() == pytest.approx(frechet_distance(REAL[:260], FAKE), rel=1e-10)
    assert isinstance(metric.result(), float)


def test_the_order_of_the_samples_changes_nothing(metric):
    expected = _fill(metric, REAL, FAKE, 50).result()
    metric.reset_state()
    assert _fill(metric, RNG.permutation(REAL), RNG.permutation(FAKE), 50).result() == pytest.approx(
        expected, rel=1e-10
    )


def test_a_large_mean_leaves_the_covariance_right(metric):
    real = RNG.normal(size=(5000, 5)) * 0.1 + 50.0
    fake = real + 0.1
    _fill(metric, real, fake, 100)
    np.testing.assert_allclose(metric.real_moments.covariance, np.cov(real, rowvar=False), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(metric.real_moments.mean, real.mean(0), rtol=1e-12)
    assert metric.result() == pytest.approx(5 * 0.1**2, rel=1e-6)


def test_merged_parts_are_the_whole(metric):
    parts = [FrechetDistance(num_features=5) for _ in range(3)]
    _fill(parts[0], REAL[:10], FAKE[:200], 30)
    _fill(parts[1], REAL[10:], FAKE[200:], 30)
    metric.merge_state(parts)
    assert metric.result() == pytest.approx(frechet_distance(REAL, FAKE), rel=1e-10)
    assert (metric.real_moments.count, metric.fake_moments.count) == (300, 260)


def test_only_the_generated_samples_are_forgotten(metric):
    _fill(metric, REAL, FAKE, 100)
    metric.reset_fake_state()
    metric.update_state(fake=FAKE[:50])
    assert metric.result() == pytest.approx(frechet_distance(REAL, FAKE[:50]), rel=1e-10)
    metric.reset_state()
    assert metric.real_moments.count == 0


def test_it_works_in_a_graph(metric):
    compiled = tf.function(metric.update_state)
    compiled(REAL[:260], FAKE)
    expected = frechet_distance(REAL[:260], FAKE)
    assert metric.result() == pytest.approx(expected, rel=1e-10)
    assert float(tf.function(metric.result)()) == pytest.approx(expected, rel=1e-10)


def _distribute(strategy, update, *values):
    """Give each replica its share of the rows, the first one more of them."""

    def share(value, context):
        rows = np.array_split(value, strategy.num_replicas_in_sync)
        return tf.constant(rows[context.replica_id_in_sync_group])

    shares = [
        strategy.experimental_distribute_values_from_function(functools.partial(share, value)) for value in values
    ]
    tf.function(lambda *arguments: strategy.run(update, args=arguments))(*shares)


def test_each_replica_holds_the_whole(two_replicas):
    with two_replicas.scope():
        metric = FrechetDistance(num_features=5)
    # The last batch has one row, and the second replica none.
    for rows in (slice(0, 101), slice(101, 259), slice(259, 260)):
        _distribute(two_replicas, metric.update_state, REAL[rows], FAKE[rows])
    assert metric.result() == pytest.approx(frechet_distance(REAL[:260], FAKE), rel=1e-10)
    for variable in metric.variables:
        one, other = (part.numpy() for part in two_replicas.experimental_local_results(variable.value))
        np.testing.assert_array_equal(one, other)
    metric.reset_state()
    _distribute(two_replicas, metric.update_state, REAL[:101], FAKE[:101])
    assert metric.result() == pytest.approx(frechet_distance(REAL[:101], FAKE[:101]), rel=1e-10)


def test_a_metric_that_the_replicas_do_not_share(two_replicas, metric):
    with pytest.raises(ValueError, match=r"within `with strategy.scope\(\):`. Received: name='frechet_distance"):
        _distribute(two_replicas, metric.update_state, REAL[:10], FAKE[:10])


def test_images_with_an_extractor():
    images = RNG.uniform(-1, 1, (40, 2, 2, 1)).astype(np.float32)
    metric, corner = FrechetDistance(Corner()), Corner()
    assert metric.num_features == 2
    metric.update_state(images[:20], images[20:])
    expected = frechet_distance(corner(images[:20]).features, corner(images[20:]).features)
    assert metric.result() == pytest.approx(expected, rel=1e-10)


def test_fifty_evaluations_take_no_more_memory_than_one(metric, check_fifty_evaluations):
    check_fifty_evaluations(metric, [{"real": REAL[i : i + 50], "fake": FAKE[i : i + 50]} for i in range(0, 250, 50)])


def test_it_is_made_again_from_its_configuration():
    metric = FrechetDistance(num_features=3, name="distance")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, FrechetDistance)
    assert (again.num_features, again.name) == (3, "distance")


def test_an_extractor_has_no_configuration():
    with pytest.raises(ValueError, match=r"make the metric anew.*Received: extractor=<Corner corner"):
        FrechetDistance(Corner()).get_config()


@pytest.mark.parametrize(
    "samples, message",
    [
        ({}, r"real samples, fake ones or both. Received: neither"),
        ({"real": REAL[:, :4]}, r"`real` must be of shape \(batch, 5\); images need an `extractor`.*\(300, 4\)"),
        ({"fake": REAL[0]}, r"Received: fake of shape \(5,\)"),
        ({"fake": np.full((2, 5), np.nan)}, r"`fake` holds NaN or infinity.*Received: non-finite numbers=10"),
    ],
)
def test_wrong_samples(metric, samples, message):
    with pytest.raises(ValueError, match=message):
        metric.update_state(**samples)


def test_too_few_samples(metric):
    metric.update_state(REAL[:1], FAKE)
    with pytest.raises(ValueError, match=r"at least two samples of either side.*Received: 1 real and 260 fake samples"):
        metric.result()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, r"the width of what you pass. Received: num_features=None, extractor=None"),
        ({"num_features": 0}, r"Received: num_features=0"),
        ({"extractor": Corner(), "num_features": 3}, r"has num_features=2; leave.*Received: num_features=3"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        FrechetDistance(**arguments)


def test_only_like_metrics_merge(metric):
    with pytest.raises(ValueError, match="Received: FrechetDistance for FrechetDistance, or other arguments"):
        metric.merge_state([FrechetDistance(num_features=4)])
    with pytest.raises(ValueError, match="Received: Mean for FrechetDistance"):
        metric.merge_state([keras.metrics.Mean()])
