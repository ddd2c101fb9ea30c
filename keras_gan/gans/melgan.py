"""MelGAN: waveforms from mels, learnt from discriminators alone."""

import keras

from keras_gan.gans._features import over_scales
from keras_gan.gans._vocoder import Vocoder
from keras_gan.losses import Hinge, feature_matching


@keras.saving.register_keras_serializable(package="keras_gan")
class MelGAN(Vocoder):
    """Vocoder that learns to make waveforms of mels from several discriminators and their features alone.

    Mels leave out the phase. A distance to the waveform would ask for the phase that the recording happens to have, and
    its mean is a buzz. The discriminators accept any phase that sounds real, and their features hold the waveform to
    its recording. With x a waveform, s its mels, the generator G, the discriminator D_k of scale k and its maps f_ki:

        discriminators:  sum_k (E[max(0, 1 - D_k(x))] + E[max(0, 1 + D_k(G(s)))])
        generator:       -sum_k E[D_k(G(s))]  +  lambda L_F
        L_F = `losses.feature_matching` of the f_ki(x) and the f_ki(G(s))

    Kumar et al. 2019 (arXiv 1910.06711), equations 1 to 4. The weight of 12 is the authors' code: 10, of which each of
    the six maps of a scale gets 4/5 over the scales, where `feature_matching` gives it 4/6. There is no noise and no
    distance of mels.

    Differences from the authors' code: the mels have the natural logarithm instead of that to base 10. The real maps of
    the generator's loss come from the updated discriminators, as the others do. The code trains on batches of 16 parts
    of 8192 samples.

    Args:
        generator: keras.Model, G, mels `(batch, frames, num_mels)` to waveforms `(batch, frames * hop, 1)`.
        discriminator: keras.Model, waveforms to "logits", a map or a list of them, and "features", a list of maps or a
            list of such lists. `networks.melgan` returns both.
        mel_spectrogram: `keras_gan.layers.MelSpectrogram`, which makes the mels of the data. It is saved with the
            model.
        feature_weight: lambda, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of the hinge, summed over the scales; None for
            this.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks and the front end do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> sizes = {"width": 2, "blocks": 1, "discriminator_width": 1, "scales": 1}
        >>> generator, discriminator = keras_gan.networks.melgan(num_mels=8, ratios=(16,), **sizes)
        >>> mel_spectrogram = keras_gan.layers.MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
        >>> model = keras_gan.MelGAN(generator, discriminator, mel_spectrogram, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> waveforms = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 128, 1)).astype("float32")
        >>> history = model.fit(waveforms, batch_size=2, verbose=0)
        >>> model.vocode(model.mel_spectrogram(waveforms)).shape
        (2, 128, 1)
    """

    terms = ("g_loss", "feature_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        mel_spectrogram,
        *,
        feature_weight=12.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            mel_spectrogram,
            adversarial_loss=Hinge() if adversarial_loss is None else adversarial_loss,
            feature_weight=feature_weight,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )

    def default_optimizers(self):
        """Adam as in the paper: learning rate 1e-4, betas 0.5 and 0.9."""
        return {name: keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9, epsilon=1e-8) for name in self.players}

    def generator_terms(self, batch, fakes):
        """What G minimises."""
        real, fake = self.critic(batch), self.critic(fakes)
        features = self.feature_weight * feature_matching(real.features, fake.features)
        g_loss = over_scales(self.adversarial_loss.generator_loss, real, fake)
        return {"generator": {"g_loss": g_loss, "feature_loss": features}}
