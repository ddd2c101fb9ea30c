"""Two batches of images that are compared pair by pair."""

import typing

import numpy as np

from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan._pixels import LIMIT, require_zeros_and_ones, scaling, warn_of_zero_to_one
from keras_gan.metrics._features import as_array

_BYTES_AT_ONCE = 2**23
_RANGES = {"uint8": (0.0, 255.0), "uint16": (0.0, 65535.0)}
_IMAGES = (-1.0, 1.0)
# ITU-R BT.601: the luma of bytes, from 16 (black) to 235 (white), for red, green and blue in [0, 1].
_LUMA, _BLACK = np.array([65.481, 128.553, 24.966]), 16.0


class PairValues(typing.NamedTuple):
    """What a comparison of pairs returns.

    Attributes:
        mean: float, the mean over all pairs.
        values: float64 `(num_pairs,)`, the value of each pair.
    """

    mean: float
    values: np.ndarray


def values_of_pairs(compare, images, targets, *, channel=None, border=0, value_range=None):
    """Return what a function finds in each pair of images, a few pairs at a time to bound its memory.

    Args:
        compare: function of two float64 arrays `(num_pairs, channels, height, width)` in [0, 1], with one or several
            values a pair.
        images: array-like `(num_pairs, height, width, channels)`.
        targets: array-like of the same shape.
        channel: None for all channels, or "y" for the luma of RGB images.
        border: int, how many pixels to leave out on each side.
        value_range: (low, high) of the numbers, or None: that of their type.

    Returns:
        float64 array with a row for each pair.

    Raises:
        ValueError: if these are no pairs of images, or an argument is out of its range.
    """
    images, targets = (as_array(name, value, "iuf") for name, value in (("images", images), ("targets", targets)))
    _require_same_shape(images, targets)
    ranges = _range_of("images", images, value_range), _range_of("targets", targets, value_range)
    for name, values, ends in zip(("images", "targets"), (images, targets), ranges, strict=True):
        if ends == _IMAGES:
            warn_of_zero_to_one(name, float(values.min()), float(values.max()), stacklevel=3)
    require_choice("channel", channel, (None, "y"))
    if channel == "y" and images.shape[-1] != 3:
        raise ValueError(
            'The channel "y" is the luma of RGB images. Grey images are their own luma: leave out `channel`. '
            f"Received: channel='y', images.shape={images.shape}"
        )
    height, width = _inner(images.shape[1:3], require_int("border", border, low=0))
    step = max(1, _BYTES_AT_ONCE // (8 * images[0].size))

    def prepared(batch, ends):
        batch = (np.asarray(batch[:, height, width], np.float64) - ends[0]) / (ends[1] - ends[0])
        batch = np.clip(batch, 0.0, 1.0)
        batch = (batch @ _LUMA + _BLACK)[..., np.newaxis] / 255.0 if channel == "y" else batch
        return batch.transpose(0, 3, 1, 2)

    parts = []
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        parts.append(compare(prepared(images[rows], ranges[0]), prepared(targets[rows], ranges[1])))
    return np.concatenate(parts)


def only_holes(images, targets, masks, *, border=0, value_range=None):
    """Images that differ from their targets in the holes alone, and what share of each image is hole.

    So a mean over all pixels, divided by the share, is the mean over the hole.

    Args:
        images: array-like `(num_pairs, height, width, channels)`.
        targets: array-like of the same shape.
        masks: array-like `(num_pairs, height, width, 1)`, 1 in the hole and 0 elsewhere.
        border: int, how many pixels are left out on each side.
        value_range: as for `values_of_pairs`.

    Returns:
        The images, as floats in [-1, 1] if the types of both arrays have two ranges, and float64 shares `(num_pairs,)`.

    Raises:
        ValueError: if these are no masks for the images, or an image has no hole.
    """
    images, targets = (as_array(name, value, "iuf") for name, value in (("images", images), ("targets", targets)))
    _require_same_shape(images, targets)
    holes = require_holes(as_array("masks", masks, "biuf"), images.shape)
    height, width = _inner(images.shape[1:3], require_int("border", border, low=0))
    shares = holes[:, height, width].mean(axis=(1, 2, 3))
    if not shares.all():
        raise ValueError(
            "Each image must have a hole, because nothing else is measured: leave out those without. "
            f"Received: {int((shares == 0).sum())} of {len(shares)} masks without a hole"
        )
    if images.dtype != targets.dtype:
        ends = _range_of("images", images, value_range), _range_of("targets", targets, value_range)
        if ends[0] != ends[1]:
            images, targets = _as_floats(images, ends[0]), _as_floats(targets, ends[1])
    return np.where(holes, images, targets), shares


def _as_floats(images, ends):
    """Numbers between two ends as float64 in [-1, 1]."""
    return (images.astype(np.float64) - ends[0]) * (2.0 / (ends[1] - ends[0])) - 1.0


def require_holes(masks, shape):
    """Masks as booleans, True in the hole, or a ValueError unless they are zeros and ones for images of a shape."""
    wanted = (*shape[:3], 1)
    if masks.shape != wanted:
        raise ValueError(f"`masks` must have the shape {wanted}. Received: masks.shape={masks.shape}")
    require_zeros_and_ones("masks", masks)
    return masks.astype(bool)


def _require_same_shape(images, targets):
    if images.ndim != 4 or images.shape != targets.shape or not images.size:
        raise ValueError(
            "`images` and `targets` must be two batches of the same shape, (num_pairs, height, width, channels), at "
            "least one pair; the image at each place is compared with the target at the same place. "
            f"Received: images.shape={images.shape}, targets.shape={targets.shape}"
        )


def _range_of(name, images, value_range):
    """The (low, high) in which an array must be: as given, or that of its type."""
    if value_range is not None:
        ends = _require_range(value_range)
    elif images.dtype.kind == "f":
        ends = _IMAGES
    elif images.dtype.name in _RANGES:
        ends = _RANGES[images.dtype.name]
    else:
        raise ValueError(
            "Floats are in [-1, 1], uint8 in [0, 255] and uint16 in [0, 65535]. For another type give the lowest and "
            f"the highest number that it may have, as in `value_range=(0, 1023)`. Received: {name}.dtype={images.dtype}"
        )
    low, high = float(images.min()), float(images.max())
    slack = (LIMIT - 1.0) * (ends[1] - ends[0]) / 2
    # NaN fails both comparisons.
    if not (low >= ends[0] - slack and high <= ends[1] + slack):
        advice = f" {scaling(name, low, high)}" if ends == _IMAGES else ""
        raise ValueError(
            f"`{name}` must be finite numbers in [{ends[0]:g}, {ends[1]:g}].{advice} "
            f"Received: lowest={low:.6g}, highest={high:.6g}"
        )
    return ends


def _require_range(value_range):
    ends = value_range if isinstance(value_range, tuple | list) and len(value_range) == 2 else (0.0, 0.0)
    low, high = (require_number("value_range", end) for end in ends)
    if low >= high:
        raise ValueError(f"`value_range` must be (low, high) with low < high. Received: value_range={value_range!r}")
    return low, high


def _inner(sides, border):
    if 2 * border >= min(sides):
        raise ValueError(
            f"`border` leaves nothing of images of {sides[0]} x {sides[1]} pixels: it must be below half of the "
            f"shorter side. Received: border={border}"
        )
    return [slice(border, side - border) for side in sides]
