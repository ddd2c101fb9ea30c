"""Gaussian noise on what the discriminator sees."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.augmentation.augmentation import Augmentation


@keras.saving.register_keras_serializable(package="keras_gan")
class InstanceNoise(Augmentation):
    """Adds Gaussian noise to real and fake images.

    Real images lie on a thin surface in the space of all pixels, and so do fakes. If the two surfaces hardly meet, a
    discriminator can be perfect, and its gradient is useless. Noise makes the distributions overlap. With the level
    sigma, for each pixel:

        x + sigma e,   e ~ N(0, 1)

    Sønderby et al. 2016 (arXiv 1610.04490), where the level falls to 0 during training; Arjovsky and Bottou 2017
    (arXiv 1701.04862), who show why it helps. The images that the GAN generates have no noise.

    Args:
        level: sigma, at least 0, for images in [-1, 1]: a number, or a schedule of the training step.

    Raises:
        ValueError: if `level` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> from keras_gan.schedules import Linear
        >>> noise, seed = InstanceNoise(Linear(0.2, 0.0, steps=1000)), tf.constant([0, 1], tf.int64)
        >>> images = [noise(tf.zeros((4, 32, 32, 3)), seed=seed, step=step) for step in (0, 500, 1000)]
        >>> [round(float(tf.math.reduce_std(noisy)), 2) for noisy in images]
        [0.2, 0.1, 0.0]
    """

    name = "instance_noise"

    def __init__(self, level=0.1):
        self.level = require_quantity("level", level, low=0.0)

    def __call__(self, images, *, seed, step=0):
        """Return noisy images, float32; see `Augmentation.__call__`. Vectors `(batch, size)` work too."""
        images = tf.cast(require_float_images("images", images), tf.float32)
        shape = (images.shape[0] or tf.shape(images)[0], *images.shape[1:])
        return images + at(self.level, step) * _random.normal(shape, seed)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"level": serialised(self.level)}
