"""A protocol for vocoders: which metrics, on which held-out recordings."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int, require_seed
from keras_gan._sample_shapes import elements
from keras_gan.metrics._features import as_array
from keras_gan.metrics._pair_data import Pairs, chosen_pairs
from keras_gan.metrics._pair_measures import PairMeasure
from keras_gan.metrics._waveforms import require_waveforms
from keras_gan.metrics.evaluator import require_verbose
from keras_gan.metrics.f0_error import cents_of, f0_error, voicing_of
from keras_gan.metrics.log_mel_distance import log_mel_distance
from keras_gan.metrics.pair_evaluator import result_of
from keras_gan.metrics.result import Report
from keras_gan.metrics.samples import finite
from keras_gan.metrics.stft_distance import RESOLUTIONS, SAMPLE_RATE, stft_distance

_POSITIVE = (0.0, math.inf)
_MEASURES = [
    PairMeasure("log_mel_distance", "lower", _POSITIVE, np.asarray),
    PairMeasure("spectral_convergence", "lower", _POSITIVE, np.asarray),
    PairMeasure("log_magnitude", "lower", _POSITIVE, np.asarray),
    PairMeasure("f0_cents", "lower", _POSITIVE, np.asarray, cents_of),
    PairMeasure("voicing_error", "lower", (0.0, 1.0), np.asarray, voicing_of),
]


class VocoderEvaluator:
    """Compares what a vocoder makes of the mel spectrograms of held-out recordings with the recordings themselves.

    The losses of a vocoder do not tell when to stop, and its training recordings do not tell how it does on a voice
    that it has not heard: hold out speakers, not sentences. The values are those of `log_mel_distance`, of
    `stft_distance` ("spectral_convergence" and "log_magnitude"), and of `f0_error` ("f0_cents" and "voicing_error").
    They are distances, and no opinions of listeners: a vocoder that is trained to minimise one of them alone has a low
    value of it, and may still sound like a robot.

    The spectra are those of Parallel WaveGAN's three windows, of the same durations at any sample rate. The confidence
    interval says how much the choice of the recordings changes the value, see `PairEvaluator`.

    `keras_gan.callbacks.Evaluate` takes it in place of an `Evaluator`, with recordings in place of images:

        evaluator = VocoderEvaluator(mel_spectrogram)
        evaluate = keras_gan.callbacks.Evaluate(held_out, evaluator, directory="runs/voice", best="log_mel_distance")

    Args:
        mel_spectrogram: `keras_gan.layers.MelSpectrogram`, that of the vocoder's training. It makes the input of the
            vocoder, and the spectrograms that are compared.
        num_recordings: int. Of more recordings, a random part is taken.
        seed: int, for that part and for the intervals.

    Attributes:
        better: dict of the name of each value to "lower".

    Raises:
        ValueError: if `mel_spectrogram` is no such layer, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> class Mels:
        ...     sample_rate, hop = 8000, 100
        ...     def __call__(self, waveforms):
        ...         power = np.square(waveforms).reshape(len(waveforms), -1, 100, 1).mean(axis=2)
        ...         return np.log(np.maximum(power, 1e-5))
        >>> class Hoarse:
        ...     def vocode(self, mels):
        ...         loudness = np.exp(0.5 * mels).repeat(100, axis=1)
        ...         return loudness * np.random.default_rng(0).normal(size=loudness.shape)
        >>> tone = np.sin(np.arange(3 * 4000) / 10).reshape(3, -1, 1).astype("float32")
        >>> report = VocoderEvaluator(Mels()).compare(Hoarse(), tone)
        >>> report["log_mel_distance"].value < 0.2 < 0.8 < report["voicing_error"].value
        True
    """

    # The method of a model that makes what is compared.
    needs = "vocode"

    def __init__(self, mel_spectrogram, *, num_recordings=1_000, seed=0):
        if not callable(mel_spectrogram) or not all(hasattr(mel_spectrogram, name) for name in ("sample_rate", "hop")):
            raise ValueError(
                "`mel_spectrogram` must be the `keras_gan.layers.MelSpectrogram` that the vocoder was trained with. "
                f"Received: mel_spectrogram={mel_spectrogram!r:.80}"
            )
        self.mel_spectrogram = mel_spectrogram
        self.num_recordings = require_int("num_recordings", num_recordings, low=2)
        self.seed = require_seed(seed)

    @property
    def better(self):
        """Dict of the name of each value to "lower"."""
        return {measure.name: measure.better for measure in _MEASURES}

    def real(self, recordings, *, verbose=0):
        """Read the recordings, and compute their mel spectrograms once.

        Args:
            recordings: array of floats `(num_recordings, num_samples, 1)`; a dict with such "waveforms"; or a finite
                tf.data.Dataset of batches of either, as `keras_gan.data.load_recordings` returns. What is left of a
                recording after its last whole hop is dropped.
            verbose: has no effect: there is nothing to wait for.

        Returns:
            What `compare` takes.

        Raises:
            ValueError: if these are no recordings, or the data are endless or empty.
        """
        require_verbose(verbose)
        if isinstance(recordings, Pairs):
            return recordings
        waves = (self._whole_hops(batch) for batch in _batches(recordings))
        batches = ({"source": wave, "target": wave} for wave in waves)
        pairs = chosen_pairs(batches, self.num_recordings, self.seed, getattr(recordings, "split", None))
        return dataclasses.replace(pairs, source=np.asarray(self.mel_spectrogram(pairs.target)))

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure what a vocoder makes against the recordings.

        Args:
            source: a model with `vocode(mels)`; or an array of waveforms, in the order of the recordings.
            real: recordings in a form that `real` takes, or what it returned.
            floor: None: each recording is compared with its own, and no other recording is nearer.
            intervals: whether to compute the confidence intervals.
            verbose: has no effect.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if the recordings are wrong as in `real`, or what is compared with them has another shape or
                is NaN; or a floor is given.
        """
        require_bool("intervals", intervals)
        if floor is not None:
            self.floor(floor, real)
        real = self.real(real, verbose=verbose)
        rows = self._rows(self._made(source, real), real.target)
        options = {"seed": self.seed, "intervals": intervals}
        return Report(result_of(measure, rows[measure.name], real, **options) for measure in _MEASURES)

    def floor(self, train, real):  # noqa: ARG002 - every evaluator has it
        """Raise a ValueError: recordings are compared one by one, and training recordings have no pairs."""
        raise ValueError(
            "Each recording is compared with its own target, so other recordings are no floor: leave `floor` out. "
            f"Received: floor={type(train).__name__}"
        )

    def _rows(self, made, target):
        """The rows of each measure, a dict by name."""
        rate = self.mel_spectrogram.sample_rate
        shorter = [tuple(max(1, round(size * rate / SAMPLE_RATE)) for size in entry) for entry in RESOLUTIONS]
        spectra, pitch = stft_distance(made, target, resolutions=shorter), f0_error(made, target, rate).sums
        return {
            "log_mel_distance": log_mel_distance(made, target, self.mel_spectrogram).values,
            "spectral_convergence": spectra.spectral_convergence.values,
            "log_magnitude": spectra.log_magnitude.values,
            "f0_cents": pitch,
            "voicing_error": pitch,
        }

    def _whole_hops(self, batch):
        waves = require_waveforms("waveforms", batch)
        return waves[:, : waves.shape[1] // self.mel_spectrogram.hop * self.mel_spectrogram.hop, None].astype("float32")

    def _made(self, source, real):
        if hasattr(source, "vocode"):
            made = as_array("waveforms", source.vocode(real.source))
        else:
            made = as_array("waveforms", source)
            if made.ndim != 3 or len(made) != real.total:
                raise ValueError(
                    f"Give a model with `vocode`, or a waveform for each of the {real.total:,} recordings, in their "
                    f"order. Received: {type(source).__name__} of shape {made.shape}"
                )
            made = made[real.rows][:, : real.target.shape[1]]
        if made.shape != real.target.shape:
            raise ValueError(
                "A vocoder must make as many samples as its recordings have: give it the mel spectrogram, with the "
                f"hop, that this evaluator has. Received: waveforms of shape {made.shape[1:]}, recordings of shape "
                f"{real.target.shape[1:]}"
            )
        return made


def _batches(source):
    """Yield batches of waveforms."""
    if isinstance(source, tf.data.Dataset):
        yield from map(_waveforms_of, elements(finite(source, sample="recording", loader="load_recordings")))
    else:
        yield _waveforms_of(source)


def _waveforms_of(batch):
    if isinstance(batch, dict):
        if "waveforms" not in batch:
            raise ValueError(f'Recordings are in the field "waveforms". Received: the fields {sorted(map(str, batch))}')
        return batch["waveforms"]
    return batch
