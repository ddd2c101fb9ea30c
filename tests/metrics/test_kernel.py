"""The kernel distance against its definition, the metric against the function, and the sample that it keeps."""

import itertools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics import KernelDistance, kernel_distance
from keras_gan.metrics._hashing import priorities_of
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.kernel import Reservoir

RNG = np.random.default_rng(0)
STREAM_RNG = np.random.default_rng(0)
REAL = STREAM_RNG.normal(size=(300, 5)).astype(np.float32)
FAKE = (STREAM_RNG.normal(size=(260, 5)) * 1.5 + 1.0).astype(np.float32)
OPTIONS = {"subset_size": 50, "num_subsets": 10}
RESERVOIR_RNG = np.random.default_rng(0)
ROWS = RESERVOIR_RNG.normal(size=(150, 3)).astype(np.float32)


def kernel(x, y):
    return (x @ y / len(x) + 1) ** 3


def slow_distance(x, y):
    """Lemma 6 of Gretton et al., pair by pair."""
    m = len(x)
    same = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in itertools.permutations(range(m), 2))
    between = sum(kernel(a, b) for a, b in itertools.product(x, y))
    return same / (m * (m - 1)) - 2 * between / m**2


def expectation(first, second, dimensions):
    """E k(x, y) of N(first, I) and N(second, I), all entries of either mean being equal; METRICS' closed form."""
    a2, b2, ab, d = dimensions * first**2, dimensions * second**2, dimensions * first * second, dimensions
    cubic = ab**3 + 3 * ab * (a2 + b2 + d + 2)
    return 1 + 3 * ab / d + 3 * (ab**2 + a2 + b2 + d) / d**2 + cubic / d**3


@pytest.mark.long
def test_two_gaussians():
    dimensions = 16
    expected = sum(sign * expectation(a, b, dimensions) for sign, a, b in [(1, 0, 0), (1, 0.5, 0.5), (-2, 0, 0.5)])
    assert expected == pytest.approx(1.0293, abs=5e-5)
    real, fake = RNG.normal(size=(2, 20_000, dimensions))
    mean, deviation = kernel_distance(real, fake + 0.5, num_subsets=40)
    # 20,000 samples make 20 subsets that have nothing in common.
    assert mean == pytest.approx(expected, abs=4 * deviation / np.sqrt(20))


@pytest.mark.long
def test_equal_distributions_have_the_mean_zero():
    real, fake = RNG.normal(size=(2, 20_000, 16))
    mean, deviation = kernel_distance(real, fake, num_subsets=40)
    assert abs(mean) < 4 * deviation / np.sqrt(20)


def test_one_subset_of_all_is_the_definition():
    real, fake = RNG.normal(size=(12, 5)), RNG.normal(0.7, size=(12, 5))
    value = kernel_distance(real, fake, subset_size=12, num_subsets=3)
    assert value.mean == pytest.approx(slow_distance(real, fake), rel=1e-12)
    assert value.standard_deviation == pytest.approx(0, abs=1e-12)


def test_mean_and_deviation_are_over_the_subsets():
    real, fake = RNG.normal(size=(2, 50, 3))
    # With the same seed the first subsets are the same ones.
    means = [kernel_distance(real, fake, subset_size=20, num_subsets=n).mean for n in (1, 2, 3)]
    values = [means[0], 2 * means[1] - means[0], 3 * means[2] - 2 * means[1]]
    assert kernel_distance(real, fake, subset_size=20, num_subsets=3).standard_deviation == pytest.approx(
        np.std(values)
    )


def test_small_sets_shrink_the_subsets_and_say_so():
    real, fake = RNG.normal(size=(30, 3)), RNG.normal(size=(20, 3))
    with pytest.warns(UserWarning, match="The subsets have 20 samples of each side instead of 1000"):
        shrunk = kernel_distance(real, fake)
    with warnings.catch_warnings(action="error"):
        assert shrunk == kernel_distance(real, fake, subset_size=20)


def test_permutations_change_nothing_and_the_seed_does():
    real, fake = RNG.normal(size=(2, 200, 3))
    value = kernel_distance(real, fake, subset_size=50)
    shuffled = kernel_distance(real[RNG.permutation(200)], fake[::-1], subset_size=50)
    assert shuffled == pytest.approx(value, rel=1e-9)
    assert kernel_distance(real, fake, subset_size=50, seed=1) != value


