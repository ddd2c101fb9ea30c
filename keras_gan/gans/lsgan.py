"""The least-squares GAN."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class LSGAN(AlternatingGAN):
    """Least-squares GAN: regression towards targets instead of classification.

    The formulas are in `keras_gan.losses.LeastSquares`. Mao et al. 2016 (arXiv 1611.04076), whose targets
    (a, b, c) are (0, 1, 1) or (-1, 1, 0).

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        a: the discriminator's target for fake images.
        b: the discriminator's target for real images.
        c: the generator's target.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.LSGAN(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, a=0.0, b=1.0, c=1.0, **options):
        super().__init__(generator, discriminator, losses.LeastSquares(a=a, b=b, c=c), **options)

    def default_optimizer(self):
        """Adam as in DCGAN, Radford et al. 2015 (arXiv 1511.06434): learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def paper_optimizer(self):
        """Adam as in the paper's experiments on LSUN: learning rate 1e-3, beta_1 0.5."""
        return keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-8)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.adversarial_loss.get_config()}
