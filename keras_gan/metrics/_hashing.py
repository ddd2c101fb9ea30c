"""Numbers that are as good as random and depend on what they belong to alone."""

import numpy as np
import tensorflow as tf

_GOLDEN_RATIO = 0x9E3779B97F4A7C15


def priorities_of(keys, seed):
    """Hash samples: equal ones to equal numbers, different ones to independent numbers.

    A sum of the samples' float32 bit patterns, taken as integers, with random 64-bit factors, modulo 2^64: over the
    seeds, two different samples have independent sums (Lemire and Kaser 2014, arXiv 1202.4961, MULTILINEAR). The
    finish of SplitMix64 then takes away that the sums of similar samples differ alike.

    Args:
        keys: tensor of shape (batch, ...).
        seed: int.

    Returns:
        int64 tensor of shape (batch,), of numbers from 1 up.
    """
    keys = tf.cast(keys, tf.float32)
    keys = tf.reshape(keys, (tf.shape(keys)[0], keys.shape[1:].num_elements()))
    # -0 and 0 are equal, and have other bits.
    keys = tf.where(keys == 0.0, tf.zeros_like(keys), keys)
    bits = tf.cast(tf.bitcast(keys, tf.int32), tf.int64)
    factors = tf.random.stateless_uniform(
        (bits.shape[1] + 1,), (seed, 0), minval=None, maxval=None, dtype=tf.int64, alg="philox"
    )
    sums = factors[0] + tf.reduce_sum(bits * factors[1:], axis=1)
    return tf.maximum(_mixed(tf.bitcast(sums, tf.uint64)), 1)


def random_of(numbers, seed):
    """Return a random number for each number: SplitMix64 (Steele, Lea and Flood 2014), at any place of its sequence.

    Args:
        numbers: int64 tensor of numbers from 0 to 2^32.
        seed: int in [0, 2^31).

    Returns:
        int64 tensor of the same shape, of numbers from 0 up.
    """
    return _mixed((tf.cast(numbers, tf.uint64) + np.uint64(seed << 32)) * np.uint64(_GOLDEN_RATIO))


def _mixed(x):
    """Scramble uint64 numbers, each to another one, and drop the lowest bit: int64 numbers from 0 up."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, np.uint64(shift))) * np.uint64(factor)
    x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, np.uint64(31)))
    return tf.cast(tf.bitwise.right_shift(x, np.uint64(1)), tf.int64)
