"""Samples of categories that a gradient passes through."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_number, require_seed

# The smallest number that is drawn: half a step of a 24-bit number in [0, 1), whose logarithm is finite.
_SMALLEST = 2.0**-25


@keras.saving.register_keras_serializable(package="keras_gan")
class GumbelSoftmax(keras.layers.Layer):
    """Draws a category by its logits, as a row of numbers with a gradient.

    A category is drawn exactly by the largest of o + g, with independent Gumbel noise g of each category. The softmax
    in the place of the maximum makes this differentiable, with the logits o, the inverse temperature beta, and uniform
    numbers u:

        y = softmax(beta (o + g)),   g = -log(-log(u))

    Jang et al. 2016 (arXiv 1611.01144), equation 2, and Maddison et al. 2016 (arXiv 1611.00712), where 1 / beta is the
    temperature. The larger beta, the closer is y to a row of zeros and a one, and the wilder its
    gradient.

    With `straight_through` the output is that row of zeros and a one, which the next layer may need, and its gradient
    that of y (section 2.2 of the first paper): one_hot(argmax y) + y - stop(y), whose value is the first term.

    The layer computes in float32, and returns its compute dtype. In inference mode nothing is drawn unless `uniform` is
    given: g is 0.

    Args:
        inverse_temperature: beta, a number above 0.
        straight_through: bool, whether the output is a row of zeros and a one.
        seed: int, for the numbers that it draws; None for a random seed.

    Returns:
        Tensor of the shape of the logits, `(..., categories)`, in [0, 1]; each row sums to 1.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import tensorflow as tf
        >>> logits = tf.math.log([[0.2, 0.3, 0.5]])
        >>> GumbelSoftmax(straight_through=True)(logits).numpy()
        array([[0., 0., 1.]], dtype=float32)
        >>> rows = GumbelSoftmax(straight_through=True, seed=0)(tf.repeat(logits, 10_000, axis=0), training=True)
        >>> tf.reduce_mean(rows, axis=0).numpy().round(1)
        array([0.2, 0.3, 0.5], dtype=float32)
    """

    def __init__(self, inverse_temperature=1.0, *, straight_through=False, seed=None, **kwargs):
        # float16 would round numbers near 1 to 1, where the noise is infinite.
        super().__init__(autocast=False, **kwargs)
        self.inverse_temperature = require_number("inverse_temperature", inverse_temperature, low=0.0, open_low=True)
        self.straight_through = require_bool("straight_through", straight_through)
        self.seed = None if seed is None else require_seed(seed)
        self._stream = keras.random.SeedGenerator(seed)

    def call(self, logits, uniform=None, inverse_temperature=None, training=False):
        """Draw categories.

        Args:
            logits: float tensor `(..., categories)`.
            uniform: float32 numbers in [0, 1) of the same shape; None for numbers that the layer draws.
            inverse_temperature: float32 scalar in the place of the layer's; None for the layer's.
            training: bool, whether to draw.
        """
        noisy = tf.cast(logits, tf.float32)
        if uniform is None and training:
            uniform = keras.random.uniform(tf.shape(noisy), dtype="float32", seed=self._stream)
        if uniform is not None:
            noisy += gumbel_of(uniform)
        beta = self.inverse_temperature if inverse_temperature is None else inverse_temperature
        soft = tf.nn.softmax(beta * noisy)
        if self.straight_through:
            hard = tf.one_hot(tf.argmax(noisy, axis=-1), noisy.shape[-1])
            # In this order the value is exact: the sum of a one and a rounded difference would not be.
            soft = hard + (soft - tf.stop_gradient(soft))
        return tf.cast(soft, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the logits."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **{key: value for key, value in super().get_config().items() if key != "autocast"},
            "inverse_temperature": self.inverse_temperature,
            "straight_through": self.straight_through,
            "seed": self.seed,
        }


def gumbel_of(uniform):
    """Gumbel noise, float32, of uniform numbers in [0, 1): -log(-log(u)).

    Args:
        uniform: float32 tensor.
    """
    return -tf.math.log(-tf.math.log(tf.clip_by_value(uniform, _SMALLEST, 1.0 - 2.0**-24)))
