"""Two batches of recordings that are compared pair by pair."""

import numpy as np

from keras_gan.metrics._features import as_array


def require_waveform_pairs(waveforms, targets):
    """Return two batches of waveforms as float64 arrays `(num_pairs, num_samples)`, or raise a ValueError."""
    waveforms, targets = (require_waveforms(*pair) for pair in (("waveforms", waveforms), ("targets", targets)))
    if waveforms.shape != targets.shape:
        raise ValueError(
            "`waveforms` and `targets` must have the same shape; the recording at each place is compared with the "
            "target at the same place. Cut both to the shorter length. "
            f"Received: waveforms.shape={(*waveforms.shape, 1)}, targets.shape={(*targets.shape, 1)}"
        )
    return waveforms, targets


def require_waveforms(name, waveforms):
    """Return a batch of waveforms as a float64 array `(num_waveforms, num_samples)`, or raise a ValueError.

    Args:
        name: str, what messages call them.
        waveforms: array-like of floats `(num_waveforms, num_samples, 1)`.
    """
    waveforms = as_array(name, waveforms, "biufV")
    if waveforms.dtype.kind in "biu":
        raise ValueError(
            f"`{name}` must be floats in [-1, 1]. Map 16-bit samples with x / 32768. "
            f"Received: {name}.dtype={waveforms.dtype}"
        )
    if waveforms.ndim != 3 or waveforms.shape[-1] != 1 or not waveforms.size:
        raise ValueError(
            f"`{name}` must be a batch of recordings of one channel, (num_recordings, num_samples, 1), at least one. A "
            f"single recording becomes one with {name}.reshape(1, -1, 1). Received: {name}.shape={waveforms.shape}"
        )
    waveforms = waveforms[..., 0].astype(np.float64)
    if not np.isfinite(waveforms).all():
        raise ValueError(
            f"`{name}` must be finite numbers. Received: {int((~np.isfinite(waveforms)).sum())} of {waveforms.size} "
            "that are NaN or infinite"
        )
    return waveforms
