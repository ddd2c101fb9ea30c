"""How many modes of the data a generator has learnt, and how evenly it visits them."""

import math
import typing

import numpy as np

from keras_gan._arguments import require_int, require_number
from keras_gan.metrics._features import as_array, require_features, require_same_width


class ModeCoverage(typing.NamedTuple):
    """What `mode_coverage` returns.

    Attributes:
        num_modes: int, modes with at least one sample of high quality.
        high_quality_share: float in [0, 1], the share of such samples.
        reverse_kl: float in [0, log K], in nats.
    """

    num_modes: int
    high_quality_share: float
    reverse_kl: float


class ClassCoverage(typing.NamedTuple):
    """What `class_coverage` returns.

    Attributes:
        num_modes: int, classes with at least one sample.
        kl: float in [0, log K], in nats.
        kl_floor: float, the expected `kl` of samples from perfectly uniform classes.
    """

    num_modes: int
    kl: float
    kl_floor: float


def mode_coverage(samples, centres, standard_deviation, *, radius=3.0):
    """Count the modes that samples of a mixture of equal, round Gaussians reach, the good samples, and their evenness.

    A generator can drop modes although each of its samples looks right. If the modes of the data are known, as in a
    ring or a grid of Gaussians, they can be counted. Each of the N samples belongs to the nearest of the K centres. It
    has high quality if it lies within `radius` standard deviations of that centre (Euclidean distance). With n_k the
    number of samples of high quality in mode k:

        num_modes           the number of k with n_k >= 1
        high_quality_share  sum_k n_k / N
        reverse_kl          sum_k p_k log(K p_k),   p_k = n_k / sum_j n_j

    Srivastava et al. 2017 (VEEGAN, arXiv 1705.07761), section 4, for the first two; Lin et al. 2018 (PacGAN, arXiv
    1712.04086), section 4, for the third. It is the Kullback-Leibler divergence of the samples' distribution over the
    modes from the uniform one of the data. Like the authors' code it uses samples of high quality alone. If there are
    none, the result is its upper bound, log K. For N samples of the mixture itself, reverse_kl is about
    (K - 1) / 2N, and in two dimensions high_quality_share is 1 - exp(-9/2) = 0.989.

    Args:
        samples: array-like `(num_samples, num_features)`, finite.
        centres: array-like `(num_modes, num_features)`, at least one.
        standard_deviation: float above 0, of every mode along every axis.
        radius: float above 0, in standard deviations.

    Returns:
        `ModeCoverage`.

    Raises:
        ValueError: if samples or centres have another shape or are not finite, or a number is not above 0.

    Example:
        >>> corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
        >>> mode_coverage([[1.0, 1.1], [0.9, -1.0], [0.0, 0.0], [1.0, 1.0]], corners, 0.1)
        ModeCoverage(num_modes=2, high_quality_share=0.75, reverse_kl=0.749...)
    """
    samples, centres = require_features("samples", samples), require_features("centres", centres)
    require_same_width(samples, centres)
    deviation = require_number("standard_deviation", standard_deviation, low=0.0, open_low=True)
    limit = deviation * require_number("radius", radius, low=0.0, open_low=True)
    nearest, distances = _nearest_centres(samples, centres)
    counts = np.bincount(nearest[distances <= limit], minlength=len(centres))
    return ModeCoverage(
        num_modes=int(np.count_nonzero(counts)),
        high_quality_share=float(counts.sum() / len(samples)),
        reverse_kl=_divergence_from_uniform(counts),
    )


def class_coverage(class_ids, num_classes):
    """Count the classes that samples reach according to a classifier, and measure how even they are.

    It is for data whose modes are classes. Stacked MNIST, for example, has three digits in three colour channels, and a
    classifier of digits tells 1,000 classes apart. With n_k of the N samples in class k of K:

        num_modes  the number of k with n_k >= 1
        kl         sum_k p_k log(K p_k),   p_k = n_k / N
        kl_floor   (K - 1) / 2N

    `kl` is the Kullback-Leibler divergence between the classes of the samples and uniform classes; Srivastava et al.
    2017 (VEEGAN, arXiv 1705.07761), section 4, after Metz et al. 2016 (arXiv 1611.02163). For a finite number of
    samples it is never 0. `kl_floor` is its expectation for a perfect generator to first order in 1/N (Miller 1955),
    if N is well above K. It is 0.019 for the 26,000 samples and 1,000 classes of the papers.

    Args:
        class_ids: array-like `(num_samples,)` of integers in [0, num_classes).
        num_classes: int, K.

    Returns:
        `ClassCoverage`.

    Raises:
        ValueError: if the classes are not integers in that range, or there are no samples.

    Example:
        >>> coverage = class_coverage([0, 0, 1, 1], num_classes=4)
        >>> coverage.num_modes, round(coverage.kl, 4), coverage.kl_floor
        (2, 0.6931, 0.375)
    """
    num_classes = require_int("num_classes", num_classes)
    class_ids = _require_class_ids(class_ids, num_classes)
    counts = np.bincount(class_ids, minlength=num_classes)
    return ClassCoverage(
        num_modes=int(np.count_nonzero(counts)),
        kl=_divergence_from_uniform(counts),
        kl_floor=(num_classes - 1) / (2 * len(class_ids)),
    )


def _nearest_centres(samples, centres):
    """Return the nearest centre of each sample and its distance. Going centre by centre takes little memory."""
    nearest = np.zeros(len(samples), np.int64)
    squares = np.full(len(samples), np.inf)
    for index, centre in enumerate(centres):
        candidates = np.square(samples - centre).sum(axis=1)
        nearest[candidates < squares] = index
        squares = np.minimum(candidates, squares)
    return nearest, np.sqrt(squares)


def _divergence_from_uniform(counts):
    """Return the KL divergence between counts and uniform counts, in nats; its bound log K if all counts are 0."""
    if not counts.any():
        return math.log(len(counts))
    shares = counts[counts > 0] / counts.sum()
    # It is 0 for equal shares, but rounding can give a number just below 0.
    return max(0.0, float(np.sum(shares * np.log(len(counts) * shares))))


def _require_class_ids(class_ids, num_classes):
    ids = as_array("class_ids", class_ids)
    if ids.ndim != 1 or not ids.size or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            "`class_ids` must be integers of shape (num_samples,), at least one. Convert logits with "
            f"`logits.argmax(-1)`. Received: class_ids of shape {ids.shape} and dtype {ids.dtype}"
        )
    if ids.min() < 0 or ids.max() >= num_classes:
        raise ValueError(
            f"`class_ids` must lie in [0, {num_classes}): count the classes from 0, or give a larger `num_classes`. "
            f"Received: class_ids from {ids.min()} to {ids.max()}"
        )
    return ids.astype(np.int64)