def test_constant_features_are_finite():
    assert kernel_distance(np.ones((20, 3)), np.ones((20, 3)), subset_size=10).mean == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "real, fake, options, message",
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), {}, r"`real_features` must hold at least 2 samples"),
        (np.zeros((5, 3)), np.full((5, 3), np.inf), {}, r"`fake_features` must hold finite numbers"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"subset_size": 1}, r"`subset_size` must be an integer of at least 2"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"num_subsets": 0}, r"`num_subsets` must be an integer of at least 1"),
        (np.zeros((5, 3)), np.zeros((5, 3)), {"subset_size": 2, "seed": -1}, r"`seed` must be"),
    ],
)
def test_bad_arguments_are_refused(real, fake, options, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(real, fake, **options)


def _metric(**options):
    return KernelDistance(**{"num_features": 5} | OPTIONS | options)


def _fill(metric, real, fake, size):
    for start in range(0, len(real), size):
        metric.update_state(real=real[start : start + size])
    for start in range(0, len(fake), size):
        metric.update_state(fake=fake[start : start + size])
    return metric


@pytest.mark.parametrize("size", [11, 64, 300])
def test_the_stream_is_the_function_whatever_the_batches(size):
    assert _fill(_metric(), REAL, FAKE, size).result() == kernel_distance(REAL, FAKE, **OPTIONS).mean


def test_the_estimate_has_its_deviation():
    metric = _fill(_metric(seed=3), REAL, FAKE, 100)
    assert metric.estimate() == kernel_distance(REAL, FAKE, **OPTIONS, seed=3)
    assert isinstance(metric.result(), float)


@pytest.mark.parametrize("reservoir_size", [100, 10_000])
def test_neither_order_nor_batches_change_anything(reservoir_size):
    expected = _fill(_metric(reservoir_size=reservoir_size), REAL, FAKE, 300).result()
    shuffled = STREAM_RNG.permutation(REAL), STREAM_RNG.permutation(FAKE)
    for size in (17, 300):
        assert _fill(_metric(reservoir_size=reservoir_size), *shuffled, size).result() == expected


@pytest.mark.parametrize("reservoir_size", [100, 10_000])
def test_merged_parts_are_the_whole(reservoir_size):
    parts = [_metric(reservoir_size=reservoir_size) for _ in range(3)]
    _fill(parts[0], REAL[:10], FAKE[:200], 30)
    _fill(parts[1], REAL[10:], FAKE[200:], 30)
    merged = _metric(reservoir_size=reservoir_size)
    merged.merge_state(parts)
    assert merged.result() == _fill(_metric(reservoir_size=reservoir_size), REAL, FAKE, 64).result()


def test_another_seed_keeps_other_samples():
    values = {_fill(_metric(reservoir_size=100, seed=seed), REAL, FAKE, 100).result() for seed in range(3)}
    assert len(values) == 3
    whole = kernel_distance(REAL, FAKE, **OPTIONS)
    assert np.mean(list(values)) == pytest.approx(whole.mean, rel=0.5)


def test_only_the_generated_samples_are_forgotten():
    metric = _fill(_metric(), REAL, FAKE, 100)
    metric.reset_fake_state()
    metric.update_state(fake=FAKE[:60])
    assert metric.result() == kernel_distance(REAL, FAKE[:60], **OPTIONS).mean


def test_it_works_in_a_graph():
    metric = _metric()
    tf.function(metric.update_state)(REAL[:260], FAKE)
    expected = kernel_distance(REAL[:260], FAKE, **OPTIONS).mean
    assert metric.result() == expected
    assert float(tf.function(metric.result)()) == expected


@pytest.mark.long
@pytest.mark.parametrize("reservoir_size", [100, 400])
def test_each_replica_holds_the_whole(two_replicas, distribute, reservoir_size):
    with two_replicas.scope():
        metric = _metric(reservoir_size=reservoir_size)
    # The last batch has one row, and the second replica none.
    for rows in (slice(0, 101), slice(101, 259), slice(259, 260)):
        distribute(two_replicas, metric.update_state, REAL[rows], FAKE[rows])
    assert metric.result() == _fill(_metric(reservoir_size=reservoir_size), REAL[:260], FAKE, 64).result()
    for variable in metric.variables:
        one, other = (part.numpy() for part in two_replicas.experimental_local_results(variable.value))
        np.testing.assert_array_equal(one, other)


class Corner(Extractor):
    """Its features differ in their last bits with the size of the batch, as those of large networks do."""

    def __init__(self):
        super().__init__(name="corner", digest="1", num_features=2, input_shape=(2, 2, 1))

    def embed(self, pixels):
        return Embedding(pixels[:, 0, :, 0] + 2.0**-16 * float(pixels.shape[0]))


def test_what_is_kept_depends_on_the_images_and_not_on_the_last_bits_of_features():
    images = STREAM_RNG.uniform(-1, 1, (200, 2, 2, 1)).astype(np.float32)
    # One subset of all that is kept: the function draws its subsets by the bits of the features.
    options = {"subset_size": 60, "num_subsets": 1, "reservoir_size": 60}
    results = [
        _fill(KernelDistance(Corner(), **options), images[:100], images[100:], size).result() for size in (10, 100)
    ]
    assert results[0] != results[1]
    assert results[0] == pytest.approx(results[1], rel=1e-4)


@pytest.mark.long
def test_fifty_evaluations_take_no_more_memory_than_one(check_fifty_evaluations):
    batches = [{"real": REAL[i : i + 50], "fake": FAKE[i : i + 50]} for i in range(0, 250, 50)]
    check_fifty_evaluations(_metric(reservoir_size=100), batches)


def test_it_is_made_again_from_its_configuration():
    metric = _metric(reservoir_size=7, seed=3, name="distance")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, KernelDistance)
    assert again.get_config() == metric.get_config()
    assert again.get_config() == {
        "name": "distance",
        "num_features": 5,
        "subset_size": 50,
        "num_subsets": 10,
        "reservoir_size": 7,
        "seed": 3,
    }


