"""The end of generators without a tanh."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ClippedImages(keras.layers.Layer):
    """Images that are clipped to [-1, 1] when they are drawn, and left as they are in training.

    A tanh or a clipping would take away the gradient of pixels that are black or white, just where the discriminator
    may still want to change them. Without one, the discriminator itself keeps the generator in the range of the data.
    """

    def __init__(self, **kwargs):
        # float32: the images do not follow a mixed policy.
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs, training=None):
        """Clip, except in training."""
        return inputs if training else ops.clip(inputs, -1.0, 1.0)

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape
