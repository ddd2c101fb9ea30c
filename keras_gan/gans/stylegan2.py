"""The loss, the penalties and the average of StyleGAN2."""

import keras

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN
from keras_gan.penalties import R1, Lazy, PathLength


@keras.saving.register_keras_serializable(package="keras_gan")
class StyleGAN2(AlternatingGAN):
    """StyleGAN2: the non-saturating loss, with R1 for the discriminator and path length for the generator, both lazy.

    The formulas are in `keras_gan.losses.NonSaturating`, `keras_gan.penalties.R1` and `keras_gan.penalties.PathLength`.
    R1 is computed in one of 16 steps with the weight 10, and the path length in one of 4 with the weight 2; the
    averaged generator has a half-life of 10,000 images. Karras et al. 2020 (arXiv 1912.04958), appendix B. Difference
    from the paper: the generator's update uses the samples of the discriminator's last update.

    The code of StyleGAN2-ADA (Karras et al. 2020, arXiv 2006.06676) has for R1 the weight 0.0002 height width / batch
    size, for large pictures. For digits of 16x16 that is 0.0016, and the samples were of few classes. That paper adds
    an adaptive augmentation: give it as `augmentation`.

    The architecture is `keras_gan.networks.stylegan2`. Other networks work too: without a mapping network, the path
    length is that of the latents.

    Args:
        generator: keras.Model, latents to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to logits; see `TwoPlayerGAN`.
        penalties: list of penalties that replaces the two above; None for them. For CIFAR-10 the second paper has
            `[Lazy(R1(0.01), every=16)]`.
        ema_half_life: half-life of the averaged generator in images; see `TwoPlayerGAN`.
        **options: further arguments of `TwoPlayerGAN`, such as `augmentation` and `seed`.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.stylegan2(image_shape=(8, 8, 1), latent_dim=4, width=2, mapping_layers=1)
        >>> gan = keras_gan.StyleGAN2(*networks, seed=0)
        >>> [(penalty.name, penalty.every) for penalty in gan.penalties]
        [('r1', 16), ('path_length', 4)]
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(np.zeros((8, 8, 8, 1), "float32"), batch_size=8, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8, 8, 1)
    """

    def __init__(self, generator, discriminator, *, penalties=None, ema_half_life=10_000, **options):
        if penalties is None:
            penalties = [Lazy(R1(10.0), every=16), Lazy(PathLength(2.0), every=4)]
        super().__init__(
            generator,
            discriminator,
            losses.NonSaturating(),
            penalties=penalties,
            ema_half_life=ema_half_life,
            **options,
        )

    def default_optimizer(self):
        """Adam as in the code of StyleGAN2-ADA: learning rate 0.0025, betas 0 and 0.99."""
        return keras.optimizers.Adam(0.0025, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

    def paper_optimizer(self):
        """Adam as in the paper: learning rate 0.002, betas 0 and 0.99."""
        return keras.optimizers.Adam(0.002, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
