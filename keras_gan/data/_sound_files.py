"""Files of sound, and what they hold."""

import io
from pathlib import Path

import numpy as np

from keras_gan._files import is_fault_of_computer
from keras_gan.data._tree import printable

SUFFIXES = (".aif", ".aiff", ".au", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav")
# Sound that libsndfile does not read.
OTHER_SUFFIXES = (".aac", ".amr", ".m4a", ".m4b", ".mka", ".mp4", ".weba", ".webm", ".wma")
# Kept with 16 bits, as most recordings are.
LEVELS = 2**15
# Decoders of lossy formats pass 1 by a little. What passes this was never scaled to [-1, 1].
_LOUDEST = 4.0


def sound_of(path: Path, sample_rate: int | None, peak: float | None) -> tuple[np.ndarray, int]:
    """Return a recording as int16 `(num_samples,)`, with its channels mixed to one, and its rate.

    Args:
        path: of the file.
        sample_rate: the rate to resample it to; None for its own.
        peak: what its largest magnitude becomes; None leaves it.

    Raises:
        OSError: if the computer cannot read the file.
        ValueError: if the file cannot be decoded as sound, holds none, or holds numbers far outside [-1, 1].
    """
    try:
        waveform, rate = _decoded(path.read_bytes())
        _require_sound(waveform)
        if sample_rate not in (None, rate):
            waveform, rate = _resampled(waveform, rate, sample_rate), sample_rate
            _require_sound(waveform)
        if peak is not None and (largest := np.abs(waveform).max()) > 0.0:
            waveform = waveform * (peak / largest)
        return np.clip(np.rint(waveform * LEVELS), -LEVELS, LEVELS - 1).astype(np.int16), rate
    # Libraries raise errors of many classes for damaged files.
    except Exception as error:
        if is_fault_of_computer(error):
            error.add_note(f"This happened while {printable(path)!r} was read.")
            raise
        raise ValueError(
            f"A file cannot be read as sound: {error}. Mend or remove it, or leave such files out with "
            f"`Recordings(..., skip_corrupt=True)`. Received: file={printable(path)!r}"
        ) from error


def _decoded(content: bytes) -> tuple[np.ndarray, int]:
    """The mean of the channels, float32, and the sample rate."""
    # Imported here, because it loads a library that only recordings need.
    import soundfile

    if not content:
        raise ValueError("it has no content")
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        channels = file.read(dtype="float32", always_2d=True)
        if len(channels) < file.frames:
            raise ValueError(f"it ends after {len(channels)} of {file.frames} samples")
        return channels.mean(axis=1), file.samplerate


def _resampled(waveform: np.ndarray, rate: int, sample_rate: int) -> np.ndarray:
    import soxr

    return soxr.resample(waveform, rate, sample_rate)


def _require_sound(waveform: np.ndarray) -> None:
    if not len(waveform):
        raise ValueError("it holds no samples")
    if not np.isfinite(waveform).all():
        raise ValueError("it holds NaN or infinity")
    if (largest := np.abs(waveform).max()) > _LOUDEST:
        raise ValueError(f"its samples reach {largest:g} and must be in [-1, 1]")
