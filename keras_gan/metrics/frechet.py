"""The Frechet distance of two sets of features: of whole arrays, and of samples that come batch by batch."""

import math
import typing

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._replicas import sum_over_replicas
from keras_gan.metrics._features import (
    as_array,
    checked_features,
    require_features,
    require_same_width,
    require_two_sets,
)
from keras_gan.metrics._streaming import TwoSidedMetric, as_scalar

_BLOCK_BYTES = 2**26
# The eigenvalues of a product of covariances are wrong by about 1e-16 of the largest. If the smallest is at least this
# share of the largest, their roots are right to ten digits.
_WELL_CONDITIONED = 1e-12


class Moments(typing.NamedTuple):
    """What the Frechet distance needs to know about a set of features. `moments` computes it.

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

    The Frechet distance needs nothing else, so the moments of the real images can be computed once and kept. The
    covariance is summed relative to the mean, so it loses no digits if the mean is much larger than the spread.

        mean = sum_i x_i / N,    covariance = sum_i (x_i - mean) (x_i - mean)^T / (N - 1)

    Args:
        features: array-like `(num_samples, num_features)`, at least two samples.

    Returns:
        `Moments` of float64 arrays.

    Raises:
        ValueError: if the features have another shape, are too few, or are not finite.

    Example:
        >>> moments([[0.0, 1.0], [2.0, 1.0]]).covariance
        array([[2., 0.],
               [0., 0.]])
    """
    return _feature_moments(checked_features("features", features, least=2))


def frechet_distance(real_features, fake_features):
    """Frechet distance between two sets of features, each treated as a Gaussian.

    It is the most widely reported measure of samples. Only with the features of the 2015 Inception network is it
    called FID. With m the means and S the covariances:

        |m_real - m_fake|^2 + tr(S_real + S_fake - 2 (S_real S_fake)^1/2)

    Heusel et al. 2017 (arXiv 1706.08500), equation 6; Dowson and Landau 1982 for the formula. It is biased: two sets
    of n samples from the same N(0, I_d) are 2 d / n + d (d + 1) / 2n apart on average. So do not compare distances
    from different numbers of samples.

    The code takes no root of a matrix. The trace is the sum of the singular values of A^T B, with S_real = A A^T and
    S_fake = B B^T. If a set has no more samples than features, its centred samples are such a factor.

    Args:
        real_features: array-like `(num_real, num_features)`, at least two samples.
        fake_features: array-like `(num_fake, num_features)`, at least two samples.

    Returns:
        float, at least 0.

    Raises:
        ValueError: if either set has another shape, is too small or is not finite, or the widths differ.

    Example:
        >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])  # the same spread, 3 apart
        9.0
    """
    real, fake = require_two_sets(real_features, fake_features, least=2, check=checked_features)
    if min(len(real), len(fake)) > real.shape[1]:
        return _distance(_feature_moments(real), _feature_moments(fake))
    factors, means, spread = [], [], 0.0
    for features in (real, fake):
        means.append(features.mean(axis=0, dtype=np.float64))
        factors.append(_factor_of_samples(features))
        spread += np.square(factors[-1]).sum()
    return _sum_up(means, spread, _sum_of_singular_values(*factors))


def frechet_distance_from_moments(real, fake):
    """Frechet distance between two sets of features, from their moments.

    Use it for moments that were kept, or summed batch by batch. It equals `frechet_distance`, which is more precise
    for sets with no more samples than features.

    Args:
        real: `Moments` of at least two real samples.
        fake: `Moments` of at least two generated samples.

    Returns:
        float, at least 0.

    Raises:
        ValueError: if shapes do not fit, a count is below 2, or a number is not finite.

    Example:
        >>> frechet_distance_from_moments(moments([[0.0], [2.0]]), moments([[3.0], [5.0]]))
        9.0
    """
    real, fake = _require_moments("real", real), _require_moments("fake", fake)
    require_same_width(real.covariance, fake.covariance)
    return _distance(real, fake)


@keras.saving.register_keras_serializable(package="keras_gan")
class FrechetDistance(TwoSidedMetric):
    """The Frechet distance of any number of images, in the memory of two covariance matrices.

    Except for rounding, the value is that of `frechet_distance` of all features at once. It does not depend on how
    the samples are split into batches, or over replicas or workers. The state of each side is a count, a mean and a
    scatter matrix in float64: 8 (d^2 + d + 1) bytes, 34 MB for 2,048 features.

    Heusel et al. 2017 (arXiv 1706.08500), equation 6.

    Args:
        extractor: `Extractor` of the images, or None if callers pass features.
        num_features: int, the width of the features. It is not needed with an extractor.
        name: str, the metric's name in logs.

    Raises:
        ValueError: if neither argument gives the number of features.

    Example:
        >>> import numpy as np
        >>> metric = FrechetDistance(num_features=2)
        >>> real = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
        >>> metric.update_state(real[:3], real[:1] + 3.0)
        >>> metric.update_state(real[3:], real[1:] + 3.0)
        >>> round(metric.result(), 6)
        18.0
    """

    def __init__(self, extractor=None, num_features=None, *, name=None):
        super().__init__(extractor, num_features, name)
        self._real, self._fake = (RunningMoments(self.add_state, side, self.num_features) for side in ("real", "fake"))

    @property
    def real_moments(self):
        """`Moments` of the real samples so far."""
        return moments_of(*(variable.numpy() for variable in self._real.variables))

    @property
    def fake_moments(self):
        """`Moments` of the generated samples so far."""
        return moments_of(*(variable.numpy() for variable in self._fake.variables))

    def result(self):
        """Return the distance so far, a float of at least 0. In a graph it is a float64 scalar.

        Raises:
            ValueError: if a side has fewer than two samples.
        """
        return as_scalar(_distance_of_state, self._real.variables + self._fake.variables)

    def _take_in(self, name, side, samples, features):  # noqa: ARG002 - other metrics look at the images too
        side.update(self._rows(name, features, "float64"))


