"""The least squares of CycleGAN and pix2pixHD, and of HiFi-GAN."""

import keras

from keras_gan.losses import LeastSquares


@keras.saving.register_keras_serializable(package="keras_gan")
class Squares(LeastSquares):
    """`losses.LeastSquares` with a generator's loss without the half, E[(y - 1)^2].

    CycleGAN and pix2pixHD halve the discriminator's loss alone. Other terms of a translator have weights next to this
    one, so the half would double them.
    """

    def generator_loss(self, real_logits, fake_logits):
        """Return the mean squared distance to `c`, a float32 scalar of at least 0."""
        return 2.0 * super().generator_loss(real_logits, fake_logits)


@keras.saving.register_keras_serializable(package="keras_gan")
class WholeSquares(Squares):
    """`losses.LeastSquares` without the halves, of both players, as in HiFi-GAN."""

    def discriminator_loss(self, real_logits, fake_logits):
        """Return the mean squared distances to the two targets, a float32 scalar of at least 0."""
        return 2.0 * super().discriminator_loss(real_logits, fake_logits)
