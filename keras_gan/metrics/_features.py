"""Checks of features, in float64."""

import numpy as np

_LARGEST = float(np.finfo(np.float32).max)


def as_array(name, value, kinds="biufcV"):
    """Return `value` as an array, or raise a ValueError if it is none, or one of other things than these.

    Args:
        name: str, what messages call it.
        value: array-like or tensor.
        kinds: str, the kinds of numbers that it may hold, as `numpy.dtype.kind`. "V" has bfloat16.
    """
    try:
        array = np.asarray(value)
    except Exception as error:
        # NumPy, TensorFlow and others each raise their own error, without the name of the argument.
        raise ValueError(_no_array(name, value)) from error
    if array.dtype.kind not in kinds:
        raise ValueError(_no_array(name, value))
    return array


def _no_array(name, value):
    kind = f"{type(value).__name__} of dtype {value.dtype}" if hasattr(value, "dtype") else type(value).__name__
    return f"`{name}` must be an array of numbers, or a list of rows of equal length. Received: {name} of type {kind}"


def require_features(name, features, *, least=1):
    """Return features as a float64 array of shape (num_samples, num_features) in C order, or raise.

    An array that already has this form is returned without a copy; see `checked_features`.
    """
    return np.ascontiguousarray(checked_features(name, features, least=least), dtype=np.float64)


def checked_features(name, features, *, least=1):
    """Return features as a float32 or float64 array of shape (num_samples, num_features), or raise.

    Arrays of these dtypes are returned without a copy. A number beyond the range of float32 is an error, because its
    square and its cube leave the range of float64.

    Args:
        name: str, what messages call the features.
        features: array-like or tensor.
        least: int, how many samples there must be.

    Raises:
        ValueError: if the features have another type or shape, are too few, or are not all finite.
    """
    array = as_array(name, features)
    if not np.can_cast(array.dtype, np.float64, "same_kind"):
        raise ValueError(f"`{name}` must hold real numbers. Received: {name} of dtype {array.dtype}")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"`{name}` must have the shape (num_samples, num_features), with one row for each sample. "
            f"Received: {name} of shape {array.shape}"
        )
    if len(array) < least:
        samples = "sample" if least == 1 else "samples"
        raise ValueError(
            f"`{name}` must hold at least {least} {samples}: give more of them. Received: {name} of shape {array.shape}"
        )
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    # NaN fails both comparisons.
    if not (array.min() >= -_LARGEST and array.max() <= _LARGEST):
        faulty = int((~(np.abs(array) <= _LARGEST)).any(axis=1).sum())
        raise ValueError(
            f"`{name}` must hold finite numbers in the range of float32. Any other number spoils the result: leave out "
            f"such samples. Received: {name} with {faulty} such samples of {len(array)}"
        )
    return array


def require_same_width(real, fake):
    """Raise a ValueError unless two arrays have the same number of features."""
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            "Both sets must have the same number of features: take them from the same extractor. "
            f"Received: arrays of shape {real.shape} and {fake.shape}"
        )


def require_two_sets(real, fake, *, least, check=require_features):
    """Return `real_features` and `fake_features` as `check` does, of the same width, or raise."""
    real = check("real_features", real, least=least)
    fake = check("fake_features", fake, least=least)
    require_same_width(real, fake)
    return real, fake


def require_labels(name, labels, count=None, num_classes=None):
    """Return classes as an int64 array of shape (count,), or raise.

    Args:
        name: str, what messages call the labels.
        labels: array-like or tensor of integers from 0 on.
        count: int, how many there must be; None for any number, at least one.
        num_classes: int, the number of classes; None for any.

    Raises:
        ValueError: if they are no integers, or too many, too few or out of range.
    """
    array = as_array(name, labels)
    if array.ndim != 1 or not array.size or array.dtype.kind not in "iu":
        advice = f" Convert one-hot rows with `{name}.argmax(axis=1)`." if array.ndim == 2 else ""
        raise ValueError(
            f"`{name}` must be integers of shape (num_samples,), the class of each sample.{advice} "
            f"Received: {name} of shape {array.shape} and dtype {array.dtype}"
        )
    if count is not None and len(array) != count:
        raise ValueError(f"`{name}` must have a class for each of the {count} samples. Received: {len(array)} of them")
    if array.min() < 0 or (num_classes is not None and array.max() >= num_classes):
        expected = "at least 0" if num_classes is None else f"from 0 to {num_classes - 1}"
        raise ValueError(f"`{name}` must be {expected}. Received: {name} from {array.min()} to {array.max()}")
    return array.astype(np.int64)