class RunningMoments:
    """Count, mean and scatter matrix, all in float64.

    If the mean is large, the covariance is lost in the rounding of the sums of x and of x x^T. So the scatter is kept
    relative to the mean. Two parts a and b join by the formula of Chan, Golub and LeVeque 1983 (The American
    Statistician 37):

        mean    = mean_a + (mean_b - mean_a) n_b / n
        scatter = scatter_a + scatter_b + (mean_b - mean_a) (mean_b - mean_a)^T n_a n_b / n

    Args:
        add_state: function of (name, shape, dtype) that creates a variable.
        name: str, the first part of the variables' names.
        width: int, the width of the rows.
    """

    def __init__(self, add_state, name, width):
        self._count = add_state(f"{name}_count", (), "float64")
        self._mean = add_state(f"{name}_mean", (width,), "float64")
        self._scatter = add_state(f"{name}_scatter", (width, width), "float64")

    @property
    def variables(self):
        """The count, the mean and the scatter."""
        return [self._count, self._mean, self._scatter]

    def update(self, rows):
        """Add the rows of all replicas, float64 (batch, width)."""
        count = sum_over_replicas(tf.cast(tf.shape(rows)[0], tf.float64))
        mean = tf.math.divide_no_nan(sum_over_replicas(tf.reduce_sum(rows, axis=0)), count)
        centred = rows - mean
        self._join(count, mean, sum_over_replicas(tf.matmul(centred, centred, transpose_a=True)))

    def merge(self, other):
        """Add the rows that another one has seen."""
        self._join(*(tf.convert_to_tensor(variable.value) for variable in other.variables))

    def _join(self, count, mean, scatter):
        total = self._count.value + count
        share = tf.math.divide_no_nan(count, total)
        shift = mean - self._mean.value
        between = self._count.value * share * tf.tensordot(shift, shift, axes=0)
        self._scatter.assign_add(scatter + between)
        self._mean.assign_add(shift * share)
        self._count.assign(total)


def moments_of(count, mean, scatter):
    """Return the `Moments` for the values of the three variables, with the divisor N - 1."""
    return Moments(int(count), np.asarray(mean), np.asarray(scatter) / max(float(count) - 1.0, 1.0))


def _require_moments(name, given):
    if not isinstance(given, tuple) or len(given) != 3:
        raise ValueError(
            f"`{name}` must be `keras_gan.metrics.Moments`, as `moments` returns them. "
            f"Received: {name} of type {type(given).__name__}"
        )
    count, mean, covariance = given
    mean = require_features(f"{name}.mean", as_array(f"{name}.mean", mean)[None])[0]
    covariance = require_features(f"{name}.covariance", covariance)
    if covariance.shape != 2 * mean.shape:
        raise ValueError(
            f"`{name}` must have a mean of d numbers and a covariance of d x d numbers. "
            f"Received: {name} with a mean of shape {mean.shape} and a covariance of shape {covariance.shape}"
        )
    return Moments(require_int(f"{name}.count", count, low=2), mean, covariance)


def _feature_moments(features):
    """The `Moments` of float32 or float64 features. No copy of all of them is made: a block at a time is float64."""
    count, width = features.shape
    mean = features.mean(axis=0, dtype=np.float64)
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
    # Rounding can give a number just below 0.
    return max(0.0, float(distance))


def _trace_of_root(real, fake):
    """Trace of (S_real S_fake)^1/2.

    The product has the same eigenvalues as the symmetric L^T S_real L, with S_fake = L L^T. If the product is nearly
    singular, their roots lose half of the digits. The singular values of the factors do not, but take three times as
    long.
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
    """Return a matrix A with as few columns as possible such that A A^T is the covariance of features."""
    count, width = features.shape
    if count > width:
        return _factor(_feature_moments(features).covariance)
    return (features - features.mean(axis=0, dtype=np.float64)).T / math.sqrt(count - 1)


def _factor(covariance):
    """Return a matrix A with A A^T = `covariance`, by Cholesky with pivots. Its columns are as many as the rank."""
    lower, pivots, rank, _ = scipy.linalg.lapack.dpstrf(covariance, lower=1)
    factor = np.empty((len(covariance), rank))
    factor[pivots - 1] = np.tril(lower)[:, :rank]
    return factor


def _distance_of_state(*state):
    real, fake = state[:3], state[3:]
    if min(real[0], fake[0]) < 2:
        raise ValueError(
            "The Frechet distance needs at least two samples of each side: call `update_state` first. "
            f"Received: {int(real[0])} real and {int(fake[0])} fake samples"
        )
    return frechet_distance_from_moments(moments_of(*real), moments_of(*fake))
