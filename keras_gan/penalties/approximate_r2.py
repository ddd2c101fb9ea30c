"""The R2 penalty without a second gradient."""

import keras

from keras_gan.penalties._squared_norms import ApproximateSquaredNorms


@keras.saving.register_keras_serializable(package="keras_gan")
class ApproximateR2(ApproximateSquaredNorms):
    """`R2` by finite differences: one more pass of the critic in place of the gradient of a gradient.

    With the weight gamma, D the logit (or the mean of a patch map), and one n for each image:

        gamma / 2  E[ ((D(y + sigma n) - D(y)) / sigma)^2 ],   y fake,   n ~ N(0, I)

    It does for the fakes what `ApproximateR1` does for the real images; see there for the paper, the precision that it
    needs, and how noisy it is.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.
        sigma: size of the step, above 0, for images in [-1, 1].

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, `sigma` is not a number above 0, or
            (from `validate`) a layer of the critic draws random numbers.

    Example:
        >>> import tensorflow as tf
        >>> slope, points = tf.constant([[3.0], [4.0]]), tf.zeros((40_000, 2))
        >>> value = ApproximateR2(10.0)(lambda y: y @ slope, None, points, seed=tf.constant([0, 1], tf.int64))
        >>> abs(float(value) / 125.0 - 1) < 0.02   # 10 / 2 * (3^2 + 4^2)
        True
    """

    name, images = "approximate_r2", "fake_images"
