"""The Wasserstein GAN with gradient penalty."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN
from keras_gan.penalties import GradientPenalty


@keras.saving.register_keras_serializable(package="keras_gan")
class WGANGP(AlternatingGAN):
    """Wasserstein GAN with gradient penalty: a soft Lipschitz constraint in place of clipped weights.

    The formulas are those of `keras_gan.losses.Wasserstein` and `keras_gan.penalties.GradientPenalty`; the step is
    algorithm 1 of Gulrajani et al. 2017 (arXiv 1704.00028). The critic must not hold BatchNormalization.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        penalties: list of penalties in place of the paper's gradient penalty of weight 10; None for the paper's.
        discriminator_steps: int, critic updates for each generator update.
        **options: `ema_half_life`, `seed` and `name`, as for `TwoPlayerGAN`.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, discriminator = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4)
        >>> gan = keras_gan.WGANGP(generator, discriminator, seed=0)
        >>> gan.compile()
        >>> history = gan.fit(np.zeros((40, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, penalties=None, discriminator_steps=5, **options):
        penalties = [GradientPenalty(10.0)] if penalties is None else penalties
        super().__init__(
            generator,
            discriminator,
            losses.Wasserstein(),
            penalties=penalties,
            discriminator_steps=discriminator_steps,
            **options,
        )

    def default_optimizer(self):
        """Adam as in the authors' code: learning rate 1e-4, betas 0.5 and 0.9."""
        return keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9, epsilon=1e-8)
