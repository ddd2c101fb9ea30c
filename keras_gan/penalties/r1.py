"""The R1 penalty."""

import keras

from keras_gan.penalties._squared_norms import ExactSquaredNorms


@keras.saving.register_keras_serializable(package="keras_gan")
class R1(ExactSquaredNorms):
    """Zero-centred gradient penalty on real images.

    When the generator matches the data, the discriminator should be flat. Without the penalty, the game circles around
    this point and does not reach it. With the weight gamma, D the logit (or the mean of a patch map):

        gamma / 2  E[ |grad_x D(x)|^2 ],   x real

    Mescheder et al. 2018 (arXiv 1801.04406), equation 9. The authors' published code leaves out the factor 1/2, so
    its 10 is `R1(20.0)` here.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(R1(10.0)(lambda x: x @ slope, points, None))   # 10 / 2 * (3^2 + 4^2)
        125.0

        R3GAN (Huang et al. 2024, arXiv 2501.05441) decreases the weight along a cosine:

        >>> from keras_gan.schedules import Cosine
        >>> falling = R1(Cosine(10.0, 1.0, steps=1000))
        >>> [float(falling(lambda x: x @ slope, points, None, step=step)) for step in (0, 500, 1000)]
        [125.0, 68.75, 12.5]
    """

    name, images = "r1", "real_images"
