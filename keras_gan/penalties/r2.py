"""The R2 penalty."""

import keras

from keras_gan.penalties._squared_norms import ExactSquaredNorms


@keras.saving.register_keras_serializable(package="keras_gan")
class R2(ExactSquaredNorms):
    """Zero-centred gradient penalty on generated images.

    It does for the fakes what `R1` does for the real images. A relativistic loss needs both: with R1 alone, the
    gradient at the fakes can grow without limit. With the weight gamma, D the logit (or the mean of a patch map):

        gamma / 2  E[ |grad_y D(y)|^2 ],   y fake

    Mescheder et al. 2018 (arXiv 1801.04406), equation 10; Huang et al. 2024 (R3GAN, arXiv 2501.05441), equation 4.
    Next to `R1` it costs one more backward pass: the passes of both kinds of images are those of the loss.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> float(R2(10.0)(lambda y: y @ slope, None, points))   # 10 / 2 * (3^2 + 4^2)
        125.0
    """

    name, images = "r2", "fake_images"
