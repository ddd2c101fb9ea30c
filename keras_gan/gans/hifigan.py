"""HiFi-GAN: waveforms from mels, whose periods are judged."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.gans._features import over_scales, scales_of
from keras_gan.gans._squares import WholeSquares
from keras_gan.gans._translation import mean_distance
from keras_gan.gans._vocoder import Vocoder
from keras_gan.layers import MelSpectrogram


@keras.saving.register_keras_serializable(package="keras_gan")
class HiFiGAN(Vocoder):
    """Vocoder that learns from discriminators of periods and of scales, and from the mels of what it makes.

    The distance of the mels lets it learn from the first step and keeps it at the spectrum of the recording; the
    discriminators of periods take out the buzz that a wrong phase leaves. With x a waveform, s its mels, phi the mels
    with all frequencies, the generator G, the discriminators D_k and their maps f_ki, of which the logits are the last:

        discriminators:  sum_k (E[(D_k(x) - 1)^2] + E[D_k(G(s))^2])
        generator:       sum_k E[(D_k(G(s)) - 1)^2]  +  lambda_F sum_k sum_i E|f_ki(x) - f_ki(G(s))|
                         +  lambda_M E|phi(x) - phi(G(s))|

    |.| is the mean over the values of a map. Kong et al. 2020 (arXiv 2010.05646), equations 1 to 6, as in the authors'
    code: there phi is the front end of the model up to half of the sample rate, while the generator is given mels up to
    8 kHz. A front end for 22,050 Hz is `layers.MelSpectrogram(22050, high=8000.0)`.

    Difference from the paper: the rates do not decay unless the optimizers get a schedule. The code multiplies them by
    0.999 after each epoch, as `keras.optimizers.schedules.ExponentialDecay(2e-4, steps_per_epoch, 0.999,
    staircase=True)` does. It trains on batches of 16 parts of 8192 samples.

    Args:
        generator: keras.Model, G, mels `(batch, frames, num_mels)` to waveforms `(batch, frames * hop, 1)`.
        discriminator: keras.Model, waveforms to "logits", a map or a list of them, and "features", a list of maps or a
            list of such lists. `networks.hifigan` returns both.
        mel_spectrogram: `keras_gan.layers.MelSpectrogram`, which makes the mels of the data. It is saved with the
            model.
        feature_weight: lambda_F, at least 0.
        mel_weight: lambda_M, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of the squares, summed over the
            discriminators; None for these.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks and the front end do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> sizes = {"width": 2, "discriminator_width": 1, "periods": (2,), "scales": 1}
        >>> generator, discriminator = keras_gan.networks.hifigan(version="V3", num_mels=8, ratios=(16,), **sizes)
        >>> mel_spectrogram = keras_gan.layers.MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
        >>> model = keras_gan.HiFiGAN(generator, discriminator, mel_spectrogram, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> waveforms = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 128, 1)).astype("float32")
        >>> history = model.fit(waveforms, batch_size=2, verbose=0)
        >>> model.vocode(model.mel_spectrogram(waveforms)).shape
        (2, 128, 1)
    """

    terms = ("g_loss", "feature_loss", "mel_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        mel_spectrogram,
        *,
        feature_weight=2.0,
        mel_weight=45.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            mel_spectrogram,
            adversarial_loss=WholeSquares() if adversarial_loss is None else adversarial_loss,
            feature_weight=feature_weight,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )
        self.mel_weight = require_number("mel_weight", mel_weight, low=0.0)
        self.all_mels = MelSpectrogram(**{**mel_spectrogram.get_config(), "high": None, "name": None})

    def default_optimizers(self):
        """AdamW as in the code: learning rate 2e-4, betas 0.8 and 0.99, and PyTorch's decay of the weights, 0.01."""
        settings = {"weight_decay": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-8}
        return {name: keras.optimizers.AdamW(2e-4, **settings) for name in self.players}

    def generator_terms(self, batch, fakes):
        """What G minimises."""
        real, fake = self.critic(batch), self.critic(fakes)
        distance = mean_distance(*(self.all_mels(each["waveforms"]) for each in (batch, fakes)))
        return {
            "generator": {
                "g_loss": over_scales(self.adversarial_loss.generator_loss, real, fake),
                "feature_loss": self.feature_weight * _distance_of_maps(real, fake),
                "mel_loss": self.mel_weight * distance,
            }
        }

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "mel_weight": self.mel_weight}


def _distance_of_maps(real, fake):
    """The sum of the mean distances of all maps and logits of two verdicts, a float32 scalar."""
    pairs = zip(_maps(real), _maps(fake), strict=True)
    return tf.add_n([mean_distance(*(tf.cast(maps, tf.float32) for maps in pair)) for pair in pairs])


def _maps(verdict):
    return tf.nest.flatten([verdict.features, scales_of(verdict)])
