"""The blocks of the transformers: attention, and what is around it."""

import keras
from keras import layers, ops

from keras_gan._arguments import require_int

_EXPANSION = 4


@keras.saving.register_keras_serializable(package="keras_gan")
class Attention(keras.layers.Layer):
    """Scaled dot-product attention of several heads, on queries, keys and values that stand next to each other.

    It has no weights. Vaswani et al. 2017 (arXiv 1706.03762), equation 1. Right to second order.

    Args:
        heads: int, the number of heads; it must divide the width.
    """

    def __init__(self, heads, **kwargs):
        super().__init__(**kwargs)
        self.heads = require_int("heads", heads)

    def call(self, inputs):
        """Return the mean of the values, `(batch, tokens, width)`, for an input `(batch, tokens, 3 width)`."""
        tokens, width = inputs.shape[1], inputs.shape[2] // 3
        parts = ops.reshape(inputs, (-1, tokens, 3, self.heads, width // self.heads))
        queries, keys, values = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)
        queries = queries * (width // self.heads) ** -0.5
        # float32: the exponentials.
        exact = keras.backend.result_type(inputs.dtype, "float32")
        logits = ops.cast(ops.matmul(queries, ops.swapaxes(keys, -1, -2)), exact)
        weights = ops.cast(ops.softmax(logits), values.dtype)
        means = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        return ops.reshape(means, (-1, tokens, width))

    def compute_output_shape(self, input_shape):
        """A third of the input's width."""
        batch, tokens, width = input_shape
        return (batch, tokens, width // 3)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "heads": self.heads}


@keras.saving.register_keras_serializable(package="keras_gan")
class Positions(keras.layers.Layer):
    """Adds a learned vector to each token, from N(0, 0.02)."""

    def build(self, input_shape):
        """Create the vectors."""
        initializer = keras.initializers.RandomNormal(0.0, 0.02)
        self.vectors = self.add_weight(name="vectors", shape=tuple(input_shape[1:]), initializer=initializer)

    def call(self, inputs):
        """Add them to `(batch, tokens, width)`."""
        return inputs + self.vectors

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape


def transformer_block(x, heads, name):
    """Attention between the tokens, then a network for each token alone; each adds to a normalised copy's result.

    The layers that add to `x` start from 0, so a block begins as the identity, at any depth.
    """
    width = x.shape[-1]
    y = layers.RMSNormalization(name=f"{name}_norm_0")(x)
    y = layers.Dense(3 * width, use_bias=False, name=f"{name}_queries_keys_values")(y)
    y = Attention(heads, name=f"{name}_attention")(y)
    y = layers.Dense(width, kernel_initializer="zeros", name=f"{name}_attended")(y)
    x = layers.Add(name=f"{name}_add_0")([x, y])
    y = layers.RMSNormalization(name=f"{name}_norm_1")(x)
    y = layers.Dense(_EXPANSION * width, activation="silu", name=f"{name}_hidden")(y)
    y = layers.Dense(width, kernel_initializer="zeros", name=f"{name}_mixed")(y)
    return layers.Add(name=f"{name}_add_1")([x, y])
