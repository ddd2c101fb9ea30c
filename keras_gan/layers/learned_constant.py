"""The learnt input of StyleGAN's synthesis network."""

import keras
from keras import ops

from keras_gan._arguments import require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class LearnedConstant(keras.layers.Layer):
    """Returns the same learnt map for every sample of a batch.

    A generator whose layers are told what to draw by styles needs no latents at its input: it starts from a constant.
    Karras et al. 2018 (arXiv 1812.04948), section 2.

    Args:
        shape: tuple of int, the shape of the map, without the batch.
        initializer: what the map starts from, a `keras.initializers.Initializer` or its name; None for N(0, 1).

    Returns:
        For an input `(batch, ...)`, a tensor `(batch, *shape)` in the layer's compute dtype.

    Raises:
        ValueError: if `shape` is not a tuple of positive integers.

    Example:
        >>> import numpy as np
        >>> LearnedConstant((4, 4, 8))(np.zeros((3, 5), "float32")).shape
        TensorShape([3, 4, 4, 8])
    """

    def __init__(self, shape, *, initializer=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(shape, tuple | list) or not shape:
            raise ValueError(f"`shape` must be a tuple such as (4, 4, 512). Received: shape={shape!r}")
        self.shape = tuple(require_int("shape", size) for size in shape)
        normal = keras.initializers.RandomNormal(0.0, 1.0)
        self.initializer = normal if initializer is None else keras.initializers.get(initializer)

    def build(self, input_shape):  # noqa: ARG002
        """Create the map."""
        self.constant = self.add_weight(name="constant", shape=self.shape, initializer=self.initializer)

    def call(self, inputs):
        """Repeat the map for each of the inputs."""
        constant = ops.cast(self.constant, self.compute_dtype)
        return ops.tile(ops.expand_dims(constant, 0), (ops.shape(inputs)[0], *[1] * len(self.shape)))

    def compute_output_shape(self, input_shape):
        """Return the shape of the maps."""
        return (input_shape[0], *self.shape)

    def get_config(self):
        """Return the constructor's arguments."""
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "shape": self.shape, "initializer": initializer}
