"""Layers for networks that complete pictures: what they are shown of a hole, and how a painting gets into it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class WithMasks(keras.layers.Layer):
    """Joins a picture, a plane of ones, and its mask.

    Convolutions pad with zeros, and the plane of ones shows where the picture ends.
    """

    def call(self, inputs):
        """Join the channels."""
        images, masks = inputs
        return ops.concatenate([images, ops.ones_like(masks), masks], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the picture's shape with two channels more."""
        *shape, channels = input_shape[0]
        return (*shape, channels + 2)


@keras.saving.register_keras_serializable(package="keras_gan")
class PastedIntoHoles(keras.layers.Layer):
    """Pictures whose holes show a painting: a list of painting, picture and mask becomes m y + (1 - m) x."""

    def call(self, inputs):
        """Paste."""
        painting, images, masks = inputs
        return masks * painting + (1.0 - masks) * images

    def compute_output_shape(self, input_shape):
        """Return the picture's shape."""
        return tuple(input_shape[1])
