"""Hashes that depend on the samples alone: an order of samples, priorities and random numbers."""

import numpy as np
import tensorflow as tf

_BLOCK_BYTES = 2**24
_GOLDEN_RATIO = 0x9E3779B97F4A7C15


def canonical_order(rows):
    """Return the indices that sort the rows of an array into an order that depends on their contents alone.

    A function that cuts samples into random parts sorts them like this first. Then the same samples give the same
    value in any order. The rows are sorted by a 64-bit hash. The hash of a row is a sum over its words, modulo 2^64:
    each word plus a random key of its place goes through SplitMix64 (Steele, Lea and Flood 2014). Equal rows have
    equal hashes, and it does not matter which of them comes first. The probability that any two different rows of
    50,000 have equal hashes is about 1e-10.

    Args:
        rows: array (num_rows, width) of numbers.

    Returns:
        int64 array (num_rows,).

    Example:
        >>> rows = np.array([[3.0, 1.0], [0.0, 2.0], [5.0, 5.0]])
        >>> shuffled = rows[[2, 0, 1]]
        >>> bool((rows[canonical_order(rows)] == shuffled[canonical_order(shuffled)]).all())
        True
    """
    keys = np.random.default_rng(0).integers(2**64, size=rows.shape[1], dtype=np.uint64)
    hashes = np.empty(len(rows), np.uint64)
    step = max(1, _BLOCK_BYTES // (8 * max(1, rows.shape[1])))
    for start in range(0, len(rows), step):
        # Adding 0 turns -0.0 into 0.0. The two are equal, but their bits differ.
        block = np.ascontiguousarray(rows[start : start + step] + 0)
        words = block.view(f"u{block.itemsize}").astype(np.uint64)
        words += keys
        hashes[start : start + step] = _mixed(words, np.right_shift).sum(axis=1, dtype=np.uint64)
    return np.argsort(hashes, kind="stable")


def priorities_of(keys, seed):
    """Hash samples: equal samples to equal numbers, different samples to independent numbers.

    The bit patterns of a sample's float32 numbers, as integers, are summed with random 64-bit weights modulo 2^64.
    Over the seeds, two different samples have independent sums (Lemire and Kaser 2014, arXiv 1202.4961, MULTILINEAR).
    But the sums of similar samples differ in similar ways, so the last step of SplitMix64 scrambles them.

    Args:
        keys: tensor of shape (batch, ...).
        seed: int.

    Returns:
        int64 tensor of shape (batch,), of numbers from 1 up.
    """
    keys = tf.cast(keys, tf.float32)
    keys = tf.reshape(keys, (tf.shape(keys)[0], keys.shape[1:].num_elements()))
    # -0 and 0 are equal, but their bits differ.
    keys = tf.where(keys == 0.0, tf.zeros_like(keys), keys)
    bits = tf.cast(tf.bitcast(keys, tf.int32), tf.int64)
    factors = tf.random.stateless_uniform(
        (bits.shape[1] + 1,), (seed, 0), minval=None, maxval=None, dtype=tf.int64, alg="philox"
    )
    sums = factors[0] + tf.reduce_sum(bits * factors[1:], axis=1)
    return tf.maximum(_positive(tf.bitcast(sums, tf.uint64)), 1)


def random_of(numbers, seed):
    """Return a random number for each number.

    It is the number at that place in the sequence of SplitMix64 (Steele, Lea and Flood 2014).

    Args:
        numbers: int64 tensor of numbers from 0 to 2^32.
        seed: int in [0, 2^31).

    Returns:
        int64 tensor of the same shape, of numbers from 0 up.
    """
    return _positive((tf.cast(numbers, tf.uint64) + np.uint64(seed << 32)) * np.uint64(_GOLDEN_RATIO))


def _mixed(x, right_shift):
    """Scramble uint64 numbers with the last step of SplitMix64. An array is changed in place.

    Args:
        x: array or tensor of uint64.
        right_shift: `np.right_shift` for an array, `tf.bitwise.right_shift` for a tensor.
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x ^= right_shift(x, np.uint64(shift))
        x *= np.uint64(factor)
    x ^= right_shift(x, np.uint64(31))
    return x


def _positive(x):
    """Scramble a tensor of uint64 and drop the lowest bit, so that it fits int64 without a sign."""
    return tf.cast(tf.bitwise.right_shift(_mixed(x, tf.bitwise.right_shift), np.uint64(1)), tf.int64)
