"""Convolutions that decide at each place what of their features passes."""

import keras
from keras import ops

from keras_gan._arguments import require_channels_last, require_int
from keras_gan.layers.convolution import Conv2D


@keras.saving.register_keras_serializable(package="keras_gan")
class GatedConv2D(keras.layers.Layer):
    """A convolution whose features are multiplied by gates from 0 to 1, which a second convolution computes.

    A plain convolution treats all pixels alike, although those in a hole mean nothing. Here each place and each channel
    has a soft gate that is learnt, and so the network can follow the outline of a hole through its layers. With the
    activation phi, the sigmoid s and the convolutions F and G:

        phi(F(x)) s(G(x))

    Yu et al. 2018 (arXiv 1806.03589), equation 3, as in the authors' code: one kernel has the channels of F before
    those of G, and phi is the ELU.

    Args:
        filters: int, the channels of the output; the kernel makes twice as many.
        kernel_size: int, the side of the kernel.
        strides: int.
        dilation_rate: int, the distance of the pixels that the kernel sees; 1 for neighbours.
        activation: phi, as Keras names it; None for the identity.
        kernel_initializer: initializer of the kernel.

    Returns:
        Tensor `(batch, ceil(height / strides), ceil(width / strides), filters)` in the layer's compute dtype.

    Raises:
        ValueError: if a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> GatedConv2D(4, 3, strides=2)(np.zeros((1, 8, 6, 3), "float32")).shape
        TensorShape([1, 4, 3, 4])
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        strides=1,
        dilation_rate=1,
        activation="elu",
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_channels_last()
        self.filters, self.kernel_size = require_int("filters", filters), require_int("kernel_size", kernel_size)
        self.strides, self.dilation_rate = require_int("strides", strides), require_int("dilation_rate", dilation_rate)
        self.activation = keras.activations.get(activation)
        self.convolution = Conv2D(
            2 * self.filters,
            self.kernel_size,
            strides=self.strides,
            dilation_rate=self.dilation_rate,
            padding="same",
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="convolution",
        )

    def build(self, input_shape):
        """Build the convolution."""
        self.convolution.build(input_shape)

    def call(self, inputs):
        """Convolve, and multiply features by gates."""
        features, gates = ops.split(self.convolution(inputs), 2, axis=-1)
        return self.activation(features) * ops.sigmoid(gates)

    def compute_output_shape(self, input_shape):
        """Return the shape of the features."""
        return (*self.convolution.compute_output_shape(input_shape)[:-1], self.filters)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.convolution.kernel_initializer),
        }
