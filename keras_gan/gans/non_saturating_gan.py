"""The original GAN, as it is trained in practice."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class NonSaturatingGAN(AlternatingGAN):
    """The original GAN with the generator loss that it is trained with in practice.

    The formulas are in `keras_gan.losses.NonSaturating`; the step is algorithm 1 of Goodfellow et al. 2014
    (arXiv 1406.2661). With the networks of `keras_gan.networks.dcgan` and Adam(2e-4, beta_1=0.5) it is the DCGAN of
    Radford et al. 2015 (arXiv 1511.06434).

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        real_label: target probability of real images; 0.9 for one-sided label smoothing.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.NonSaturatingGAN(generator, discriminator, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, real_label=1.0, **options):
        super().__init__(generator, discriminator, losses.NonSaturating(real_label=real_label), **options)

    def default_optimizer(self):
        """Adam as in DCGAN, Radford et al. 2015 (arXiv 1511.06434): learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def paper_optimizer(self):
        """SGD as in the authors' code, with the first values of its schedules: learning rate 0.1, momentum 0.5."""
        return keras.optimizers.SGD(0.1, momentum=0.5)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.adversarial_loss.get_config()}
