"""A network for images, used on every frame of a clip."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class FrameByFrame(keras.layers.Layer):
    """Calls a network once on all frames of all clips, as on a batch of images.

    Every frame passes through the same network, and nothing passes from one to another. `keras.layers.TimeDistributed`
    calls the network again for each frame. Then the statistics of batch normalisation are those of the first frames, of
    the second ones, and so on, and none of them is what inference uses. Here they are over the batch and time:

        y[b, t] = network(x)[b, t],    x as a batch of images (b, t)

    Args:
        network: keras.Model or layer of one input and one output.

    Returns:
        Tensor `(batch, num_frames, ...)`, for an input `(batch, num_frames, ...)` of any number of frames.

    Raises:
        ValueError: if `network` is no Keras layer.

    Example:
        >>> import keras, numpy as np
        >>> FrameByFrame(keras.layers.MaxPooling2D())(np.zeros((2, 5, 8, 8, 3), "float32")).shape
        TensorShape([2, 5, 4, 4, 3])
    """

    def __init__(self, network, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(network, keras.layers.Layer):
            raise ValueError(f"`network` must be a keras.Model or a Keras layer. Received: network={network!r}")
        self.network = network

    def build(self, input_shape):
        """Build the network for one frame."""
        if not self.network.built:
            self.network.build((None, *input_shape[2:]))

    def call(self, inputs, training=None):  # noqa: ARG002 - Keras passes it on to the network
        """Call the network on all frames."""
        frames = ops.reshape(inputs, (-1, *inputs.shape[2:]))
        outputs = self.network(frames)
        length = inputs.shape[1] or ops.shape(inputs)[1]
        return ops.reshape(outputs, (-1, length, *outputs.shape[1:]))

    def compute_output_shape(self, input_shape):
        """Return the shape of the network's output for every frame."""
        return (*input_shape[:2], *self.network.compute_output_shape((None, *input_shape[2:]))[1:])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "network": keras.saving.serialize_keras_object(self.network)}

    @classmethod
    def from_config(cls, config):
        """Build the layer from `get_config`."""
        network = keras.saving.deserialize_keras_object(config.pop("network"))
        return cls(network, **config)
