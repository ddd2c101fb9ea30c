"""The R1 penalty without a second gradient."""

import keras

from keras_gan.penalties._squared_norms import ApproximateSquaredNorms


@keras.saving.register_keras_serializable(package="keras_gan")
class ApproximateR1(ApproximateSquaredNorms):
    """`R1` by finite differences: one more pass of the critic in place of the gradient of a gradient.

    It works with layers that have no second derivative, or a wrong or slow one. It is hardly faster elsewhere, because
    `R1` uses the loss's own pass, and its second gradient needs as much arithmetic as one more pass with a gradient
    (benchmarks/train_step.py). With the weight gamma, D the logit (or the mean of a patch map), and one n for each
    image:

        gamma / 2  E[ ((D(x + sigma n) - D(x)) / sigma)^2 ],   x real,   n ~ N(0, I)

    The expectation over n is that of `R1` up to a part of the order sigma^2. It is noisy: for one image the standard
    deviation is 1.4 times the value. Lin et al. 2025 (adversarial flow models, arXiv 2511.22475), with the sum over
    both kinds of images, and without the half: their weight 0.25 is `ApproximateR1(0.5)`.

    The difference of the two logits is small, so it needs their last digits, and rounding adds to the penalty. In
    bfloat16 it was up to 30 % too large with sigma 0.01 and up to 5 % with 0.03 (small `dcgan` and `resnet`); float16
    and float32 agree. Augmentations of the GAN change both passes in the same way. Layers that compare the images of a
    batch make it differ from `R1` a little.

    Args:
        weight: gamma, at least 0: a number, or a schedule of the training step.
        sigma: size of the step, above 0, for images in [-1, 1].

    Raises:
        ValueError: if `weight` is neither a number of at least 0 nor a schedule, `sigma` is not a number above 0, or
            (from `validate`) a layer of the critic draws random numbers.

    Example:
        >>> import tensorflow as tf
        >>> slope, points = tf.constant([[3.0], [4.0]]), tf.zeros((40_000, 2))
        >>> value = ApproximateR1(10.0)(lambda x: x @ slope, points, None, seed=tf.constant([0, 1], tf.int64))
        >>> abs(float(value) / 125.0 - 1) < 0.02   # 10 / 2 * (3^2 + 4^2)
        True
    """

    name, images = "approximate_r1", "real_images"
