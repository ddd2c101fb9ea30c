"""The hinge GAN."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class HingeGAN(AlternatingGAN):
    """Hinge GAN: the loss of spectrally normalised GANs, SAGAN and BigGAN.

    The formulas are in `keras_gan.losses.Hinge`. Steps and `paper_optimizer` are those of Miyato et al.
    2018 (arXiv 1802.05957), but the rate does not decay, and the generator's batch is not doubled. They keep the
    discriminator Lipschitz with spectral normalisation, which most networks of `keras_gan.networks` have by default.
    In a network of your own, wrap each layer in `keras_gan.layers.SpectralNormalization`.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        discriminator_steps: int, discriminator updates for each generator update.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.HingeGAN(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((40, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, discriminator_steps=5, **options):
        super().__init__(generator, discriminator, losses.Hinge(), discriminator_steps=discriminator_steps, **options)

    def default_optimizer(self):
        """Adam with the paper's betas, 0 and 0.9, and two and a half times its learning rate: 5e-4."""
        return keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8)

    def paper_optimizer(self):
        """Adam as in Miyato et al. for CIFAR-10: learning rate 2e-4, betas 0 and 0.9."""
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8)
