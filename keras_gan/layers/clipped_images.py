"""The last layer of a generator without a tanh."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ClippedImages(keras.layers.Layer):
    """Returns images as they are in training, and clips them to [-1, 1] in inference.

    Some generators end without a tanh, so their images leave the range of the real ones by a little. In training the
    discriminator has to see that to correct it, and a clipped pixel would have no gradient. The pictures that a
    generator is asked for are within the range: the published codes clip them where they make bytes of them.

    Args:
        name: str, the layer's name.

    Returns:
        float32 tensor of the input's shape, within [-1, 1] unless `training` is true.

    Example:
        >>> import numpy as np
        >>> layer = ClippedImages()
        >>> images = np.array([-1.5, 0.5], "float32")
        >>> layer(images).numpy().tolist(), layer(images, training=True).numpy().tolist()
        ([-1.0, 0.5], [-1.5, 0.5])
    """

    def __init__(self, *, name=None):
        super().__init__(name=name, dtype="float32")
        self.built = True

    def call(self, inputs, training=None):
        """Clip in inference."""
        return inputs if training else ops.clip(inputs, -1.0, 1.0)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {"name": self.name}
