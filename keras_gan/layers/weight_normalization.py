"""Weight normalisation, and networks without it for inference."""

import keras
from keras import ops

from keras_gan._arguments import require_bool
from keras_gan.layers._reparametrised import CONVOLUTIONS, TRANSPOSED, call_with, require_float_kernel

_SUPPORTED = (keras.layers.Dense, *CONVOLUTIONS)
# Kernels of a smaller norm count as zero.
_SMALLEST_SQUARE = 1e-24


@keras.saving.register_keras_serializable(package="keras_gan")
class WeightNormalization(keras.layers.Wrapper):
    """Separates the length of each output channel's weights from their direction, and trains both.

    Vocoders depend on it: normalisation by the statistics of a batch or of a sample would take the loudness and the
    phase out of a waveform, while this only changes how the weights are learnt. The weights v of the wrapped layer, of
    which v_k are those of the output channel k, become

        w_k = g_k v_k / |v_k|

    wherever the layer uses them. The gains g begin as |v_k|, so the wrapped layer computes what it would without it.
    Salimans and Kingma 2016 (arXiv 1602.07868), equation 2. For a transposed convolution k is an output channel, too;
    the published code of MelGAN and HiFi-GAN has a gain for each input channel there, which is what PyTorch's function
    gives these layers by default.

    Weights without a norm become zero.

    Args:
        layer: a Dense, Conv1D, Conv2D, Conv3D, Conv1DTranspose, Conv2DTranspose or Conv3DTranspose layer. The dtype
            policy is the layer's own; the norm is computed in float32 from the unrounded weights.
        name: str, the wrapper's name.
        trainable: bool, whether the weights and the gains are to be trained.

    Returns:
        What the wrapped layer returns.

    Raises:
        ValueError: if the layer is of another type, takes channels first, or has LoRA or quantised weights.

    Example:
        >>> import numpy as np
        >>> layer = WeightNormalization(keras.layers.Dense(1, use_bias=False))
        >>> layer.build((None, 2))
        >>> layer.layer.set_weights([np.array([[3.0], [4.0]])])
        >>> _ = layer.gain.assign([10.0])
        >>> np.round(np.asarray(layer(np.ones((1, 2), "float32"))), 3).tolist()   # 10 (3 + 4) / 5
        [[14.0]]
    """

    def __init__(self, layer, *, name=None, trainable=True):
        require_float_kernel("WeightNormalization", layer, _SUPPORTED)
        # No autocasting: the norm is that of the unrounded weights, and the wrapped layer casts by its own policy.
        super().__init__(
            layer, name=name, trainable=require_bool("trainable", trainable), dtype="float32", autocast=False
        )
        self.supports_masking = layer.supports_masking

    def build(self, input_shape):
        """Build the wrapped layer, and gains with which it computes the same."""
        super().build(input_shape)
        kernel = self.layer.kernel
        channels = kernel.shape[-2 if isinstance(self.layer, TRANSPOSED) else -1]
        self.gain = self.add_weight(name="gain", shape=(channels,), initializer="ones", dtype="float32", autocast=False)
        self.gain.assign(ops.reshape(self._norms(), (channels,)))

    def call(self, inputs):
        """Call the wrapped layer with its normalised weights."""
        return call_with(self.layer, [(self.layer.kernel, self.normalized_kernel())], inputs)

    def normalized_kernel(self):
        """Return the weights w in the shape of the kernel, at least float32, differentiable in v and in g."""
        norms = self._norms()
        return self._kernel() * (ops.cast(ops.reshape(self.gain, norms.shape), norms.dtype) / norms)

    def _kernel(self):
        """The weights v, in float32 at least."""
        kernel = self.layer.kernel
        return ops.cast(kernel, keras.backend.result_type(kernel.dtype, "float32"))

    def _norms(self):
        """The norm of each output channel's weights, of a shape that broadcasts to the kernel's."""
        kernel = self._kernel()
        output = kernel.ndim - (2 if isinstance(self.layer, TRANSPOSED) else 1)
        others = [axis for axis in range(kernel.ndim) if axis != output]
        return ops.sqrt(ops.maximum(ops.sum(ops.square(kernel), axis=others, keepdims=True), _SMALLEST_SQUARE))

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
        return config


def fold_weight_normalization(network):
    """A copy of a network that computes the same without weight normalisation, for inference.

    A trained network needs the weights w alone, and not their lengths and directions. To compute w in every call takes
    longer than a short input itself.

    Args:
        network: keras.Model, functional or Sequential. `WeightNormalization` inside a model of its own, or inside
            another layer, stays.

    Returns:
        keras.Model with the same inputs and outputs, of which no later training of `network` changes the weights.

    Raises:
        ValueError: if this is no functional or Sequential model.

    Example:
        >>> import numpy as np
        >>> network = keras.Sequential([keras.Input((3,)), WeightNormalization(keras.layers.Dense(2))])
        >>> folded = fold_weight_normalization(network)
        >>> x = np.arange(3.0).reshape(1, 3)
        >>> bool(np.allclose(folded(x), network(x), atol=1e-6)), folded.count_params(), network.count_params()
        (True, 8, 10)
    """
    if not isinstance(network, keras.Model) or not (
        isinstance(network, keras.Sequential) or hasattr(network, "operations")
    ):
        raise ValueError(
            "Weight normalisation can be folded in a functional or Sequential keras.Model. "
            f"Received: network={network!r:.80}"
        )
    copy = keras.models.clone_model(network, clone_function=_without_normalization)
    for old, new in zip(network.layers, copy.layers, strict=True):
        new.set_weights(_folded_weights(old))
    return copy


def _without_normalization(layer):
    if not isinstance(layer, WeightNormalization):
        return type(layer).from_config(layer.get_config())
    return type(layer.layer).from_config({**layer.layer.get_config(), "name": layer.name})


def _folded_weights(layer):
    if not isinstance(layer, WeightNormalization):
        return layer.get_weights()
    kernel = layer.layer.kernel
    return [
        ops.convert_to_numpy(layer.normalized_kernel() if weight is kernel else weight)
        for weight in layer.layer.weights
    ]
