"""The comparisons of pairs that a `PairEvaluator` makes."""

import dataclasses
import functools
import math
import warnings
from collections.abc import Callable

import numpy as np

from keras_gan._arguments import require_text
from keras_gan.metrics._features import as_array
from keras_gan.metrics.gradient_energy import energy_ratio, gradient_energy
from keras_gan.metrics.l1 import l1
from keras_gan.metrics.psnr import mean_decibels, psnr
from keras_gan.metrics.ssim import ssim

_RESAMPLES = 200


@dataclasses.dataclass(frozen=True)
class PairMeasure:
    """A comparison of images with their targets.

    Attributes:
        name: str.
        better: "lower", "higher" or "near 1".
        bounds: (low, high), the range of the value.
        rows_of: function of (images, targets) that returns a row of numbers for each pair; of (images, targets, masks)
            if it looks at holes.
        summary: function of such rows that returns the value.
        part: str, which part of the images is compared, or None for all of them.
        extractor: dict of the fields of a `Result` that describe a network.
        is_of_holes: bool, whether it looks at the holes of masks alone.
    """

    name: str
    better: str
    bounds: tuple
    rows_of: Callable
    summary: Callable = np.mean
    part: str | None = None
    extractor: dict = dataclasses.field(default_factory=dict)
    is_of_holes: bool = False

    def deviation(self, rows, seed):
        """The standard deviation of the value over other pairs of the same kind and number: by bootstrap over pairs."""
        rng, count = np.random.default_rng(seed), len(rows)
        with warnings.catch_warnings(action="ignore"):
            values = [self.summary(rows[rng.integers(count, size=count)]) for _ in range(_RESAMPLES)]
        if not np.isfinite(values).all():
            return math.nan
        # A resample of n pairs varies as if their own variance had the divisor n.
        return float(np.std(values, ddof=1)) * math.sqrt(count / (count - 1))


def part_of(channel, border):
    """What to say of a part of the images, as `psnr` takes it; None for all of them."""
    luma = ["luma"] if channel == "y" else []
    inside = [f"without {border} {'pixel' if border == 1 else 'pixels'} at each side"] if border else []
    return " ".join(luma + inside) or None


def of_part(measure, channel, border):
    """A measure of a part of the images, if it is one that papers on super-resolution give so; else unchanged."""
    if measure.name not in PARTIAL:
        return measure
    rows_of = functools.partial(measure.rows_of, channel=channel, border=border)
    return dataclasses.replace(measure, rows_of=rows_of, part=part_of(channel, border))


def measure_of(metric):
    """The measure for a name, or for a callable such as a `Lpips`; None if it is neither."""
    if isinstance(metric, str):
        return MEASURES.get(metric)
    if not callable(metric) or not all(hasattr(metric, name) for name in ("name", "better")):
        return None
    require_text("name", metric.name)
    if metric.better not in ("lower", "higher"):
        raise ValueError(
            f'A metric\'s `better` must be "lower" or "higher". Received: {metric.name!r} with {metric.better!r}'
        )
    extractor = {}
    if hasattr(metric, "fingerprint"):
        extractor = {
            "extractor": getattr(metric, "extractor", metric.name),
            "extractor_hash": metric.fingerprint,
            "dtype": "float32",
        }
    bounds = getattr(metric, "bounds", (-math.inf, math.inf))
    return PairMeasure(metric.name, metric.better, bounds, _rows_of(metric), extractor=extractor)


def _rows_of(metric):
    """The function that checks what a callable returns: a number for each pair."""

    def rows_of(images, targets):
        returned = metric(images, targets)
        rows = as_array(metric.name, getattr(returned, "values", returned), "biuf")
        if rows.shape != (len(images),):
            raise ValueError(
                f"The metric {metric.name!r} must return a number for each of the {len(images)} pairs. "
                f"Received: an array of shape {rows.shape}"
            )
        return rows

    return rows_of


def _energies(images, targets):
    return np.stack(gradient_energy(images, targets)[1:], axis=1)


def _decibels(images, targets, masks=None, **part):
    with warnings.catch_warnings(action="ignore"):
        return psnr(images, targets, masks=masks, **part).values


def _absolute_in_holes(images, targets, masks):
    return l1(images, targets, masks=masks).values


def _similarities(images, targets, **part):
    return ssim(images, targets, **part).values


MEASURES = {
    "psnr": PairMeasure("psnr", "higher", (-math.inf, math.inf), _decibels, mean_decibels),
    "ssim": PairMeasure("ssim", "higher", (-1.0, 1.0), _similarities),
    "l1": PairMeasure("l1", "lower", (0.0, math.inf), lambda *pairs: l1(*pairs).values),
    "hole_psnr": PairMeasure("hole_psnr", "higher", (-math.inf, math.inf), _decibels, mean_decibels, is_of_holes=True),
    "hole_l1": PairMeasure("hole_l1", "lower", (0.0, math.inf), _absolute_in_holes, is_of_holes=True),
    "gradient_energy": PairMeasure("gradient_energy", "near 1", (0.0, math.inf), _energies, energy_ratio),
}
# Those that take `channel` and `border`.
PARTIAL = ("psnr", "ssim")
