"""Checks of features, in float64."""

import numpy as np

_LARGEST = float(np.finfo(np.float32).max)


def require_features(name, features, *, least=1):
    """Return features as a float64 array of shape (num_samples, num_features) in C order, or raise.

    What is in that form already is returned as it is, not copied. Numbers beyond the range of float32 are taken for
    what they always are, a fault: their squares and cubes would leave the range of float64.

    Args:
        name: str, what messages call them.
        features: array-like or tensor.
        least: samples that there must be.

    Raises:
        ValueError: if they are no such array, are too few, or are not all finite.
    """
    array = np.asarray(features)
    if not np.can_cast(array.dtype, np.float64, "same_kind"):
        raise ValueError(f"`{name}` must hold real numbers. Received: {name} of dtype {array.dtype}")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"`{name}` must have the shape (num_samples, num_features): one row a sample. "
            f"Received: {name} of shape {array.shape}"
        )
    if len(array) < least:
        samples = "sample" if least == 1 else "samples"
        raise ValueError(
            f"`{name}` must hold at least {least} {samples}: give more of them. Received: {name} of shape {array.shape}"
        )
    array = np.ascontiguousarray(array, dtype=np.float64)
    # Of NaN too: it is neither above the one nor below the other.
    if not (array.min() >= -_LARGEST and array.max() <= _LARGEST):
        faulty = int((~(np.abs(array) <= _LARGEST)).any(axis=1).sum())
        raise ValueError(
            f"`{name}` must hold finite numbers within the range of float32, and one that is not spoils every value "
            f"made of it: leave such samples out. Received: {name} with {faulty} such samples of {len(array)}"
        )
    return array


def require_same_width(real, fake):
    """Raise a ValueError unless two arrays of features have as many features."""
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            "Both sets must have the same number of features: take them from the same extractor. "
            f"Received: arrays of shape {real.shape} and {fake.shape}"
        )


def require_two_sets(real, fake, *, least):
    """Return `real_features` and `fake_features` as `require_features` does, of the same width, or raise."""
    real = require_features("real_features", real, least=least)
    fake = require_features("fake_features", fake, least=least)
    require_same_width(real, fake)
    return real, fake
