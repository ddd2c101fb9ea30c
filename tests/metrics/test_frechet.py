"""The Frechet distance against closed forms, and the metric against the function."""

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from keras_gan.metrics import FrechetDistance, Moments, frechet_distance, frechet_distance_from_moments, moments
from keras_gan.metrics.extractor import Embedding, Extractor

RNG = np.random.default_rng(0)
STREAM_RNG = np.random.default_rng(0)
REAL = STREAM_RNG.normal(size=(300, 5)).astype(np.float32)
FAKE = (STREAM_RNG.normal(size=(260, 5)) * 1.5 + 1.0).astype(np.float32)


def slow_distance(real, fake):
    """The definition, with the root of the unsymmetric product by eigenvalues of a general matrix."""
    shift = np.sum((real.mean(0) - fake.mean(0)) ** 2)
    first, second = (np.cov(side, rowvar=False) for side in (real, fake))
    roots = np.sqrt(np.linalg.eigvals(first @ second).astype(complex))
    return shift + np.trace(first) + np.trace(second) - 2 * roots.real.sum()


def exact_moments(mean, covariance):
    return Moments(10**6, np.asarray(mean, float), np.asarray(covariance, float))


@pytest.mark.parametrize("dimensions", [1, 3, 40])
def test_two_round_gaussians(dimensions):
    mean, scale = np.linspace(-1, 2, dimensions), 3.0
    standard = exact_moments(np.zeros(dimensions), np.eye(dimensions))
    other = exact_moments(mean, scale**2 * np.eye(dimensions))
    expected = mean @ mean + dimensions * (1 - scale) ** 2
    assert frechet_distance_from_moments(standard, other) == pytest.approx(expected, rel=1e-12)


def test_gaussians_with_the_same_axes():
    axes = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    first, second = np.array([1, 2, 3, 4, 5.0]), np.array([5, 0.5, 3, 0, 2.0])
    distance = frechet_distance_from_moments(
        exact_moments(np.zeros(5), axes * first**2 @ axes.T), exact_moments(np.zeros(5), axes * second**2 @ axes.T)
    )
    assert distance == pytest.approx(np.sum((first - second) ** 2), rel=1e-10)


@pytest.mark.parametrize(
    "dimensions, count, expected", [(32, 1000, 0.592), pytest.param(64, 5000, 0.4416, marks=pytest.mark.long)]
)
def test_the_bias_of_equal_distributions_is_as_large_as_the_theory_says(dimensions, count, expected):
    values = [frechet_distance(*RNG.normal(size=(2, count, dimensions))) for _ in range(4)]
    assert np.mean(values) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("counts", [(200, 300), (30, 40), (200, 12), (12, 200), (21, 20), (2, 2)])
def test_it_is_the_definition_whatever_the_rank(counts):
    real, fake = RNG.normal(size=(counts[0], 20)) @ RNG.normal(size=(20, 20)), RNG.uniform(size=(counts[1], 20)) ** 2
    assert frechet_distance(real, fake) == pytest.approx(slow_distance(real, fake), rel=1e-6)
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-10)


def test_both_ways_agree_where_both_apply():
    real, fake = RNG.normal(size=(2, 60, 20)) * np.linspace(0.1, 3, 20)
    factors = [(side - side.mean(0)).T / np.sqrt(59) for side in (real, fake)]
    root = scipy.linalg.svdvals(factors[0].T @ factors[1]).sum()
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2) + sum(np.sum(f**2) for f in factors) - 2 * root
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("count", [10, 100])
def test_equal_sets_have_no_distance_and_never_a_negative_one(count):
    features = RNG.normal(size=(count, 30)) + 50
    assert 0 <= frechet_distance(features, features[::-1]) < 1e-6


def test_constant_features_are_no_special_case():
    real, fake = np.zeros((2, 50, 4))
    real[:, 0], fake[:, 0], fake[:, 3] = np.linspace(0, 1, 50), np.linspace(0, 2, 50), 5.0
    expected = slow_distance(real[:, :1].repeat(2, 1), fake[:, :1].repeat(2, 1)) / 2
    assert frechet_distance(real, fake) == pytest.approx(25.0 + expected, rel=1e-9)
    assert frechet_distance(np.zeros((50, 4)), np.ones((50, 4))) == 4.0


def test_a_large_mean_beside_a_small_deviation_is_no_rounding_error():
    real, fake = 50 + 0.1 * RNG.normal(size=(2, 5000, 3)).astype("float32")
    expected = slow_distance(real.astype("float64") - 50, fake.astype("float64") - 50)
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)


