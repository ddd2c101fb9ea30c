"""The GAN of sound by Donahue et al."""

import keras

from keras_gan._arguments import require_int
from keras_gan.gans.wgan_gp import WGANGP
from keras_gan.training import Field


@keras.saving.register_keras_serializable(package="keras_gan")
class WaveGAN(WGANGP):
    """Draws waveforms, such as spoken words, drums or birds, with the objective of `WGANGP`.

        critic:     E[D(y)] - E[D(x)]  +  10 E[ (|grad D(z^)| - 1)^2 ]
        generator:  -E[D(y)]

    with real waveforms x, generated ones y = G(z), and z^ on the line between two of them. Donahue et al. 2018 (arXiv
    1802.04208), section 3 and table 5, with `keras_gan.networks.wavegan`: five critic updates for each of the
    generator, Adam with a learning rate of 1e-4 and batches of 64. The phase shuffle is a layer of the critic.

    Difference from the paper: as in `WGANGP`, the generator's update uses the samples of the critic's last update.
    Networks that take labels make it conditional, which the paper is not: a word can then be asked for.

    Args:
        generator: keras.Model, latents to waveforms `(batch, num_samples, 1)`; see `TwoPlayerGAN`.
        discriminator: keras.Model, waveforms to logits; see `TwoPlayerGAN`.
        penalties: list of penalties that replaces the paper's gradient penalty of weight 10; None for the paper's.
        discriminator_steps: int, critic updates for each generator update.
        sample_rate: int, samples in a second of what it learns from, as `load_recordings(...).sample_rate` has it. It
            is saved with the model, and used where its samples become sound: by `callbacks.AudioSnapshots` and in
            exports. It changes nothing in training. None for a rate that each of them is told.
        **options: further arguments of `TwoPlayerGAN`, such as `ema_half_life` and `seed`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.wavegan(num_samples=64, latent_dim=4, width=2)
        >>> gan = keras_gan.WaveGAN(*networks, discriminator_steps=1, sample_rate=8_000, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> tones = np.sin(np.arange(64.0, dtype="float32"))[None, :, None].repeat(2, axis=0)
        >>> history = gan.fit({"waveforms": tones}, batch_size=2, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 64, 1)
    """

    samples = "waveforms"

    def __init__(self, generator, discriminator, *, penalties=None, discriminator_steps=5, sample_rate=None, **options):
        super().__init__(
            generator, discriminator, penalties=penalties, discriminator_steps=discriminator_steps, **options
        )
        self.sample_rate = None if sample_rate is None else require_int("sample_rate", sample_rate)

    def sample_field(self, shape):
        """The field of waveforms, which must be in [-1, 1]."""
        return Field(shape, is_sound=True)

    def generate(self, num_waveforms=None, *, latents=None, labels=None, seed=None, averaged=True, batch_size=64):
        """Draw waveforms. This does not change the state of training.

        Args:
            num_waveforms: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_waveforms, *latent_shape)`, or None to draw them.
            labels: for a conditional GAN: one class, or a class for each waveform, integers in [0, num_classes); None
                to draw them.
            seed: int for the same latents each time, in every process; None for different latents each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_waveforms, num_samples, 1)` in [-1, 1].

        Raises:
            ValueError: if both or neither of `num_waveforms` and `latents` are given, or the shape of the latents or
                the labels is wrong.
        """
        return self.draw_samples(
            num_waveforms, latents=latents, labels=labels, seed=seed, averaged=averaged, batch_size=batch_size
        )

    def default_optimizer(self):
        """Adam as in the paper: learning rate 1e-4, betas 0.5 and 0.9."""
        return self.paper_optimizer()

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "sample_rate": self.sample_rate}
