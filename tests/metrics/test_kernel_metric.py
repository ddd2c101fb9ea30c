import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.kernel import kernel_distance
from keras_gan.metrics.kernel_metric import KernelDistance

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(300, 5)).astype(np.float32)
FAKE = (RNG.normal(size=(260, 5)) * 1.5 + 1.0).astype(np.float32)
OPTIONS = {"subset_size": 50, "num_subsets": 10}


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
    shuffled = RNG.permutation(REAL), RNG.permutation(FAKE)
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


def _distribute(strategy, update, *values):
    """Give each replica its share of the rows, the first one more of them."""

    def share(value, context):
        rows = np.array_split(value, strategy.num_replicas_in_sync)
        return tf.constant(rows[context.replica_id_in_sync_group])

    shares = [
        strategy.experimental_distribute_values_from_function(functools.partial(share, value)) for value in values
    ]
    tf.function(lambda *arguments: strategy.run(update, args=arguments))(*shares)


@pytest.mark.parametrize("reservoir_size", [100, 400])
def test_each_replica_holds_the_whole(two_replicas, reservoir_size):
    with two_replicas.scope():
        metric = _metric(reservoir_size=reservoir_size)
    # The last batch has one row, and the second replica none.
    for rows in (slice(0, 101), slice(101, 259), slice(259, 260)):
        _distribute(two_replicas, metric.update_state, REAL[rows], FAKE[rows])
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
    images = RNG.uniform(-1, 1, (200, 2, 2, 1)).astype(np.float32)
    # One subset of all that is kept: the function draws its subsets by the bits of the features.
    options = {"subset_size": 60, "num_subsets": 1, "reservoir_size": 60}
    results = [
        _fill(KernelDistance(Corner(), **options), images[:100], images[100:], size).result() for size in (10, 100)
    ]
    assert results[0] != results[1]
    assert results[0] == pytest.approx(results[1], rel=1e-4)


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
    with pytest.raises(ValueError, match=r"at least two samples of either side.*Received: 1 real and 260 fake samples"):
        metric.result()


@pytest.mark.parametrize("name, low", [("subset_size", 2), ("num_subsets", 1), ("reservoir_size", 2), ("seed", 0)])
def test_wrong_arguments(name, low):
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least {low}. Received: {name}={low - 1}"):
        _metric(**{name: low - 1})


@pytest.mark.parametrize("name", ["seed", "reservoir_size"])
def test_only_like_metrics_merge(name):
    with pytest.raises(ValueError, match="or other arguments"):
        _metric().merge_state([_metric(**{name: 5})])
