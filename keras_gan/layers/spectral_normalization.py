"""Spectral normalisation that keeps the weights and differentiates through their norm."""

import contextlib
import contextvars

import keras
from keras import ops

from keras_gan._arguments import require_bool, require_int, require_number
from keras_gan.layers._reparametrised import CONVOLUTIONS, TRANSPOSED, call_with, require_float_kernel

_HELD = contextvars.ContextVar("keras_gan_power_iterations_held", default=False)

_SUPPORTED = (keras.layers.Dense, keras.layers.Embedding, *CONVOLUTIONS)


@contextlib.contextmanager
def hold_power_iterations():
    """Within this context, calls with `training=True` do not advance any `SpectralNormalization`.

    A GAN's training step calls its discriminator several times with the same weights and advances u once, by
    `SpectralNormalization.advance`: every call of the step then sees the same normalised weights, and the generator's
    step leaves the discriminator untouched.

    In graphs it acts when the step is traced: enter it inside the traced function, around the calls. It applies to its
    own thread only, so under `tf.distribute.MirroredStrategy` to the replica that entered it.

    Yields:
        None.

    Example:
        >>> import numpy as np
        >>> layer = SpectralNormalization(keras.layers.Dense(2))
        >>> _ = layer(np.eye(3, dtype="float32"))
        >>> before = layer.u.numpy()
        >>> with hold_power_iterations():
        ...     _ = layer(np.eye(3, dtype="float32"), training=True)
        >>> bool(np.all(layer.u.numpy() == before))
        True
    """
    token = _HELD.set(True)
    try:
        yield
    finally:
        _HELD.reset(token)


