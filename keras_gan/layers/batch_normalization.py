"""Batch normalisation in one kernel, right to second order and on several replicas."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int, require_number
from keras_gan._replicas import mean_over_replicas, replica_count
from keras_gan.layers._fused_normalization import KERNEL_DTYPES, normalized

# TensorFlow's tensors have at most eight dimensions.
_LARGEST_AXIS = 7


@keras.saving.register_keras_serializable(package="keras_gan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Normalises each channel over the batch: `keras.layers.BatchNormalization`, but faster and right to second order.

        y = gain (x - m) / sqrt(s^2 + epsilon) + bias

    with m and s^2 the mean and the biased variance of a channel over the batch and all positions. The moving averages,
    which inference uses, are those of Keras's layer, and the weights have the same names. Ioffe and Szegedy 2015 (arXiv
    1502.03167), algorithm 1.

    In training on one device it runs TensorFlow's fused kernel, where Keras runs some fifteen operations. The variance
    is the mean of squared deviations, and the second-order gradient, which R1 needs, is right. Keras's layer has either
    the one or the other: unless it is synchronised, its second-order gradient is silently wrong. If it is, its variance
    is a difference of two means, which loses all digits where the mean is large beside the deviations.

    Replicas of `tf.distribute` share their statistics: unlike in Keras, `synchronized` is True by default. All other
    arguments of `keras.layers.BatchNormalization` can be given by name.

    Args:
        axis: int, the axis of the channels. The fused kernel needs the last.
        momentum: float, of the moving averages; 0.9 in the common ports of DCGAN, and not Keras's 0.99.
        epsilon: float, added to the variance; 1e-5 there, and not Keras's 1e-3.
        synchronized: bool, whether replicas share their statistics.

    Returns:
        Tensor of the input's shape, in the layer's compute dtype. The statistics are computed in float32.

    Raises:
        ValueError: if `axis` is not an integer, `momentum` is not in [0, 1], `epsilon` is not positive, or
            `synchronized` is not a bool; and as Keras's layer.

    Example:
        >>> import numpy as np
        >>> layer = BatchNormalization()
        >>> np.asarray(layer(np.array([[1.0, 5.0], [3.0, 5.0]], "float32"), training=True)).round(3).tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """

    def __init__(self, axis=-1, momentum=0.9, epsilon=1e-5, *, synchronized=True, **kwargs):
        super().__init__(
            require_int("axis", axis, low=-_LARGEST_AXIS, high=_LARGEST_AXIS),
            require_number("momentum", momentum, low=0.0, high=1.0),
            require_number("epsilon", epsilon, low=0.0, open_low=True),
            synchronized=require_bool("synchronized", synchronized),
            **kwargs,
        )

    def call(self, inputs, training=None, mask=None):
        """Normalise `inputs`: by their own statistics in training, by the moving averages otherwise."""
        if not training or not self.trainable or mask is not None or not self._fits_the_kernel(inputs):
            return super().call(inputs, training=training, mask=mask)
        x = tf.convert_to_tensor(inputs)
        flat = x if x.shape.rank == 4 else tf.reshape(x, (-1, 1, 1, x.shape[-1]))
        # A gain or a bias that the layer does not have is None.
        outputs, mean, variance = normalized(flat, self.gamma, self.beta, self.epsilon)
        # The kernel returns the unbiased variance; the layer keeps the biased one, as Keras does.
        rows = tf.cast(tf.reduce_prod(tf.shape(flat)[:-1]), tf.float32)
        variance = tf.stop_gradient(variance) * ((rows - 1.0) / rows)
        for average, value in ((self.moving_mean, tf.stop_gradient(mean)), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1.0 - self.momentum))
        return outputs if flat is x else tf.reshape(outputs, tf.shape(x))

    def _moments(self, inputs, mask):
        """Mean and variance where the kernel does not fit, by deviations from the mean."""
        if mask is not None or isinstance(inputs, keras.KerasTensor):
            return super()._moments(inputs, mask)
        over = mean_over_replicas if self.synchronized else tf.identity
        mean = over(tf.reduce_mean(inputs, self._reduction_axes, keepdims=True))
        variance = over(tf.reduce_mean(tf.square(inputs - mean), self._reduction_axes))
        return tf.reshape(mean, tf.shape(variance)), variance

    def _fits_the_kernel(self, inputs):
        """Whether one device has the whole batch, with channels last, in floats that the kernel has."""
        return (
            not isinstance(inputs, keras.KerasTensor)
            and replica_count() == 1
            and self.axis in (-1, len(inputs.shape) - 1)
            and keras.backend.standardize_dtype(inputs.dtype) in KERNEL_DTYPES
            and self.variable_dtype == "float32"
            and not self.renorm
        )
