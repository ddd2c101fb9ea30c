"""The relativistic GAN."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticGAN(AlternatingGAN):
    """Relativistic GAN: the discriminator compares real images with generated ones, pair by pair.

    The formulas are in `keras_gan.losses.Relativistic`. This is the RSGAN of Jolicoeur-Martineau 2018
    (arXiv 1807.00734). The generator's update uses the same real images as the discriminator's last update.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.RelativisticGAN(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, **options):
        super().__init__(generator, discriminator, losses.Relativistic(), **options)

    def default_optimizer(self):
        """Adam as in the paper's standard experiments: learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)
