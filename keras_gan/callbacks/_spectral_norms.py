"""The spectral norms of a network's weights."""

import keras
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.layers import SpectralNormalization

_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)

# From a random start the estimate is then within some per cent, from below; each iteration reads the weights twice.
_ITERATIONS = 6


def largest_spectral_norm(network):
    """Estimate the largest of the spectral norms of a network's weights.

    Each array of weights is taken as a matrix with one column an output channel. What a `SpectralNormalization` wraps
    is taken as the network uses it, normalised: its norm is 1 as long as the layer's own estimate keeps up.

    Args:
        network: keras.Model with weights of at least two axes.

    Returns:
        float32 scalar; 0 for a network without such weights.
    """
    return tf.reduce_max([tf.constant(0.0), *map(_spectral_norm, _matrices(network))])


def _matrices(network):
    layers = every_layer(network)
    normalizations = [layer for layer in layers if isinstance(layer, SpectralNormalization)]
    transposed = {id(layer.kernel) for layer in layers if isinstance(layer, _TRANSPOSED)}
    wrapped = {id(weight) for layer in normalizations for weight in layer.layer.weights}
    plain = [w for w in network.trainable_weights if len(w.shape) >= 2 and id(w) not in wrapped]
    kernels = [(layer.normalized_kernel(), isinstance(layer.layer, _TRANSPOSED)) for layer in normalizations]
    kernels += [(tf.cast(weight.value, tf.float32), id(weight) in transposed) for weight in plain]
    for kernel, is_transposed in kernels:
        matrix = tf.linalg.matrix_transpose(kernel) if is_transposed else kernel
        yield tf.reshape(matrix, (-1, matrix.shape[-1]))


def _spectral_norm(matrix):
    """The norm of a matrix by the power method, from a start that is the same each time."""
    vector = tf.random.stateless_normal((matrix.shape[1], 1), seed=(0, 0), alg="philox")
    for _ in range(_ITERATIONS):
        vector = tf.math.l2_normalize(tf.matmul(matrix, tf.matmul(matrix, vector), transpose_a=True))
    return tf.norm(tf.matmul(matrix, vector))
