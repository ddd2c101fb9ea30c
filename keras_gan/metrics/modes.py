"""How many modes of the data a generator has learnt, and how evenly it visits them."""

import math
import typing

import numpy as np

from keras_gan._arguments import require_int, require_number
from keras_gan.metrics._features import require_features, require_same_width


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
        kl_floor: float, what `kl` is expected to be for samples of perfectly uniform classes.
    """

    num_modes: int
    kl: float
    kl_floor: float


def mode_coverage(samples, centres, standard_deviation, *, radius=3.0):
    """Modes, share of good samples, and evenness of samples of a mixture of equal, round Gaussians.

    A generator that has dropped modes can make samples that nothing is wrong with, one by one. On a mixture whose
    modes are known, such as a ring or a grid of Gaussians, they can be counted. Each of the N samples belongs to the
    nearest of the K centres, and is of high quality if it lies within `radius` standard deviations of it (Euclidean
    distance). With n_k the samples of high quality of mode k:

        num_modes           the number of k with n_k >= 1
        high_quality_share  sum_k n_k / N
        reverse_kl          sum_k p_k log(K p_k),   p_k = n_k / sum_j n_j

    Srivastava et al. 2017 (VEEGAN, arXiv 1705.07761), section 4, for the first two; Lin et al. 2018 (PacGAN, arXiv
    1712.04086), section 4, for the third: the Kullback-Leibler divergence of the samples' distribution over the
    modes from the data's, which is uniform. Like the authors' code it looks at samples of high quality alone; where
    there is none, all that is known is the bound log K, and that is returned. N samples of the mixture itself in d
    dimensions score 1 - exp(-9/2) = 0.989 in high_quality_share where d = 2, and about (K - 1) / 2N in reverse_kl.

    Args:
        samples: array-like `(num_samples, num_features)`, finite.
        centres: array-like `(num_modes, num_features)`, at least one.
        standard_deviation: float above 0, of every mode along every axis.
        radius: float above 0, in standard deviations.

    Returns:
        `ModeCoverage`.

    Raises:
        ValueError: if samples and centres are not such arrays, or a number is not above 0.

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
    """Classes that samples reach, and how evenly, from what a classifier says of them.

    For data whose modes are classes: on stacked MNIST, three digits in three colour channels, a classifier of digits
    reads 1,000 of them. With n_k of the N samples in class k of K:

        num_modes  the number of k with n_k >= 1
        kl         sum_k p_k log(K p_k),   p_k = n_k / N
        kl_floor   (K - 1) / 2N

    `kl` is the Kullback-Leibler divergence of the samples' classes from uniform ones; Srivastava et al. 2017 (VEEGAN,
    arXiv 1705.07761), section 4, after Metz et al. 2016 (arXiv 1611.02163). Of a finite number of samples it is
    never 0: `kl_floor` is its expectation for a perfect generator, to first order in 1/N (Miller 1955), and 0.019 for
    the 26,000 samples and 1,000 classes of the papers. It holds for N well above K.

    Args:
        class_ids: array-like `(num_samples,)` of integers in [0, num_classes).
        num_classes: int, K.

    Returns:
        `ClassCoverage`.

    Raises:
        ValueError: if the classes are not integers in that range, or there is none.

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
    """The nearest centre of each sample, and how far it is; centre by centre, which takes little memory."""
    nearest = np.zeros(len(samples), np.int64)
    squares = np.full(len(samples), np.inf)
    for index, centre in enumerate(centres):
        candidates = np.square(samples - centre).sum(axis=1)
        nearest[candidates < squares] = index
        squares = np.minimum(candidates, squares)
    return nearest, np.sqrt(squares)


def _divergence_from_uniform(counts):
    """KL of the distribution that counts show from the uniform one, in nats; its bound log K if all are 0."""
    if not counts.any():
        return math.log(len(counts))
    shares = counts[counts > 0] / counts.sum()
    # Of equal shares it is 0, which rounding may miss by a little on either side.
    return max(0.0, float(np.sum(shares * np.log(len(counts) * shares))))


def _require_class_ids(class_ids, num_classes):
    ids = np.asarray(class_ids)
    if ids.ndim != 1 or not ids.size or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            "`class_ids` must be integers of shape (num_samples,), at least one; logits convert with "
            f"`logits.argmax(-1)`. Received: class_ids of shape {ids.shape} and dtype {ids.dtype}"
        )
    if ids.min() < 0 or ids.max() >= num_classes:
        raise ValueError(
            f"`class_ids` must lie in [0, {num_classes}): count the classes from 0, or give a larger `num_classes`. "
            f"Received: class_ids from {ids.min()} to {ids.max()}"
        )
    return ids