def test_too_few_samples():
    metric = _metric()
    metric.update_state(REAL[:1], FAKE)
    with pytest.raises(ValueError, match=r"at least two samples of each side.*Received: 1 real and 260 fake samples"):
        metric.result()


@pytest.mark.parametrize("name, low", [("subset_size", 2), ("num_subsets", 1), ("reservoir_size", 2), ("seed", 0)])
def test_wrong_arguments(name, low):
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least {low}. Received: {name}={low - 1}"):
        _metric(**{name: low - 1})


@pytest.mark.parametrize("name", ["seed", "reservoir_size"])
def test_only_like_metrics_merge(name):
    with pytest.raises(ValueError, match="or other arguments"):
        _metric().merge_state([_metric(**{name: 5})])


class Variable:
    """What a metric's variables can do of which a reservoir makes use."""

    def __init__(self, name, shape, dtype):
        self.value = tf.zeros(shape, dtype)

    def assign(self, value):
        self.value = value


def _kept(reservoir):
    priorities, rows = (variable.value.numpy() for variable in reservoir.variables)
    return {row.tobytes() for row in rows[priorities > 0]}


def _filled_reservoir(rows, batch_size, *, size=50, seed=0):
    reservoir = Reservoir(Variable, "rows", size, 3)
    for start in range(0, len(rows), batch_size):
        batch = tf.constant(rows[start : start + batch_size])
        reservoir.update(batch, priorities_of(batch, seed))
    return reservoir


def test_everything_is_kept_while_there_is_room():
    assert _kept(_filled_reservoir(ROWS[:50], 7)) == {row.tobytes() for row in ROWS[:50]}
    assert len(_kept(_filled_reservoir(ROWS[:20], 7))) == 20


@pytest.mark.long
@pytest.mark.parametrize("batch_size", [1, 7, 49, 50, 51, 150])
def test_the_rows_of_highest_priority_are_kept(batch_size):
    highest = np.argsort(priorities_of(ROWS, 0))[-50:]
    assert _kept(_filled_reservoir(ROWS, batch_size)) == {row.tobytes() for row in ROWS[highest]}


def test_the_order_changes_nothing_of_what_is_kept():
    assert _kept(_filled_reservoir(RESERVOIR_RNG.permutation(ROWS), 33)) == _kept(_filled_reservoir(ROWS, 33))


def test_merged_reservoirs_are_the_whole():
    merged, other = _filled_reservoir(ROWS[:30], 33), _filled_reservoir(ROWS[30:], 33)
    merged.merge(other)
    assert _kept(merged) == _kept(_filled_reservoir(ROWS, 33))


def test_an_empty_batch_is_nothing_to_keep():
    assert len(_kept(_filled_reservoir(ROWS[:0], 1))) == 0
    reservoir = _filled_reservoir(ROWS[:10], 10)
    reservoir.update(tf.constant(ROWS[:0]), priorities_of(ROWS[:0], 0))
    assert len(_kept(reservoir)) == 10
