"""The minibatch discrimination of Salimans et al."""

import keras
from keras import ops

from keras_gan._arguments import require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Tells a discriminator how near each sample is to the others of its batch.

    A generator that has collapsed makes samples that are each believable and all alike. With this layer, placed before
    its last one, a discriminator can see that. Unlike `MinibatchStddev`, it has weights, and each sample has its own
    numbers. With the features f of sample i and a tensor T of weights, M = f T is a matrix of B rows for each sample,
    and

        o_b(i) = sum over j of exp(-|M_b(i) - M_b(j)|_1),   b = 1, ..., B

    is appended to the features. The sum includes j = i, which adds 1. Salimans et al. 2016 (arXiv 1606.03498),
    section 3.2. The kernels start from N(0, 0.05), and with 100 rows of 5, as in the authors' code, which leaves out
    j = i and adds a bias.

    The numbers grow with the batch, so train and evaluate with one batch size. Each replica, and each part of gradient
    accumulation, compares its own samples. Pass real and generated samples through the discriminator separately.

    Args:
        num_kernels: int, B, the number of appended features.
        kernel_dim: int, the length of each row.

    Returns:
        For an input `(batch, features)`, a tensor `(batch, features + num_kernels)` in the layer's compute dtype. The
        distances are computed in float32 under every policy.

    Raises:
        ValueError: if an argument is not a positive integer, or the input is not `(batch, features)`.

    Example:
        >>> import numpy as np
        >>> layer = MinibatchDiscrimination(num_kernels=1)
        >>> np.asarray(layer(np.ones((3, 2), "float32"))).tolist()
        [[1.0, 1.0, 3.0], [1.0, 1.0, 3.0], [1.0, 1.0, 3.0]]
    """

    def __init__(self, num_kernels=100, kernel_dim=5, **kwargs):
        super().__init__(**kwargs)
        self.num_kernels = require_int("num_kernels", num_kernels)
        self.kernel_dim = require_int("kernel_dim", kernel_dim)

    def build(self, input_shape):
        """Create the kernels."""
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise ValueError(
                "MinibatchDiscrimination needs an input (batch, features) whose number of features is known: add a "
                f"`keras.layers.Flatten` before it. Received: input_shape={tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.num_kernels * self.kernel_dim),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
        )

    def call(self, inputs):
        """Append the nearness of the other samples to `inputs`."""
        rows = ops.reshape(ops.matmul(inputs, self.kernel), (-1, self.num_kernels, self.kernel_dim))
        # float32: the sum of so many distances, and of so many samples, is coarse in half precision.
        rows = ops.cast(rows, keras.backend.result_type(rows.dtype, "float32"))
        distances = ops.sum(ops.abs(ops.expand_dims(rows, 1) - ops.expand_dims(rows, 0)), axis=-1)
        nearness = ops.sum(ops.exp(-distances), axis=1)
        return ops.concatenate([inputs, ops.cast(nearness, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the input's shape with `num_kernels` more features."""
        return (*input_shape[:-1], input_shape[-1] + self.num_kernels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim}
