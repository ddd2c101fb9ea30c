"""Between a vector and the smallest map: a weight for each position and channel."""

import keras


@keras.saving.register_keras_serializable(package="keras_gan")
class LearnedBasis(keras.layers.Layer):
    """Makes a map of a vector: each channel is a learned picture times one number of the vector.

    Args:
        sides: tuple (height, width) of the map.
    """

    def __init__(self, sides, **kwargs):
        super().__init__(**kwargs)
        self.sides = tuple(sides)

    def build(self, input_shape):
        """Create the pictures, N(0, 1)."""
        initializer = keras.initializers.RandomNormal(0.0, 1.0)
        self.basis = self.add_weight(name="basis", shape=(*self.sides, input_shape[-1]), initializer=initializer)

    def call(self, inputs):
        """Return the map `(batch, height, width, channels)` of a vector `(batch, channels)`."""
        return self.basis * inputs[:, None, None, :]

    def compute_output_shape(self, input_shape):
        """Return the shape of the map."""
        return (input_shape[0], *self.sides, input_shape[-1])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "sides": self.sides}


@keras.saving.register_keras_serializable(package="keras_gan")
class WeightedSum(keras.layers.Layer):
    """Makes a vector of a map: each channel's sum over the positions, with a learned weight for each.

    That is a depthwise convolution of a kernel as large as the map, without its slow gradient in bfloat16 on a CPU.
    """

    def build(self, input_shape):
        """Create the weights, of variance 1 / (height width)."""
        height, width = input_shape[1:3]
        initializer = keras.initializers.RandomNormal(0.0, (height * width) ** -0.5)
        self.kernel = self.add_weight(name="kernel", shape=tuple(input_shape[1:]), initializer=initializer)

    def call(self, inputs):
        """Return the vector `(batch, channels)` of a map `(batch, height, width, channels)`."""
        return keras.ops.sum(inputs * self.kernel, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        """Return the shape of the vector."""
        return (input_shape[0], input_shape[-1])