def test_the_order_of_the_samples_does_not_matter():
    real, fake = RNG.normal(size=(2, 100, 8))
    shuffled = fake[RNG.permutation(100)]
    assert frechet_distance(real, shuffled) == pytest.approx(frechet_distance(real, fake), rel=1e-12)


def test_moments_are_those_of_numpy():
    features = RNG.normal(size=(50, 3))
    count, mean, covariance = moments(features)
    assert count == 50
    np.testing.assert_allclose(mean, features.mean(0))
    np.testing.assert_allclose(covariance, np.cov(features, rowvar=False))


@pytest.mark.parametrize(
    "real, fake, message",
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), r"`real_features` must hold at least 2 samples"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), r"`fake_features` must hold finite numbers.*5 such samples of 5"),
        (
            np.zeros((5, 3)),
            np.zeros((5, 4)),
            r"the same number of features.*Received: arrays of shape \(5, 3\) and \(5, 4\)",
        ),
    ],
)
def test_bad_features_are_refused(real, fake, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(real, fake)


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
    assert _fill(metric, STREAM_RNG.permutation(REAL), STREAM_RNG.permutation(FAKE), 50).result() == pytest.approx(
        expected, rel=1e-10
    )


def test_a_large_mean_leaves_the_covariance_right(metric):
    real = STREAM_RNG.normal(size=(5000, 5)) * 0.1 + 50.0
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


@pytest.mark.long
def test_each_replica_holds_the_whole(two_replicas, distribute):
    with two_replicas.scope():
        metric = FrechetDistance(num_features=5)
    # The last batch has one row, and the second replica none.
    for rows in (slice(0, 101), slice(101, 259), slice(259, 260)):
        distribute(two_replicas, metric.update_state, REAL[rows], FAKE[rows])
    assert metric.result() == pytest.approx(frechet_distance(REAL[:260], FAKE), rel=1e-10)
    for variable in metric.variables:
        one, other = (part.numpy() for part in two_replicas.experimental_local_results(variable.value))
        np.testing.assert_array_equal(one, other)
    metric.reset_state()
    distribute(two_replicas, metric.update_state, REAL[:101], FAKE[:101])
    assert metric.result() == pytest.approx(frechet_distance(REAL[:101], FAKE[:101]), rel=1e-10)


def test_a_metric_that_the_replicas_do_not_share(two_replicas, distribute, metric):
    with pytest.raises(ValueError, match=r"inside `with strategy.scope\(\):`. Received: name='frechet_distance"):
        distribute(two_replicas, metric.update_state, REAL[:10], FAKE[:10])


def test_images_with_an_extractor():
    images = STREAM_RNG.uniform(-1, 1, (40, 2, 2, 1)).astype(np.float32)
    metric, corner = FrechetDistance(Corner()), Corner()
    assert metric.num_features == 2
    metric.update_state(images[:20], images[20:])
    expected = frechet_distance(corner(images[:20]).features, corner(images[20:]).features)
    assert metric.result() == pytest.approx(expected, rel=1e-10)


@pytest.mark.long
def test_fifty_evaluations_take_no_more_memory_than_one(metric, check_fifty_evaluations):
    check_fifty_evaluations(metric, [{"real": REAL[i : i + 50], "fake": FAKE[i : i + 50]} for i in range(0, 250, 50)])


def test_it_is_made_again_from_its_configuration():
    metric = FrechetDistance(num_features=3, name="distance")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, FrechetDistance)
    assert (again.num_features, again.name) == (3, "distance")


def test_an_extractor_has_no_configuration():
    with pytest.raises(ValueError, match=r"Create the metric again.*Received: extractor=<Corner corner"):
        FrechetDistance(Corner()).get_config()


@pytest.mark.parametrize(
    "samples, message",
    [
        ({}, r"pass `real` or `fake`. Received: real=None, fake=None"),
        (
            {"real": REAL[:, :4]},
            r"`real` must have the shape \(batch, 5\); for images, pass an `extractor`.*\(300, 4\)",
        ),
        ({"fake": REAL[0]}, r"Received: fake of shape \(5,\)"),
        ({"fake": np.full((2, 5), np.nan)}, r"`fake` must hold finite numbers.*Received: non-finite numbers=10"),
    ],
)
def test_wrong_samples(metric, samples, message):
    with pytest.raises(ValueError, match=message):
        metric.update_state(**samples)


def test_too_few_samples(metric):
    metric.update_state(REAL[:1], FAKE)
    with pytest.raises(ValueError, match=r"at least two samples of each side.*Received: 1 real and 260 fake samples"):
        metric.result()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, r"for the width of the rows. Received: num_features=None, extractor=None"),
        ({"num_features": 0}, r"Received: num_features=0"),
        ({"extractor": Corner(), "num_features": 3}, r"has num_features=2, so leave.*Received: num_features=3"),
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
