"""Orders, priorities and random numbers that depend on the samples alone."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics._hashing import canonical_order, priorities_of, random_of

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(400, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", ["float64", "float32", "uint8"])
def test_the_order_is_that_of_the_set(dtype):
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(3000, 7)) * 50 + 100).astype(dtype)
    shuffled = rows[rng.permutation(len(rows))]
    order = canonical_order(rows)
    assert sorted(order) == list(range(len(rows)))
    np.testing.assert_array_equal(rows[order], shuffled[canonical_order(shuffled)])


def test_the_order_has_nothing_to_do_with_the_values():
    ranks = np.argsort(canonical_order(np.arange(10_000.0).reshape(-1, 1)))
    # Spearman's correlation of unrelated ranks has the standard deviation 1 / sqrt(n - 1).
    assert abs(np.corrcoef(ranks, np.arange(10_000))[0, 1]) < 0.04


def test_minus_zero_is_zero():
    rows = np.array([[0.0, 1.0], [5.0, 2.0], [-3.0, 0.0]])
    np.testing.assert_array_equal(canonical_order(rows), canonical_order(np.where(rows == 0.0, -0.0, rows)))


def test_no_rows_have_an_order():
    assert canonical_order(np.zeros((0, 3))).shape == (0,)


def test_each_row_is_among_the_highest_with_the_same_chance():
    counts = np.zeros(400)
    for seed in range(100):
        counts[np.argsort(priorities_of(ROWS, seed))[-100:]] += 1
    # Binomial: mean 25, standard deviation 4.33; the largest of 400 deviations is about 3.2 of them.
    assert counts.mean() == 25
    assert counts.std() == pytest.approx(4.33, rel=0.15)
    assert np.abs(counts - 25).max() < 5 * 4.33


def test_rows_that_differ_in_one_bit_have_independent_priorities():
    near = np.nextafter(ROWS, np.float32(np.inf))
    one, other = (np.argsort(np.argsort(priorities_of(rows, 0))) for rows in (ROWS, near))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


def test_both_zeros_are_one():
    assert priorities_of([[0.0, 1.0]], 0) == priorities_of([[-0.0, 1.0]], 0)
    assert tf.function(priorities_of)(tf.constant([[-0.0, 1.0]]), 0) == priorities_of([[0.0, 1.0]], 0)


def test_priorities_are_positive_and_images_are_hashed_whole():
    images = RNG.integers(0, 256, (50, 4, 4, 3)).astype(np.float32)
    priorities = priorities_of(images, 0).numpy()
    assert priorities.min() >= 1
    assert len(set(priorities)) == 50
    images[:, -1, -1, -1] += 1
    assert not set(priorities) & set(priorities_of(images, 0).numpy())


def test_the_numbers_are_those_of_splitmix64():
    # The first outputs of the published generator, started at 0: they are of the numbers from 1 up.
    published = np.array([0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F], np.uint64)
    np.testing.assert_array_equal(random_of(tf.range(1, 4, dtype=tf.int64), 0), (published >> 1).astype(np.int64))


def test_each_seed_has_numbers_of_its_own():
    numbers = tf.range(1000, dtype=tf.int64)
    one, other = (random_of(numbers, seed).numpy() for seed in (0, 2**31 - 1))
    assert not set(one) & set(other)
    assert np.bincount(one % 10).std() == pytest.approx(np.sqrt(1000 * 0.09), rel=0.6)
