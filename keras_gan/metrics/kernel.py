"""The kernel distance of two sets of features."""

import typing
import warnings

import numpy as np
from scipy.linalg import blas

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._features import require_two_sets
from keras_gan.metrics._order import canonical_order


class KernelDistanceResult(typing.NamedTuple):
    """What `kernel_distance` returns.

    Attributes:
        mean: float, over the subsets; below 0 by chance where the sets are alike.
        standard_deviation: float, over the subsets (divisor: their number).
    """

    mean: float
    standard_deviation: float


def kernel_distance(real_features, fake_features, *, subset_size=1000, num_subsets=100, seed=0):
    """Kernel distance of two sets of features: the squared maximum mean discrepancy with a cubic kernel.

    Unlike the Frechet distance it is unbiased, so it can be used, and compared, at any number of samples. It is called
    KID where the features are those of the 2015 Inception network. Over pairs of samples x of one, y of the other
    set, m of either:

        sum_{i != j} k(x_i, x_j) / m (m - 1) + sum_{i != j} k(y_i, y_j) / m (m - 1) - 2 sum_{i, j} k(x_i, y_j) / m^2,
        k(a, b) = (a . b / num_features + 1)^3

    Binkowski et al. 2018 (arXiv 1801.01401), section 4; Gretton et al. 2012, equation 3, for the estimator. The mean
    and the standard deviation are over random subsets, drawn without replacement, of both sets. The order of the
    samples does not matter.

    Args:
        real_features: array-like `(num_real, num_features)`, at least two samples.
        fake_features: array-like `(num_fake, num_features)`, at least two samples.
        subset_size: samples of either set in a subset, at least 2. With fewer at hand, a subset has as many as the
            smaller set, and a warning says so; if both sets have that many, all subsets are alike, and the standard
            deviation is 0.
        num_subsets: subsets to draw.
        seed: of the subsets.

    Returns:
        `KernelDistanceResult`: mean and standard deviation over the subsets.

    Raises:
        ValueError: if either are of another shape, too few, or not finite, the widths differ, or a number is out of
            range.

    Example:
        >>> samples = np.random.default_rng(0).normal(size=(2, 500, 8))
        >>> kernel_distance(samples[0], samples[1] + 1.0, subset_size=100).mean > 1.0
        True
    """
    real, fake = require_two_sets(real_features, fake_features, least=2)
    subset_size = require_int("subset_size", subset_size, low=2)
    num_subsets = require_int("num_subsets", num_subsets)
    rng = np.random.default_rng(require_seed(seed))
    size = _available(subset_size, len(real), len(fake))
    if size == len(real) == len(fake):
        num_subsets = 1
    sides = [(features, canonical_order(features)) for features in (real, fake)]
    distances = [
        _squared_discrepancy(
            *(features[order[rng.choice(len(features), size, replace=False)]] for features, order in sides)
        )
        for _ in range(num_subsets)
    ]
    return KernelDistanceResult(float(np.mean(distances)), float(np.std(distances)))


def _available(subset_size, *counts):
    """The size of the subsets, with a warning if it is not the one that was asked for."""
    if min(counts) >= subset_size:
        return subset_size
    warnings.warn(
        f"There are fewer samples than a subset takes: the subsets have {min(counts)} of either side instead of "
        f"{subset_size}, and the standard deviation over them is too small, for they are alike.",
        stacklevel=3,
    )
    return min(counts)


def _squared_discrepancy(real, fake):
    size = len(real)
    same = _kernel_sum_of_pairs(real) + _kernel_sum_of_pairs(fake)
    between = _cubed_in_place(blas.dgemm(1.0 / real.shape[1], real.T, fake.T, trans_a=True)).sum()
    return same / (size * (size - 1)) - 2.0 * between / size**2


def _kernel_sum_of_pairs(samples):
    """The sum of k(x_i, x_j) over i != j: half of the symmetric product is enough."""
    size = len(samples)
    # BLAS counts columns first, and reads the transpose without a copy. It fills the upper triangle; the rest is 0.
    kernel = _cubed_in_place(blas.dsyrk(1.0 / samples.shape[1], samples.T, trans=True))
    return 2.0 * (kernel.sum() - np.trace(kernel) - size * (size - 1) / 2)


def _cubed_in_place(products):
    products += 1.0
    # `**` with an exponent above 2 takes the logarithm.
    squares = np.square(products)
    products *= squares
    return products
