"""The minibatch standard deviation layer of ProGAN."""

import keras
import tensorflow as tf
from keras import ops

from keras_gan._arguments import require_channels_last, require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class MinibatchStddev(keras.layers.Layer):
    """Tells a discriminator how much the samples of a batch differ from each other.

    A generator that has collapsed makes samples that are each believable and all alike. A discriminator that judges one
    sample at a time cannot see that; with this layer, placed before its last convolution, it can.

    The batch of N samples is cut into M = N / G strided groups of G = min(group_size, N): sample n belongs to group n
    mod M. With y the deviation of a group's activations from the group's mean, at every position and channel,

        s = sqrt(mean of y^2 over the group + 1e-8)

    and the mean of s over all positions, and over each of `num_features` blocks of channels, is appended as
    `num_features` constant channels to every sample of the group.

    Karras et al. 2017 (arXiv 1710.10196), section 3; several features as in StyleGAN2. Pass real and generated samples
    through the discriminator separately: in one batch, every strided group would mix the two.

    Args:
        group_size: int, the G above. A smaller batch is one group.
        num_features: int, the number of appended channels; it must divide the number of channels.

    Returns:
        For an input `(batch, ..., channels)`, a tensor `(batch, ..., channels + num_features)` in the layer's compute
        dtype. The statistics are computed in float32 under every policy.

    Raises:
        ValueError: if an argument is not a positive integer, the input has no channel axis, `num_features` does not
            divide the channels, or the groups do not divide the batch (for a batch size known only at run time, a
            `tf.errors.InvalidArgumentError` with the same message; XLA drops such assertions).

    Example:
        >>> import numpy as np
        >>> images = np.stack([np.full((1, 1, 1), value, "float32") for value in (-2, 2)])
        >>> outputs = MinibatchStddev(group_size=2)(images)
        >>> np.asarray(outputs).reshape(2, 2).tolist()
        [[-2.0, 2.0], [2.0, 2.0]]
    """

    def __init__(self, group_size=4, num_features=1, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.group_size = require_int("group_size", group_size)
        self.num_features = require_int("num_features", num_features)

    def build(self, input_shape):
        """Check the channels; there are no weights."""
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                "MinibatchStddev needs an input (batch, ..., channels) whose number of channels is known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if input_shape[-1] % self.num_features:
            raise ValueError(
                f"`num_features` must divide the {input_shape[-1]} channels of the input. "
                f"Received: num_features={self.num_features}"
            )

    def call(self, inputs):
        """Append the deviations to `inputs`."""
        batch, size = self._batch_and_group_size(inputs)
        features, channels = self.num_features, inputs.shape[-1]
        # float32: the square of a float16 activation overflows from 256 on.
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        x = ops.reshape(x, (size, batch // size, -1, features, channels // features))
        deviations = ops.sqrt(ops.var(x, axis=0) + 1e-8)
        means = ops.cast(ops.mean(deviations, axis=(1, 3)), inputs.dtype)
        means = ops.reshape(means, (-1, *[1] * (len(inputs.shape) - 2), features))
        means = tf.tile(means, [size, *ops.shape(inputs)[1:-1], 1])
        return ops.concatenate([inputs, means], axis=-1)

    def _batch_and_group_size(self, inputs):
        """Return the batch size and G: two ints, or two tensors where the batch size is known only at run time."""
        words = (
            f"MinibatchStddev cannot cut the batch into groups of {self.group_size}: use a batch size that is a "
            f"multiple of `group_size`, or at most `group_size`. Received: group_size={self.group_size}, batch size="
        )
        batch = inputs.shape[0]
        if batch is not None:
            size = min(self.group_size, batch)
            if batch % size:
                raise ValueError(f"{words}{batch}")
            return batch, size
        batch = tf.shape(inputs)[0]
        size = tf.minimum(self.group_size, batch)
        with tf.control_dependencies([tf.debugging.Assert(tf.equal(batch % size, 0), [words, batch])]):
            return tf.identity(batch), size

    def compute_output_shape(self, input_shape):
        """Return the input's shape with `num_features` more channels."""
        return (*input_shape[:-1], input_shape[-1] + self.num_features)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "group_size": self.group_size, "num_features": self.num_features}
