"""Checks of tensors, which are made when the operation runs: in a graph their values are not known before."""

import tensorflow as tf


def checked(tensor, condition, words, received=()):
    """Return `tensor`, for which a scalar boolean tensor must be true.

    Args:
        tensor: the tensor that the condition is about.
        condition: scalar boolean tensor.
        words: what is wrong, what was expected and how to mend it.
        received: dict of name to scalar tensor, to end the message.

    Raises:
        ValueError: if the condition is false; inside of a graph `tf.errors.InvalidArgumentError`, of the same words.
    """
    received = dict(received)
    if tf.executing_eagerly():
        if not condition:
            values = ", ".join(f"{name}={value.numpy():.6g}" for name, value in received.items())
            raise ValueError(f"{words} Received: {values}")
        return tensor
    data = [f"{words} Received:", *(part for pair in received.items() for part in pair)]
    with tf.control_dependencies([tf.debugging.Assert(condition, data)]):
        return tf.identity(tensor)


def all_finite(name, tensor):
    """Return `tensor`, whose numbers must be finite."""
    finite = tf.math.is_finite(tensor)
    count = tf.reduce_sum(tf.cast(~finite, tf.int32))
    words = f"`{name}` holds NaN or infinity, and one of them spoils every number that is made of it: leave it out."
    return checked(tensor, tf.reduce_all(finite), words, {"non-finite numbers": count})
