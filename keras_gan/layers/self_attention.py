"""Attention between the positions of a map, after SAGAN."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_channels_last
from keras_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable(package="keras_gan")
class SelfAttention(keras.layers.Layer):
    """Adds to each position of a map what it reads from all other positions.

    A convolution sees a few pixels around each one. With this layer, distant parts of a picture can agree: two eyes on
    their colour, the legs of a dog on their number. With x_i the channels at position i,

        a_ij = softmax over j of theta(x_i) . phi(x)_j
        y_i  = x_i + gamma o(sum over j of a_ij g(x)_j)

    where theta, phi, g and o are 1x1 convolutions without biases, to C/8, C/8, C/2 and C of the C channels, and phi(x)
    and g(x) are max-pooled by 2: a position reads from a quarter of as many. gamma is one number that starts from 0, so
    the layer starts as the identity, and the network learns from near to far. The scores are not divided by the square
    root of their dimension.

    Zhang et al. 2018 (arXiv 1805.08318), section 3, as in the authors' code, and in BigGAN's: the paper's first version
    has no pooling, and C/8 channels in g. First and second-order gradients are right.

    Args:
        spectral_normalization: bool, whether to divide the four kernels by their spectral norms, as the authors do.
        kernel_initializer: initializer of the four kernels.

    Returns:
        Tensor of the input's shape, `(batch, height, width, channels)`, in the layer's compute dtype. The softmax is
        computed in float32.

    Raises:
        ValueError: if the input is not of rank 4 and a known size, or an argument is of the wrong type.

    Example:
        >>> import numpy as np
        >>> layer, x = SelfAttention(), np.ones((1, 4, 4, 16), "float32")
        >>> bool(np.all(layer(x) == x))
        True
        >>> layer.attention(x).shape
        TensorShape([1, 16, 4])
    """

    def __init__(self, *, spectral_normalization=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.spectral_normalization = require_bool("spectral_normalization", spectral_normalization)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        """Create the four convolutions and gamma."""
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "SelfAttention needs an input (batch, height, width, channels) of a known size. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        channels = input_shape[-1]
        few, half = max(channels // 8, 1), max(channels // 2, 1)
        self.theta, self.phi, self.g = (
            self._convolution(filters, name, channels) for filters, name in ((few, "theta"), (few, "phi"), (half, "g"))
        )
        self.o = self._convolution(channels, "o", half)
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def _convolution(self, filters, name, channels):
        # Each kernel draws numbers of its own.
        initializer = self.kernel_initializer
        initializer = initializer.clone() if hasattr(initializer, "clone") else initializer
        layer = keras.layers.Conv2D(
            filters, 1, use_bias=False, kernel_initializer=initializer, dtype=self.dtype_policy, name=name
        )
        layer = SpectralNormalization(layer, name=name) if self.spectral_normalization else layer
        layer.build((None, None, None, channels))
        return layer

    def call(self, inputs):
        """Add to `inputs` what each position reads."""
        x = tf.convert_to_tensor(inputs)
        weights = tf.cast(self.attention(x), self.compute_dtype)
        values = tf.matmul(weights, _rows(_pooled(self.g(x))))
        return x + self.gamma * self.o(tf.reshape(values, (-1, *x.shape[1:3], values.shape[-1])))

    def attention(self, inputs):
        """The weights a_ij: where each position reads.

        Args:
            inputs: tensor `(batch, height, width, channels)`.

        Returns:
            float32 `(batch, positions, keys)` in [0, 1], rows that sum to 1. Positions are in the order of the rows of
            the map, keys in that of the pooled map, whose odd sides are rounded up.
        """
        x = tf.cast(inputs, self.compute_dtype)
        queries, keys = self.theta(x), _pooled(self.phi(x))
        # At least float32: the scores are sums of products, and their exponentials overflow float16.
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        scores = tf.matmul(*(tf.cast(_rows(each), dtype) for each in (queries, keys)), transpose_b=True)
        return tf.nn.softmax(scores)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _pooled(x):
    """The largest value of each 2x2 block; a row or column too many is a block of its own.

    Not `tf.nn.max_pool2d`, whose second-order gradient XLA lacks in every type but float32.
    """
    height, width = x.shape[1:3]
    if height % 2 or width % 2:
        x = tf.pad(x, [(0, 0), (0, height % 2), (0, width % 2), (0, 0)], constant_values=x.dtype.min)
    blocks = tf.reshape(x, (tf.shape(x)[0], (height + 1) // 2, 2, (width + 1) // 2, 2, x.shape[-1]))
    return tf.reduce_max(blocks, (2, 4))


def _rows(x):
    """A map with one row for each position, `(batch, positions, channels)`."""
    return tf.reshape(x, (tf.shape(x)[0], -1, x.shape[-1]))
