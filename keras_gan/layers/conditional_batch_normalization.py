"""Batch normalisation whose gain and bias depend on a class, or on a vector."""

import keras
from keras import ops

from keras_gan._arguments import require_bool, require_channels_last, require_int, require_number
from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable(package="keras_gan")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation of which each sample has its own gain and bias: those of its class, or of a vector.

    It tells a generator its class in every block. A label that is only appended to the latents has to survive all the
    layers in between.

        y = gain(c) (x - m) / sqrt(s^2 + epsilon) + bias(c),    gain(c) = 1 + A c,    bias(c) = B c

    m and s^2 are the statistics of the whole batch, of all classes, as in `BatchNormalization`, which computes them:
    inference uses their moving averages, so an image does not depend on the classes that are drawn with it.

    With `num_classes`, c is a label, and A and B are two embeddings: Miyato and Koyama 2018 (arXiv 1802.05637), section
    4, after Dumoulin et al. 2017 (arXiv 1610.07629), equation 5. Their gains start from 1 and their biases from 0, as
    here, where the embeddings hold the difference from 1. Without it, c is a vector, and A and B are two matrices, as
    in BigGAN (Brock et al. 2018, arXiv 1809.11096, appendix B).

    Args:
        num_classes: int, the number of classes for labels; None for vectors.
        momentum: float, of the moving averages.
        epsilon: float, added to the variance; 2e-5 in the code of Miyato and Koyama.
        initializer: initializer of A and B.
        spectral_normalization: bool, whether to divide A and B by their spectral norms; for vectors only.

    Returns:
        For an input [x, c], a tensor of the shape of x, `(batch, ..., channels)`, in the layer's compute dtype. c is an
        integer tensor `(batch,)` in [0, num_classes), or a tensor `(batch, size)`.

    Raises:
        ValueError: if an argument is out of range, `spectral_normalization` is True for labels or with weights that
            start from zero, or the input is not a pair of this kind.

    Example:
        >>> import numpy as np
        >>> layer = ConditionalBatchNormalization(num_classes=2)
        >>> x, labels = np.array([[1.0], [3.0]], "float32"), np.array([0, 1])
        >>> _ = layer([x, labels])
        >>> _ = layer.biases.embeddings.assign([[10.0], [20.0]])
        >>> np.asarray(layer([x, labels], training=True)).round(3).tolist()
        [[9.0], [21.0]]
    """

    def __init__(
        self,
        num_classes=None,
        *,
        momentum=0.9,
        epsilon=2e-5,
        initializer="zeros",
        spectral_normalization=False,
        **kwargs,
    ):
        # No autocasting: the gains and biases are computed and applied in float32.
        super().__init__(autocast=False, **kwargs)
        require_channels_last()
        self.num_classes = None if num_classes is None else require_int("num_classes", num_classes, low=2)
        self.momentum = require_number("momentum", momentum, low=0.0, high=1.0)
        self.epsilon = require_number("epsilon", epsilon, low=0.0, open_low=True)
        self.initializer = keras.initializers.get(initializer)
        self.spectral_normalization = require_bool("spectral_normalization", spectral_normalization)
        _require_norm(self)

    def build(self, input_shape):
        """Create the normalisation, and A and B as `gains` and `biases`."""
        shape, _ = _require_pair(input_shape, self.num_classes)
        self.normalization = BatchNormalization(
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
            name="normalization",
        )
        self.normalization.build(shape)
        self.gains, self.biases = (self._affine(shape[-1], input_shape[1], name) for name in ("gains", "biases"))

    def _affine(self, channels, condition_shape, name):
        settings = {"name": name, "dtype": self.variable_dtype}
        # Each layer draws numbers of its own.
        initializer = self.initializer.clone() if hasattr(self.initializer, "clone") else self.initializer
        if self.num_classes is None:
            layer = keras.layers.Dense(channels, use_bias=False, kernel_initializer=initializer, **settings)
        else:
            layer = keras.layers.Embedding(self.num_classes, channels, initializer, **settings)
        layer = SpectralNormalization(layer, name=name) if self.spectral_normalization else layer
        layer.build(condition_shape)
        return layer

    def call(self, inputs, training=None):
        """Normalise the first input, and scale and shift it by the second."""
        x, condition = inputs
        x = self.normalization(x, training=training)
        shape = (-1, *[1] * (len(x.shape) - 2), x.shape[-1])
        gains, biases = (ops.reshape(layer(condition), shape) for layer in (self.gains, self.biases))
        # float32: bfloat16 rounds all gains within 0.4 % of 1 to 1, and classes begin to differ by less.
        return ops.cast(ops.cast(x, gains.dtype) * (1.0 + gains) + biases, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the first input."""
        return tuple(input_shape[0])

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "initializer": keras.initializers.serialize(self.initializer),
            "spectral_normalization": self.spectral_normalization,
        }


def _require_norm(layer):
    """Raise for a spectral normalisation of what has no norm, or must not have one."""
    if not layer.spectral_normalization:
        return
    if layer.num_classes is not None:
        raise ValueError(
            "The gains and biases of labels have no spectral normalisation, which ties all classes to the loudest: "
            "leave it out, or give vectors instead of labels. Received: spectral_normalization=True, "
            f"num_classes={layer.num_classes}"
        )
    if isinstance(layer.initializer, keras.initializers.Zeros):
        raise ValueError(
            "Weights of zero have no norm, and the first update would take them to a norm of 1: give another "
            "`initializer` for `spectral_normalization`, such as 'orthogonal'. Received: initializer='zeros'"
        )


def _require_pair(input_shape, num_classes):
    """Return the shapes of the map and of the condition, or raise."""
    condition, rank = ("vectors (batch, size)", 2) if num_classes is None else ("labels (batch,)", 1)
    is_pair = isinstance(input_shape, list | tuple) and len(input_shape) == 2
    shapes = [tuple(shape) if isinstance(shape, list | tuple) else () for shape in input_shape] if is_pair else []
    if not is_pair or len(shapes[0]) < 2 or len(shapes[1]) != rank:
        raise ValueError(
            f"ConditionalBatchNormalization takes a list of two: a map (batch, ..., channels) and {condition}. "
            f"Received: input_shape={input_shape}"
        )
    return shapes
