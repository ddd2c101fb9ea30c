"""TensorFlow's fused kernel, which normalises each channel by its own statistics."""

import tensorflow as tf

KERNEL_DTYPES = ("float32", "bfloat16", "float16")


def normalized(x, gains, biases, epsilon):
    """Normalise the channels of a map; the gradient is right to second order.

    Args:
        x: tensor `(batch, height, width, channels)` of one of `KERNEL_DTYPES`.
        gains: float32 `(channels,)`, or None for ones.
        biases: float32 `(channels,)`, or None for zeros.
        epsilon: float, added to the variance.

    Returns:
        The normalised map, the means and the unbiased variances; the last two are float32 `(channels,)`.
    """
    channels = tf.shape(x)[-1] if x.shape[-1] is None else x.shape[-1]
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.ones(channels) if gains is None else gains,
        offset=tf.zeros(channels) if biases is None else biases,
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=epsilon,
        is_training=True,
    )
    return outputs, mean, variance
