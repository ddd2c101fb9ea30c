"""The orthogonal penalty."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._traversal import every_layer
from keras_gan.penalties._penalty import Penalty

_TRANSPOSED = keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose
_DEPTHWISE = keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D


@keras.saving.register_keras_serializable(package="keras_gan")
class Orthogonal(Penalty):
    """Keeps the filters of each layer perpendicular to each other, whatever their norms: a penalty of either player.

    A generator with such weights is smooth, and so more often works with truncated latents (it did in 60 % of the
    paper's models, without the penalty in 16 %). With W each layer's kernel as a matrix, one column for each filter:

        beta  sum over layers of  | W^T W * (1 - I) |^2     (* entry by entry, |.| the Frobenius norm)

    Brock et al. 2019 (BigGAN, arXiv 1809.11096), equation 3, for the generator, with beta 1e-4. The authors' code takes
    half of this gradient, so its 1e-4 is `Orthogonal(5e-5)` here. It leaves out the embedding of the classes; here all
    embeddings are left out, and so are the kernels of EinsumDense (attention). Filters of different groups of a
    convolution read different channels and are not compared.

    Args:
        weight: beta, at least 0: a number, or a schedule of the training step.
        player: "generator" or "discriminator", whose kernels are penalised. The logs call it "g_orthogonal" or
            "d_orthogonal".

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, `player` has another name, or (from
            `validate`) no layer of the network has a kernel.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
        >>> network.set_weights([np.array([[1.0, 2.0], [0.0, 1.0]])])   # Two filters with the inner product 2.
        >>> float(Orthogonal(0.5)(network))   # 0.5 (2^2 + 2^2)
        4.0
    """

    def __init__(self, weight=1e-4, *, player="generator"):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.player = require_choice("player", player, ("generator", "discriminator"))
        self.name = f"{self.player[0]}_orthogonal"

    def __call__(self, network, *samples, seed=None, step=0):  # noqa: ARG002
        """Return the weighted penalty.

        Args:
            network: keras.Model, or what has one in its attribute `network`.
            *samples: not used.
            seed: not used.
            step: as in `Penalty.__call__`.

        Returns:
            float32 scalar, at least 0.
        """
        filters = _filters_of(getattr(network, "network", network))
        return at(self.weight, step) * tf.add_n([_overlap(entry) for entry in filters])

    def validate(self, network):
        """Raise a ValueError if no layer of the network has a kernel."""
        if not _filters_of(network):
            raise ValueError(
                f"The {self.player} has no layer with a trainable kernel, such as Dense or Conv2D, so there is nothing "
                f"to keep orthogonal. Leave the penalty out. Received: {self.player}='{network.name}'"
            )

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "player": self.player}


def _filters_of(network):
    """The trainable kernels of a network, float32 `(groups, inputs, filters)` each."""
    trained = {id(weight) for weight in network.trainable_weights}
    layers = {id(layer): layer for layer in every_layer(network) if id(getattr(layer, "kernel", None)) in trained}
    return [_filters(layer) for layer in layers.values() if not isinstance(layer, keras.layers.EinsumDense)]


def _filters(layer):
    kernel = tf.cast(layer.kernel.value, tf.float32)
    if isinstance(layer, _TRANSPOSED):
        kernel = tf.linalg.matrix_transpose(kernel)
    depthwise = isinstance(layer, _DEPTHWISE)
    groups = kernel.shape[-2] if depthwise else getattr(layer, "groups", 1)
    filters = kernel.shape[-1] if depthwise else kernel.shape[-1] // groups
    return tf.transpose(tf.reshape(kernel, (-1, groups, filters)), (1, 0, 2))


def _overlap(filters):
    """Sum of the squared inner products between different filters of a group, a float32 scalar."""
    products = tf.matmul(filters, filters, transpose_a=True)
    return tf.reduce_sum(tf.square(tf.linalg.set_diag(products, tf.zeros(products.shape[:-1]))))
