"""The equalised learning rate of ProGAN."""

import math

import keras

from keras_gan._arguments import require_bool, require_number
from keras_gan.layers._reparametrised import CONVOLUTIONS, TRANSPOSED, call_with, require_float_kernel

_SUPPORTED = (keras.layers.Dense, *CONVOLUTIONS)


@keras.saving.register_keras_serializable(package="keras_gan")
class EqualizedLearningRate(keras.layers.Wrapper):
    """Gives a layer standard normal weights, and scales them wherever the layer uses them.

    Adam moves every weight by about its learning rate, whatever the size of the gradient. Weights of a small initial
    range, as in a layer with many inputs, would then change faster, relative to their range, than those of a layer with
    few. With the scale outside the stored weights, all layers learn at the same pace. With the stored kernel W and bias
    b, the gain g and the multiplier m, the wrapped layer computes with

        m g / sqrt(fan_in) W,    m b,    W ~ N(0, 1 / m^2) at the start

    so the kernel in use starts with the standard deviation g / sqrt(fan_in), and learns m times as fast. Karras et al.
    2017 (arXiv 1710.10196), section 4.1, with the constant of He et al. 2015; the multiplier is that of Karras et al.
    2018 (arXiv 1812.04948), who have 0.01 in the mapping network.

    Args:
        layer: a Dense, Conv1D, Conv2D, Conv3D, Conv1DTranspose, Conv2DTranspose or Conv3DTranspose layer. Its
            `kernel_initializer` is replaced; a layer that already has weights keeps them as its W and b. `fan_in` is
            the product of the kernel's sides and its input channels.
        gain: float, the g above: sqrt(2) before a ReLU or a LeakyReLU, 1 elsewhere.
        learning_rate_multiplier: float, the m above.
        name: str, the wrapper's name.
        trainable: bool, whether the weights are to be trained.

    Returns:
        What the wrapped layer returns.

    Raises:
        ValueError: if the layer is of another type, takes channels first, or has LoRA or quantised weights; or if a
            number is not positive.

    Example:
        >>> import numpy as np
        >>> layer = EqualizedLearningRate(keras.layers.Dense(1, use_bias=False), gain=2.0)
        >>> layer.build((None, 4))
        >>> layer.set_weights([np.ones((4, 1))])
        >>> layer(np.ones((1, 4), "float32")).numpy().tolist()   # 2 / sqrt(4) * (1 + 1 + 1 + 1)
        [[4.0]]
    """

    def __init__(self, layer, *, gain=1.0, learning_rate_multiplier=1.0, name=None, trainable=True):
        require_float_kernel("EqualizedLearningRate", layer, _SUPPORTED)
        # No autocasting: the wrapped layer casts the scaled weights by its own policy.
        super().__init__(
            layer, name=name, trainable=require_bool("trainable", trainable), dtype="float32", autocast=False
        )
        self.gain = require_number("gain", gain, low=0.0, open_low=True)
        self.learning_rate_multiplier = require_number(
            "learning_rate_multiplier", learning_rate_multiplier, low=0.0, open_low=True
        )
        layer.kernel_initializer = keras.initializers.RandomNormal(0.0, 1.0 / self.learning_rate_multiplier)
        self.supports_masking = layer.supports_masking

    def call(self, inputs):
        """Call the wrapped layer with its scaled weights."""
        layer, multiplier = self.layer, self.learning_rate_multiplier
        changed = [(layer.kernel, layer.kernel.value * self.scale)]
        if layer.use_bias and multiplier != 1.0:
            changed.append((layer.bias, layer.bias.value * multiplier))
        return call_with(layer, changed, inputs)

    @property
    def scale(self):
        """What the stored kernel is multiplied by, m g / sqrt(fan_in)."""
        shape = self.layer.kernel.shape
        inputs = shape[-1] if isinstance(self.layer, TRANSPOSED) else shape[-2]
        return self.learning_rate_multiplier * self.gain / math.sqrt(math.prod(shape[:-2]) * inputs)

    def compute_output_shape(self, input_shape):
        """The wrapped layer's output shape."""
        return self.layer.compute_output_shape(input_shape)

    def compute_mask(self, inputs, mask=None):
        """The wrapped layer's mask."""
        return self.layer.compute_mask(inputs, mask)

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        # The policy is fixed by the constructor; the wrapped layer saves its own.
        del config["dtype"]
        return {**config, "gain": self.gain, "learning_rate_multiplier": self.learning_rate_multiplier}
