"""The Frechet distance of two sets of features."""

import math
import typing

import numpy as np
import scipy.linalg

from keras_gan._arguments import require_int
from keras_gan.metrics._features import require_features, require_same_width, require_two_sets

_BLOCK_BYTES = 2**26
# Eigenvalues of a product of covariances are off by about 1e-16 of the largest. Where the smallest is this share of it
# or more, their roots are good to ten digits.
_WELL_CONDITIONED = 1e-12


class Moments(typing.NamedTuple):
    """What the Frechet distance needs to know of a set of features; `moments` makes it.

    Attributes:
        count: int, the number N of samples.
        mean: float64 array `(num_features,)`.
        covariance: float64 array `(num_features, num_features)`, with the divisor N - 1.

    Example:
        >>> Moments(2, np.array([1.0]), np.array([[2.0]])).count
        2
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray


def moments(features):
    """Mean and covariance of features.

    They are all that the Frechet distance takes of a set: those of the real images can be computed once and kept.
    The covariance is summed about the mean, so a mean that is large beside the spread costs it no digits.

        mean = sum_i x_i / N,    covariance = sum_i (x_i - mean) (x_i - mean)^T / (N - 1)

    Args:
        features: array-like `(num_samples, num_features)`, at least two samples.

    Returns:
        `Moments` of float64 arrays.

    Raises:
        ValueError: if the features are of another shape, too few, or not finite.

    Example:
        >>> moments([[0.0, 1.0], [2.0, 1.0]]).covariance
        array([[2., 0.],
               [0., 0.]])
    """
    return _moments(require_features("features", features, least=2))


def frechet_distance(real_features, fake_features):
    """Frechet distance of two sets of features, each taken for a Gaussian.

    The most widely reported measure of samples. It is called FID where the features are those of the 2015 Inception
    network, and only there. With m the means and S the covariances:

        |m_real - m_fake|^2 + tr(S_real + S_fake - 2 (S_real S_fake)^1/2)

    Heusel et al. 2017 (arXiv 1706.08500), equation 6; Dowson and Landau 1982 for the formula. It is biased: two sets
    of n samples of the same N(0, I_d) are 2 d / n + d (d + 1) / 2n apart on average, so distances from different
    numbers of samples cannot be compared.

    No root of a matrix is taken. The trace is the sum of the singular values of A^T B, where S_real = A A^T and
    S_fake = B B^T. Where a set has no more samples than features, its centred samples are such a factor.

    Args:
        real_features: array-like `(num_real, num_features)`, at least two samples.
        fake_features: array-like `(num_fake, num_features)`, at least two samples.

    Returns:
        float, at least 0.

    Raises:
        ValueError: if either are of another shape, too few, or not finite, or the widths differ.

    Example:
        >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])  # of the same spread, and 3 apart
        9.0
    """
    real, fake = require_two_sets(real_features, fake_features, least=2)
    if min(len(real), len(fake)) > real.shape[1]:
        return _distance(_moments(real), _moments(fake))
    factors, means, spread = [], [], 0.0
    for features in (real, fake):
        means.append(features.mean(axis=0))
        factors.append(_factor_of_samples(features))
        spread += np.square(factors[-1]).sum()
    return _sum_up(means, spread, _sum_of_singular_values(*factors))


def frechet_distance_from_moments(real, fake):
    """Frechet distance of two sets of features that are known by their moments.

    For statistics that were kept, or summed up batch by batch. See `frechet_distance`, to which it is equal; where
    the features are at hand and no more than their width in number, that is more precise.

    Args:
        real: `Moments` of the real features, of at least two samples.
        fake: `Moments` of the generated features, of at least two samples.

    Returns:
        float, at least 0.

    Raises:
        ValueError: if either have shapes that do not fit, are of too few samples, or are not finite.

    Example:
        >>> frechet_distance_from_moments(moments([[0.0], [2.0]]), moments([[3.0], [5.0]]))
        9.0
    """
    real, fake = _require_moments("real", real), _require_moments("fake", fake)
    require_same_width(real.covariance, fake.covariance)
    return _distance(real, fake)


def _require_moments(name, given):
    count, mean, covariance = given
    mean = require_features(f"{name}.mean", np.asarray(mean)[None])[0]
    covariance = require_features(f"{name}.covariance", covariance)
    if covariance.shape != 2 * mean.shape:
        raise ValueError(
            f"`{name}` must have a mean of d and a covariance of d x d numbers. "
            f"Received: {name} with a mean of shape {mean.shape} and a covariance of shape {covariance.shape}"
        )
    return Moments(require_int(f"{name}.count", count, low=2), mean, covariance)


def _moments(features):
    count, width = features.shape
    mean = features.mean(axis=0)
    scatter = np.zeros((width, width))
    step = max(1, _BLOCK_BYTES // (8 * width))
    for start in range(0, count, step):
        centred = features[start : start + step] - mean
        scatter += centred.T @ centred
    return Moments(count, mean, scatter / (count - 1))


def _distance(real, fake):
    spread = np.trace(real.covariance) + np.trace(fake.covariance)
    return _sum_up((real.mean, fake.mean), spread, _trace_of_root(real.covariance, fake.covariance))


def _sum_up(means, spread, trace_of_root):
    distance = np.square(means[0] - means[1]).sum() + spread - 2.0 * trace_of_root
    # Rounding can leave a little less than nothing.
    return max(0.0, float(distance))


def _trace_of_root(real, fake):
    """Trace of (S_real S_fake)^1/2.

    The eigenvalues of the product are those of the symmetric L^T S_real L, where S_fake = L L^T. Their roots lose
    half of the digits where the product is near singular; singular values of the factors do not, at thrice the time.
    """
    try:
        eigenvalues = scipy.linalg.eigh(real, fake, type=2, eigvals_only=True, driver="gv", check_finite=False)
    except np.linalg.LinAlgError:  # S_fake has no Cholesky factor
        eigenvalues = np.zeros(1)
    if eigenvalues[0] > _WELL_CONDITIONED * eigenvalues[-1]:
        return np.sqrt(eigenvalues).sum()
    return _sum_of_singular_values(_factor(real), _factor(fake))


def _sum_of_singular_values(real_factor, fake_factor):
    return np.linalg.svd(real_factor.T @ fake_factor, compute_uv=False).sum()


def _factor_of_samples(features):
    """A matrix A with A A^T the covariance of features, and no more columns than needed."""
    count, width = features.shape
    if count > width:
        return _factor(_moments(features).covariance)
    return (features - features.mean(axis=0)).T / math.sqrt(count - 1)


def _factor(covariance):
    """A matrix A with A A^T = `covariance` and as many columns as that has ranks, by Cholesky with pivots."""
    lower, pivots, rank, _ = scipy.linalg.lapack.dpstrf(covariance, lower=1)
    factor = np.empty((len(covariance), rank))
    factor[pivots - 1] = np.tril(lower)[:, :rank]
    return factor