@keras.saving.register_keras_serializable(package="keras_gan")
class SpectralNormalization(keras.layers.Wrapper):
    """Divides a layer's weights by their largest singular value, wherever the layer uses them.

    It bounds how much each layer can stretch its input, and with it the gradients that a discriminator passes to the
    generator. `keras.layers.SpectralNormalization` overwrites the kernel with the normalised one at each training call,
    and so loses both the weights and the gradient through their norm. Here the wrapped layer keeps its weights W and
    computes with W / sigma(W), in training and at inference alike. For a convolution, sigma is the norm of the kernel
    as a matrix, as in the paper, not the norm of the convolution as an operator on images.

    With W as a matrix with one column for each output channel, and u a persistent unit vector with as many elements,
    `advance` repeats `power_iterations` times

        v = W u / |W u|,    u = W^T v / |W^T v|

    and each call uses, with u and v as constants of the backward pass,

        v = W u / |W u|,    sigma = v^T W u

    so that the gradient of sigma is v u^T. Miyato et al. 2018 (arXiv 1802.05957), equation 8 and algorithm 1. The
    algorithm evaluates sigma with the v from before the last update of u. Here v comes after that update: the estimate
    is never worse and depends on u alone, so inference repeats what training computed.

    u advances with every call with `training=True`, except inside `hold_power_iterations` and when the layer is not
    `trainable`; never at inference. Weights without a norm (sigma not above `epsilon`) are left unchanged.

    Args:
        layer: a Dense, Embedding, Conv1D, Conv2D, Conv3D, Conv1DTranspose, Conv2DTranspose or Conv3DTranspose layer.
            The dtype policy is the layer's own; the norm is computed in float32 from the unrounded weights.
        power_iterations: int, updates of u at each advance.
        epsilon: float, the norm up to which a vector counts as zero.
        name: str, the wrapper's name.
        trainable: bool, whether the weights are to be trained and u to advance.

    Returns:
        What the wrapped layer returns.

    Raises:
        ValueError: if the layer is of another type, takes channels first, or has LoRA or quantised weights,
            `power_iterations` is not a positive integer, or `epsilon` is not a positive number.

    Example:
        >>> import numpy as np
        >>> layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False), power_iterations=30)
        >>> layer.build((None, 3))
        >>> layer.layer.set_weights([np.diag([3.0, 2.0, 1.0])])
        >>> layer.advance()
        >>> np.round(np.asarray(layer(np.full((1, 3), 6.0, "float32"))), 3).tolist()
        [[6.0, 4.0, 2.0]]
    """

    def __init__(self, layer, *, power_iterations=1, epsilon=1e-12, name=None, trainable=True):
        require_float_kernel("SpectralNormalization", layer, _SUPPORTED)
        # No autocasting: the norm is that of the unrounded weights, and the wrapped layer casts by its own policy.
        super().__init__(
            layer, name=name, trainable=require_bool("trainable", trainable), dtype="float32", autocast=False
        )
        self.power_iterations = require_int("power_iterations", power_iterations)
        self.epsilon = require_number("epsilon", epsilon, low=0.0, open_low=True)
        self.supports_masking = layer.supports_masking

    def build(self, input_shape):
        """Build the wrapped layer, and u as a random direction after its first update."""
        super().build(input_shape)
        kernel = self._kernel
        self.u = self.add_weight(
            name="u",
            shape=(kernel.shape[-2 if isinstance(self.layer, TRANSPOSED) else -1],),
            initializer=_random_direction,
            dtype="float32",
            trainable=False,
            autocast=False,
            # Replicas compute the same u from the same weights; the mean keeps rounding from driving them apart.
            aggregation="mean",
        )
        # Far off, a random u would let the first outputs be many times too large.
        self.advance()

    def call(self, inputs, training=None):
        """Call the wrapped layer with its normalised weights."""
        if training and self.trainable and not _HELD.get():
            self.advance()
        return call_with(self.layer, [(self._kernel, self.normalized_kernel())], inputs)

    def advance(self):
        """Update u by `power_iterations` steps, in place."""
        matrix = ops.stop_gradient(self._matrix())
        u = ops.cast(self.u, matrix.dtype)
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(matrix, u), self.epsilon)
            image = ops.matmul(v, matrix)
            # u would stay 0 for ever: weights without a norm leave it unchanged.
            u = ops.where(ops.norm(image) > self.epsilon, _unit(image, self.epsilon), u)
        self.u.assign(ops.cast(u, "float32"))

    def sigma(self):
        """Return the estimate of the largest singular value, a float32 scalar differentiable in the weights."""
        matrix = self._matrix()
        projection = ops.matmul(matrix, ops.cast(ops.stop_gradient(self.u.value), matrix.dtype))
        return ops.sum(projection * ops.stop_gradient(_unit(projection, self.epsilon)))

    def normalized_kernel(self):
        """Return W / sigma in the shape of the wrapped layer's kernel, at least float32, differentiable in W."""
        sigma = self.sigma()
        return ops.cast(self._kernel, sigma.dtype) / ops.where(sigma > self.epsilon, sigma, ops.ones_like(sigma))

    @property
    def _kernel(self):
        """The variable that holds W (a property, because the wrapper would save an attribute a second time)."""
        return self.layer.embeddings if isinstance(self.layer, keras.layers.Embedding) else self.layer.kernel

    def _matrix(self):
        """W as a matrix with one column for each output channel, in float32 at least."""
        kernel = self._kernel
        kernel = ops.cast(kernel, keras.backend.result_type(kernel.dtype, "float32"))
        if isinstance(self.layer, TRANSPOSED):
            kernel = ops.swapaxes(kernel, -1, -2)
        return ops.reshape(kernel, (-1, kernel.shape[-1]))

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
        return {**config, "power_iterations": self.power_iterations, "epsilon": self.epsilon}


def _random_direction(shape, dtype=None):
    """A unit vector, uniform on the sphere."""
    return _unit(keras.initializers.RandomNormal(stddev=1.0)(shape, dtype), 0.0)


def _unit(vector, epsilon):
    """The vector scaled to norm 1, or nearly zero if its norm is at most epsilon."""
    return vector / ops.maximum(ops.norm(vector), epsilon)
