"""The leaky rectifier, with a second-order gradient that costs nothing."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._gradients import with_gradient


@keras.saving.register_keras_serializable(package="keras_gan")
class LeakyReLU(keras.layers.Layer):
    """The leaky rectified linear unit, for discriminators with a penalty on their gradient.

        max(x, slope x)

    It runs as one kernel forward and one backward. The slope is constant on each side, so the second-order gradient of
    a gradient penalty has no path through it. TensorFlow's own LeakyRelu returns zeros for that path instead of no
    gradient, and the layers below then run their convolutions on these zeros. Values and gradients are those of
    `keras.layers.LeakyReLU`.

    Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".

    Args:
        negative_slope: float in [0, 1], the slope below 0; 0.2 in most GANs.

    Returns:
        A tensor of the input's shape, in the layer's compute dtype.

    Raises:
        ValueError: if `negative_slope` is not a number in [0, 1].

    Example:
        >>> import numpy as np
        >>> LeakyReLU(0.25)(np.array([-4.0, 0.0, 3.0], "float32")).numpy().tolist()
        [-1.0, 0.0, 3.0]
    """

    def __init__(self, negative_slope=0.2, **kwargs):
        super().__init__(**kwargs)
        self.negative_slope = require_number("negative_slope", negative_slope, low=0.0, high=1.0)
        self.supports_masking = True
        self.built = True

    def call(self, inputs):
        """Apply it to each value."""
        return with_gradient(
            lambda x: tf.raw_ops.LeakyRelu(features=x, alpha=self.negative_slope),
            lambda outputs, upstream: (self._backward(upstream, outputs),),
            tf.convert_to_tensor(inputs),
        )

    def _backward(self, upstream, outputs):
        """The upstream gradient by the slope; what comes back to it is multiplied by the slope again.

        The outputs are positive where the inputs are. So nothing else needs the inputs, and TensorFlow can merge the
        layer with the convolution before it.
        """
        return with_gradient(
            lambda g: tf.raw_ops.LeakyReluGrad(gradients=g, features=outputs, alpha=self.negative_slope),
            lambda _, second: (self._backward(second, outputs),),
            upstream,
        )

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "negative_slope": self.negative_slope}
