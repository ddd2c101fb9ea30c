"""The pixel normalisation of ProGAN."""

import keras
from keras import ops

from keras_gan._arguments import require_channels_last, require_number


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelNormalization(keras.layers.Layer):
    """Scales the channels of every pixel, or the entries of every vector, to a mean square of 1.

    With it, the activations of a generator cannot grow without bound while the two players compete. It has no weights
    and mixes neither pixels nor samples. With C channels:

        y = x / sqrt(sum over the channels of x^2 / C + epsilon)

    Karras et al. 2017 (arXiv 1710.10196), section 4.2. The mapping networks of StyleGAN normalise their latents so.

    Args:
        epsilon: float, added to the mean square.

    Returns:
        Tensor of the input's shape `(batch, ..., channels)` in the layer's compute dtype. The mean square is computed
        in float32 under every policy.

    Raises:
        ValueError: if `epsilon` is not a positive number.

    Example:
        >>> import numpy as np
        >>> PixelNormalization()(np.array([[3.0, -3.0], [0.5, 0.5]], "float32")).numpy().round(3).tolist()
        [[1.0, -1.0], [1.0, 1.0]]
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.epsilon = require_number("epsilon", epsilon, low=0.0, open_low=True)
        self.built = True

    def call(self, inputs):
        """Normalise `inputs`."""
        # float32: the square of a float16 activation overflows from 256 on.
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        factors = ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + self.epsilon)
        return inputs * ops.cast(factors, inputs.dtype)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}
