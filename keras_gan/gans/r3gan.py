"""The regularised relativistic GAN."""

import keras

from keras_gan import losses
from keras_gan._quantity import require_quantity, serialised
from keras_gan.gans._separate_batches import SeparateBatchesGAN
from keras_gan.penalties import R1, R2


@keras.saving.register_keras_serializable(package="keras_gan")
class R3GAN(SeparateBatchesGAN):
    """Relativistic pairing with two gradient penalties: a loss that converges without further tricks.

    Pairing real images with generated ones keeps modes from being dropped. It does not converge by itself: near the
    data the gradient at real images must fade, which R1 does, and the gradient at generated images, which R2 does. With
    s the softplus, D the logit, x real and y = G(z) fake, paired by their index and of the same class:

        discriminator:  E[ s(D(y) - D(x)) ]  +  gamma / 2  E[ |grad_x D(x)|^2 + |grad_y D(y)|^2 ]
        generator:      E[ s(D(x) - D(y)) ]

    Both penalties count in every update, and are taken with respect to the images before augmentation, through it.
    Huang et al. 2024 (arXiv 2501.05441), equations 2 to 4 and section 3; the authors call it R3GAN. As in their code,
    the generator's update has real images and latents of its own, so a training step takes one batch more than
    `discriminator_steps`. In the paper the rates, beta_2, gamma, the half-life and the augmentation change along a
    cosine: `keras_gan.schedules.cosines`. Without it, they stay.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`. It should have no batch normalisation.
        gamma: weight of both penalties, a number or a schedule. The gradient has an entry for each pixel, so a good
            value depends on the data: the paper has 0.05 for CIFAR-10 and 150 for faces of 256x256, and ends
            with a tenth.
        penalties: list of penalties that replaces `[R1(gamma), R2(gamma)]`; None for these.
        **options: further arguments of `TwoPlayerGAN`, such as `augmentation`, `ema_half_life` and `seed`.

    Raises:
        ValueError: if `gamma` is neither a number of at least 0 nor a schedule, and as `TwoPlayerGAN` does.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.R3GAN(generator, discriminator, gamma=0.5, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, gamma=1.0, penalties=None, **options):
        gamma = require_quantity("gamma", gamma, low=0.0)
        penalties = [R1(gamma), R2(gamma)] if penalties is None else penalties
        super().__init__(generator, discriminator, losses.Relativistic(), penalties=penalties, **options)
        self.gamma = gamma

    def default_optimizer(self):
        """Adam with the paper's first learning rate, 2e-4, and the last of its values of beta_2: 0.99."""
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

    def paper_optimizer(self):
        """Adam as in the paper at the beginning: learning rate 2e-4, betas 0 and 0.9."""
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "gamma": serialised(self.gamma)}
