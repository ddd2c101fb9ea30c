"""How far alphas are from the true ones, as the literature on matting measures it."""

import math
import typing

import numpy as np

from keras_gan._trimaps import is_unknown, warn_of_halves
from keras_gan.metrics._features import as_array

# Of the filter of the gradient, and the share of its highest value at which it ends.
_DEVIATION, _SHARE = 1.4, 1e-2


class MattingErrors(typing.NamedTuple):
    """What `matting_errors` returns, for each picture.

    Attributes:
        sad: float64 `(num_images,)`, sum of absolute differences over the unknown region, in thousands.
        mse: float64 `(num_images,)`, mean squared difference over the unknown region.
        gradient: float64 `(num_images,)`, sum of squared differences of the gradients' lengths over the unknown region,
            in thousands.
    """

    sad: np.ndarray
    mse: np.ndarray
    gradient: np.ndarray


def matting_errors(alphas, targets, trimaps):
    """Errors of alphas in the region that the trimap leaves open. Lower is better.

    The known region is right by definition and most of the picture, so errors of the whole picture would hide what
    matters. With alphas a and the true ones t in [0, 1], over the unknown region:

        SAD = sum |a - t| / 1000        MSE = mean (a - t)^2        gradient = sum (|grad a| - |grad t|)^2 / 1000

    The gradient, by derivatives of a Gaussian with a deviation of 1.4 pixels, sees a veil or lost hair that the others
    hardly count. Rhemann et al. 2009, "A perceptually motivated online benchmark for image matting", section 4, with
    the filter of the authors' evaluation: nine taps, the sum of whose squares is 1, and the edge pixels repeated
    outside. SAD and gradient grow with the size of the region; compare them on the same pictures alone.

    Args:
        alphas: `(num_images, height, width, 1)`: floats in [0, 1], as `AlphaGAN.matte` returns them, or uint8.
        targets: the true alphas, of the same shape: floats in [0, 1] or uint8.
        trimaps: of the same shape: floats in [-1, 1] or uint8, with values near the middle where the alpha is open.

    Returns:
        `MattingErrors`.

    Raises:
        ValueError: if the shapes differ, numbers are out of their range, or a trimap leaves nothing open.

    Example:
        >>> trimaps = np.full((1, 20, 50, 1), -1.0)
        >>> trimaps[:, :, 25:] = 0.0
        >>> errors = matting_errors(np.full((1, 20, 50, 1), 0.5), np.zeros((1, 20, 50, 1)), trimaps)
        >>> errors.sad.tolist(), errors.mse.tolist()
        ([0.25], [0.25])
    """
    made, true = _in_range("alphas", alphas, 0.0), _in_range("targets", targets, 0.0)
    trimaps = _in_range("trimaps", trimaps, -1.0)
    if made.ndim != 4 or made.shape[-1] != 1 or not made.shape == true.shape == trimaps.shape:
        raise ValueError(
            "Alphas, targets and trimaps must have the same shape, (num_images, height, width, 1). "
            f"Received: alphas.shape={made.shape}, targets.shape={true.shape}, trimaps.shape={trimaps.shape}"
        )
    warn_of_halves("trimaps", trimaps, stacklevel=2)
    unknown = is_unknown(trimaps)
    counts = unknown.sum(axis=(1, 2, 3))
    if not counts.all():
        raise ValueError(
            "A trimap must leave something open, with values in the middle between background and foreground: leave "
            f"the others out. Received: trimaps that leave nothing open at {np.flatnonzero(counts == 0)[:8].tolist()}"
        )
    differences = np.where(unknown, made - true, 0.0)
    slopes = np.where(unknown, _gradient_length(made) - _gradient_length(true), 0.0)
    squares = [np.square(each).sum(axis=(1, 2, 3)) for each in (differences, slopes)]
    return MattingErrors(np.abs(differences).sum(axis=(1, 2, 3)) / 1000.0, squares[0] / counts, squares[1] / 1000.0)


def _in_range(name, values, low):
    """An array as float64 in [low, 1], or a ValueError."""
    values = as_array(name, values, "uf")
    if values.dtype == np.uint8:
        return low + values * ((1.0 - low) / 255.0)
    lowest, highest = (float(end(initial=low)) for end in (values.min, values.max))
    if values.dtype.kind != "f" or not (lowest >= low - 1e-3 and highest <= 1.001 and np.isfinite(values).all()):
        advice = "" if low else f" Map those in [-1, 1] with `({name} + 1) / 2`."
        raise ValueError(
            f"`{name}` must be uint8, or floats in [{low:g}, 1].{advice} "
            f"Received: {name}.dtype={values.dtype}, lowest={lowest:.6g}, highest={highest:.6g}"
        )
    return np.clip(values.astype(np.float64), low, 1.0)


def _gradient_length(alphas):
    """|grad a| at each pixel."""
    reach = math.ceil(_DEVIATION * math.sqrt(-2.0 * math.log(math.sqrt(2.0 * math.pi) * _DEVIATION * _SHARE)))
    offsets = np.arange(-reach, reach + 1)
    bell = np.exp(-0.5 * (offsets / _DEVIATION) ** 2) / (_DEVIATION * math.sqrt(2.0 * math.pi))
    slope = -offsets * bell / _DEVIATION**2
    norm = np.linalg.norm(bell) * np.linalg.norm(slope)
    padded = np.pad(alphas, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    across = _filtered(_filtered(padded, bell, axis=1), slope, axis=2) / norm
    down = _filtered(_filtered(padded, slope, axis=1), bell, axis=2) / norm
    return np.hypot(across, down)


def _filtered(values, taps, *, axis):
    """The sums of taps times neighbours along an axis, where they all are."""
    size = values.shape[axis] - len(taps) + 1
    return sum(tap * values.take(range(start, start + size), axis) for start, tap in enumerate(taps))
