"""The path length penalty."""

import math

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_function, require_int, require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_floats
from keras_gan.penalties._penalty import Penalty, finite_sqrt, warn_of_wrong_second_gradients
from keras_gan.penalties._running_means import RunningMeans


@keras.saving.register_keras_serializable(package="keras_gan")
class PathLength(Penalty):
    """Keeps the step of the image equally long for every step of the latents: a penalty of the generator.

    Where the length of the step changes from place to place, paths through the latents lead to sudden changes, and
    images are hard to find again. With the Jacobian J of the image in the styles w, y an image of normal noise, and a
    the running mean of the lengths:

        lambda  E[ (|J^T y| - a)^2 ],   y ~ N(0, I / pixels),   a <- a + (1 - decay) (E|J^T y| - a)

    J^T y is the gradient of the inner product of image and y. Karras et al. 2020 (StyleGAN2, arXiv 1912.04958),
    equation 4 and appendix B. As in the authors' code, y is divided by the root of the number of pixels, a moves before
    it is used, and the squared length is the mean over the styles of the squared norms. Here a is a constant of the
    backward pass, where their code lets a hundredth of the gradient through it.

    The styles come from the generator's model "mapping", and the image from its model "synthesis". A generator without
    these two is measured in its latents. Use it with `Lazy(PathLength(), every=4)`, as the paper does. With gradient
    accumulation, a moves once for each part.

    Args:
        weight: lambda, at least 0: a number, or a schedule of the training step.
        decay: the share of a that stays in each update, in [0, 1].
        shrink: int; the penalty is computed for one in so many latents: in the paper's code for half of a batch.

    Raises:
        ValueError: if an argument is out of range, or the penalty is given to a second GAN.

    Example:
        >>> import tensorflow as tf
        >>> turn = tf.constant([[0.0, 1.0], [-1.0, 0.0]])   # It keeps lengths, so |J^T y| = 3 |y|.
        >>> penalty, latents = PathLength(decay=0.0), tf.zeros((20_000, 2))
        >>> value = penalty(lambda z: 3.0 * z @ turn, latents, seed=tf.constant([0, 1], tf.int64))
        >>> abs(float(penalty.state.means["length"].value) / (3 * 1.2533) - 1) < 0.02   # E|y| is 1.2533 in a plane.
        True
    """

    name, player = "path_length", "generator"

    def __init__(self, weight=2.0, *, decay=0.99, shrink=2):
        self.weight = require_quantity("weight", weight, low=0.0)
        self.decay = require_number("decay", decay, low=0.0, high=1.0)
        self.shrink = require_int("shrink", shrink)

    def make_state(self):
        """Return the layer with the running mean of the lengths."""
        return RunningMeans("length")

    def __call__(self, generator, latents, *, seed=None, step=0):
        """Return the weighted penalty, and move the mean length.

        Args:
            generator: maps latents to samples `(batch, ...)`.
            latents: float32 `(batch, ...)`.
            seed: as in `Penalty.__call__`.
            step: as in `Penalty.__call__`.

        Returns:
            float32 scalar, at least 0.
        """
        if self.state is None:
            self.build()
        latents = tf.cast(require_floats("latents", latents), tf.float32)
        lengths = path_lengths(generator, latents[:: self.shrink], seed)
        mean = self.state.move("length", tf.reduce_mean(lengths), self.decay)
        return at(self.weight, step) * tf.reduce_mean(tf.square(lengths - mean))

    def validate(self, network):
        """Warn of layers whose second gradient is wrong."""
        warn_of_wrong_second_gradients(network, "generator")

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight), "decay": self.decay, "shrink": self.shrink}


def path_lengths(generator, latents, seed):
    """|J^T y| of each sample, float32 `(batch,)`; J in the styles if the generator has them, else in the latents."""
    require_function("generator", generator)
    start, draw = generator.path_from(latents) if hasattr(generator, "path_from") else (latents, generator)
    scale = getattr(generator, "inner_scale", 1.0)
    (seed,) = _random.seeds_of(seed, 1)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(start)
        images = tf.cast(draw(start), tf.float32)
        noise = _random.normal_like(images, seed) / math.sqrt(math.prod(images.shape[1:-1]))
        inner = tf.reduce_sum(images * noise)
    gradients = tape.gradient(inner, start, output_gradients=tf.constant(scale), unconnected_gradients="zero") / scale
    squares = tf.reduce_sum(tf.square(tf.cast(gradients, tf.float32)), axis=-1)
    return finite_sqrt(tf.reduce_mean(squares, axis=tuple(range(1, squares.shape.rank))))
