"""Group normalisation with a right second-order gradient."""

import keras
import tensorflow as tf
from keras import ops

from keras_gan._arguments import require_bool, require_channels_last, require_int, require_number
from keras_gan.layers._fused_normalization import KERNEL_DTYPES, normalized


@keras.saving.register_keras_serializable(package="keras_gan")
class GroupNormalization(keras.layers.Layer):
    """Normalises each sample by itself: over positions, and over groups of its channels.

    Use it in critics with a gradient penalty, where batch normalisation must not be used. Keras's own layers
    (GroupNormalization, LayerNormalization) compute the variance with `tf.nn.moments`, which stops the gradient at the
    mean. The first gradient is still right, but the second-order gradient, which trains a penalised critic, is silently
    wrong for every weight below the layer. Here it is right.

    With m and s^2 the mean and the biased variance of a sample over all its positions and one group of channels,

        y = gain (x - m) / sqrt(s^2 + epsilon) + bias

    with a gain and a bias for each channel. Wu and He 2018 (arXiv 1803.08494), section 3. One group is the layer
    normalisation that Gulrajani et al. 2017 (arXiv 1704.00028) use in their critics. A group for each channel is
    instance normalisation; with neither gain nor bias it is that of CycleGAN (Zhu et al. 2017, arXiv 1703.10593):
    `GroupNormalization(-1, center=False, scale=False)`.

    Args:
        groups: int, the number of groups of channels; -1 for one group per channel.
        epsilon: float, added to the variance.
        center: bool, whether to add the biases.
        scale: bool, whether to multiply by the gains.
        gamma_initializer: initializer of the gains.

    Returns:
        Tensor of the input's shape `(batch, ..., channels)` in the layer's compute dtype. The statistics are
        computed in float32 under every policy.

    Raises:
        ValueError: if `groups` is neither -1 nor a positive integer that divides the channels, or `epsilon` is not a
            positive number.

    Example:
        >>> import numpy as np
        >>> np.asarray(GroupNormalization()(np.array([[1.0, 3.0], [10.0, 10.0]]))).round(3).tolist()
        [[-1.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, groups=1, *, epsilon=1e-5, center=True, scale=True, gamma_initializer="ones", **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.groups = _require_groups(groups)
        self.epsilon = require_number("epsilon", epsilon, low=0.0, open_low=True)
        self.center = require_bool("center", center)
        self.scale = require_bool("scale", scale)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)

    def build(self, input_shape):
        """Create the gains and biases, where the layer has them."""
        channels = input_shape[-1]
        if self.groups != -1 and channels % self.groups:
            raise ValueError(
                f"`groups` must divide the {channels} channels of the input. Received: groups={self.groups}"
            )
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=(channels,), initializer=self.gamma_initializer, autocast=False
            )
        if self.center:
            self.beta = self.add_weight(name="beta", shape=(channels,), initializer="zeros", autocast=False)

    def call(self, inputs, training=None):
        """Normalise `inputs`."""
        channels = inputs.shape[-1]
        groups = channels if self.groups == -1 else self.groups
        if training and groups == channels and keras.backend.standardize_dtype(inputs.dtype) in KERNEL_DTYPES:
            return self._each_channel(inputs)
        # float32: sums of squares overflow float16.
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        x = ops.reshape(x, (ops.shape(x)[0], -1, channels))
        x = x - _mean(x, groups)
        factors = ops.rsqrt(_mean(ops.square(x), groups) + self.epsilon)
        x = x * (factors * self.gamma if self.scale else factors)
        if self.center:
            x = x + self.beta
        return ops.cast(ops.reshape(x, ops.shape(inputs)), self.compute_dtype)

    def _each_channel(self, inputs):
        """Instance normalisation: batch normalisation of one sample that has the channels of all samples.

        Two transpositions and a kernel take two thirds of the time of the operations. Only in training: other
        runtimes lack the kernel.
        """
        x = tf.convert_to_tensor(inputs)
        batch, channels = tf.shape(x)[0], x.shape[-1]
        rows = tf.transpose(tf.reshape(x, (batch, -1, channels)), (1, 0, 2))
        gains = tf.tile(self.gamma, [batch]) if self.scale else None
        biases = tf.tile(self.beta, [batch]) if self.center else None
        outputs, *_ = normalized(tf.reshape(rows, (1, 1, -1, batch * channels)), gains, biases, self.epsilon)
        return tf.reshape(tf.transpose(tf.reshape(outputs, tf.shape(rows)), (1, 0, 2)), tf.shape(x))

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "groups": self.groups,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
        }


def _mean(x, groups):
    """The mean of each sample and group, `(batch, 1, channels)`: over positions first, where memory is contiguous."""
    channels = x.shape[-1]
    means = ops.mean(x, axis=1)
    if groups < channels:
        means = ops.mean(ops.reshape(means, (-1, groups, channels // groups)), axis=-1)
        means = ops.repeat(means, channels // groups, axis=-1)
    return ops.expand_dims(means, 1)


def _require_groups(groups):
    if isinstance(groups, int) and groups == -1:
        return groups
    return require_int("groups", groups)
