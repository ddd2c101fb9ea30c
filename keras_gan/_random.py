"""Random numbers that are a function of their seed alone.

The generator is counter-based (Philox): only the seed has to be saved for a run to resume with the same numbers that it
would have drawn. On several replicas, each gets its own rows of what a single device would draw for the whole batch.

TensorFlow's `stateless_normal` and `stateless_uniform` return different numbers under XLA, but the random bits are the
same. So the numbers are computed from the bits here: uniform numbers are equal everywhere, and normal numbers are equal
up to the rounding of a logarithm and a sine.
"""

import math

import tensorflow as tf

from keras_gan._replicas import own_rows, replica_count
from keras_gan._tensors import require_seed_pair

# Streams of a request's seed: what is drawn of it must not share its random bits.
_LATENT_STREAM, _LABEL_STREAM, _CODE_STREAM = 0, 1, 2
# The last of them: each row of a motion has a stream of its own, so that a longer one begins as a shorter one.
_MOTION_STREAM = 3
# The second number of a step's seed is the step. More steps than this many bits count is more than any run takes.
_DRAW_SHIFT = 40


def latents_of_seed(count, shape, seed):
    """The latents that a request's seed stands for, wherever samples are drawn: float32 `(count, *shape)`, normal.

    Args:
        count: int or scalar tensor.
        shape: tuple, shape of one latent.
        seed: int or int64 scalar tensor.
    """
    return normal((count, *shape), _stream(seed, _LATENT_STREAM))


def labels_of_seed(count, num_classes, seed, shape=()):
    """The labels that a request's seed stands for: int32 `(count, *shape)`, uniform over the classes."""
    numbers = uniform((count, *shape), _stream(seed, _LABEL_STREAM))
    return tf.cast(tf.floor(numbers * num_classes), tf.int32)


def codes_of_seed(count, encoding, seed):
    """The codes that a request's seed stands for: float32 `(count, num_codes)`, as a `CodeEncoding` draws them."""
    return encoding.drawn(uniform((count, encoding.num_codes), _stream(seed, _CODE_STREAM)))


def motions_of_seed(count, num_rows, size, seed):
    """The noise of motions that a request's seed stands for: float32 `(count, num_rows, size)`, normal.

    The first rows do not depend on how many there are.
    """
    rows = [normal((count, size), _stream(seed, _MOTION_STREAM + number)) for number in range(num_rows)]
    return tf.stack(rows, axis=1)


def _stream(seed, number):
    return tf.stack([tf.cast(seed, tf.int64), number])


def seeds_of(seed, count):
    """Seeds for several draws of one call.

    Args:
        seed: int tensor of shape (2,), or None for seeds from TensorFlow's global generator.
        count: int.

    Returns:
        list of int64 tensors of shape (2,).
    """
    if seed is None:
        seed = tf.random.uniform((2,), maxval=2**31, dtype=tf.int64)
    first, second = tf.unstack(tf.cast(require_seed_pair(seed), tf.int64))
    return [tf.stack([first, second + (number << _DRAW_SHIFT)]) for number in range(count)]


def split_seed(seed, count):
    """Seeds for several draws, each of which may be split again: they are random numbers of the given seed.

    Args:
        seed: int tensor of shape (2,), which nothing else is drawn from.
        count: int.

    Returns:
        list of int64 tensors of shape (2,).
    """
    return tf.unstack(tf.cast(_bits((count, 2), seed), tf.int64))


def normal(shape, seed):
    """Standard normal float32 numbers, by the method of Box and Muller (1958).

    Args:
        shape: tuple; the first entry is the number of rows of this replica, an int or (on one device) a scalar tensor.
        seed: int tensor of shape (2,).

    Returns:
        float32 tensor of the given shape, with values in (-5.8, 5.8).
    """
    bits = _rows(shape, seed, parts=2)
    # In (0, 1], so that the logarithm is finite.
    radius = tf.sqrt(-2.0 * tf.math.log(1.0 - _unit_interval(bits[..., 0])))
    return radius * tf.cos(2.0 * math.pi * _unit_interval(bits[..., 1]))


def normal_like(tensor, seed):
    """Standard normal float32 numbers of the shape of a tensor; see `normal`."""
    return normal((tensor.shape[0] or tf.shape(tensor)[0], *tensor.shape[1:]), seed)


def uniform(shape, seed):
    """Float32 numbers from the uniform distribution on [0, 1); arguments as for `normal`."""
    return _unit_interval(_rows(shape, seed, parts=1)[..., 0])


def shared_uniform(shape, seed):
    """Float32 numbers like those of `uniform`, but the same on every replica."""
    return _unit_interval(_bits(shape, seed))


def _rows(shape, seed, parts):
    """Random bits: a uint32 tensor of the given shape, with `parts` words for each entry."""
    rows, *rest = shape
    return own_rows(_bits((rows * replica_count(), *rest, parts), seed))


def _bits(shape, seed):
    return tf.random.stateless_uniform(shape, require_seed_pair(seed), None, None, tf.uint32, alg="philox")


def _unit_interval(bits):
    """The upper 24 bits, which float32 holds exactly, as numbers in [0, 1)."""
    return tf.cast(tf.bitwise.right_shift(bits, 8), tf.float32) * 2.0**-24
