"""The contract of every augmentation, and the random numbers that augmentations draw."""

import abc

import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int
from keras_gan._configurable import Configurable
from keras_gan._quantity import scheduled
from keras_gan._tensors import require_float_images


class Augmentation(Configurable, abc.ABC):
    """A random change of the images that a discriminator sees, both real and fake.

    A discriminator that learns from few images memorises them, and then its gradient no longer helps the generator. It
    cannot memorise images that look different each time. The fakes are changed too, so the generator does not learn to
    make changed images. For this, its gradient must flow back through the change.

    An augmentation must be differentiable twice in the images, because a gradient penalty is taken with respect to the
    images before the change. (TensorFlow treats the gradient of `tf.image.resize` as a constant: do not use it here.)

    Subclasses define `__call__`. If they have arguments, they return them in `get_config`, as Keras layers do.

    An augmentation that adapts to the discriminator learns from its logits in `observe`. It remembers numbers in the
    variables of a Keras layer that it returns from `make_state`. The GAN calls this once and saves the layer, so such
    an augmentation belongs to one GAN.

    Attributes:
        name: what the augmentation is called in the logs.
        state: keras.layers.Layer with the augmentation's variables; None if it has none, or is not built.

    Example:
        >>> import tensorflow as tf
        >>> class Flip(Augmentation):
        ...     name = "flip"
        ...     def __call__(self, images, *, seed, step=0):
        ...         flipped = uniform_per_image(images, seed, (1, 1, 1)) < 0.5
        ...         return tf.where(flipped, images[:, :, ::-1], images)
        >>> images = tf.constant([-1.0, 0.0, 1.0], shape=(1, 1, 3, 1))
        >>> flipped = Flip()(tf.tile(images, (2, 1, 1, 1)), seed=tf.constant([0, 3], tf.int64))
        >>> flipped[:, 0, :, 0].numpy().tolist()
        [[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0]]
    """

    name = "augmentation"
    state = None

    @abc.abstractmethod
    def __call__(self, images, *, seed, step=0):
        """Return changed images.

        Args:
            images: float `(batch, height, width, channels)` in [-1, 1].
            seed: int64 tensor of shape (2,); the same seed makes the same change.
            step: int or int tensor, the training step at which a schedule is read.

        Returns:
            float32, of the shape of `images`; the values may leave [-1, 1].
        """

    def make_state(self):
        """Return a new layer with the variables of the augmentation; None, as here, if it has none."""

    def build(self):
        """Make the variables. A GAN calls it in the scope of its strategy.

        Raises:
            ValueError: if they belong to another GAN.
        """
        if self.state is not None:
            raise ValueError(
                f"A {type(self).__name__} adapts to the GAN that it was given to. Give each GAN a new one. "
                f"Received: {self!r} for a second time"
            )
        self.state = self.make_state()

    def observe(self, real_logits):
        """Learn from the discriminator's logits on real images: called at the end of each of its updates.

        Args:
            real_logits: float32 `(batch, 1)` or a patch map; on several replicas, this replica's part.
        """

    def scheduled(self):
        """Return the arguments that are schedules, for the logs: a dict such as `{"strength": schedule}`, or {}."""
        return scheduled(self)


def uniform_per_image(images, seed, shape=()):
    """Random numbers from the uniform distribution on [0, 1), different for each image.

    They depend on the seed alone and are the same with and without XLA. On several replicas, each gets the numbers
    that its images would get on a single device.

    Args:
        images: tensor `(batch, ...)`; on several replicas, this replica's part.
        seed: int64 tensor of shape (2,).
        shape: tuple of int, the shape of the numbers for one image.

    Returns:
        float32 `(batch, *shape)`.

    Raises:
        ValueError: if `images` are not floating-point numbers, or `seed` or `shape` are not as above.

    Example:
        >>> import tensorflow as tf
        >>> uniform_per_image(tf.zeros((3, 8, 8, 1)), tf.constant([1, 2], tf.int64), (2,)).shape
        TensorShape([3, 2])
    """
    images = require_float_images("images", images)
    if not isinstance(shape, tuple | list):
        raise ValueError(f"`shape` must be a tuple of integers. Received: shape={shape!r}")
    sizes = [require_int("shape", size) for size in shape]
    return _random.uniform((images.shape[0] or tf.shape(images)[0], *sizes), seed)
