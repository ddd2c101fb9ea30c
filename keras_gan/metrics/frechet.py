"""The Frechet distance of two sets of features: of whole arrays, and of samples that come batch by batch."""

import math
import typing

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._replicas import sum_over_replicas
from keras_gan.metrics._features import require_features, require_same_width, require_two_sets
from keras_gan.metrics._streaming import TwoSidedMetric, as_scalar

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


@keras.saving.register_keras_serializable(package="keras_gan")
class FrechetDistance(TwoSidedMetric):
    """The Frechet distance of any number of images, in the memory of two covariance matrices.

    The same value as `frechet_distance` of all features at once, to rounding, however the samples are cut into batches
    and shared out among replicas or workers. The state is the count, the mean and the scatter matrix of either side,
    in float64: 8 (d^2 + d + 1) bytes a side, 34 MB for 2,048 features.

    Heusel et al. 2017 (arXiv 1706.08500), equation 6.

    Args:
        extractor: `Extractor` of the images; None if features are given.
        num_features: int, the width of the features; known where there is an extractor.
        name: str, what logs call the metric.

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
        """Return the distance so far, a float of at least 0; in a graph a float64 scalar.

        Raises:
            ValueError: if a side has fewer than two samples.
        """
        return as_scalar(_distance_of_state, self._real.variables + self._fake.variables)

    def _take_in(self, name, side, samples, features):  # noqa: ARG002 - other metrics look at the images too
        side.update(self._rows(name, features, "float64"))


class RunningMoments:
    """Count, mean and scatter matrix, all in float64.

    The sums of x and of x x^T lose the covariance in rounding where the mean is large. So the scatter is kept about
    the mean, and two parts join by the formula of Chan, Golub and LeVeque 1983 (The American Statistician 37):

        mean    = mean_a + (mean_b - mean_a) n_b / n
        scatter = scatter_a + scatter_b + (mean_b - mean_a) (mean_b - mean_a)^T n_a n_b / n

    Args:
        add_state: function of (name, shape, dtype) that makes a variable.
        name: str, to begin the names of the variables.
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
        """Take in the rows of all replicas, float64 (batch, width)."""
        count = sum_over_replicas(tf.cast(tf.shape(rows)[0], tf.float64))
        mean = tf.math.divide_no_nan(sum_over_replicas(tf.reduce_sum(rows, axis=0)), count)
        centred = rows - mean
        self._join(count, mean, sum_over_replicas(tf.matmul(centred, centred, transpose_a=True)))

    def merge(self, other):
        """Take in the rows that another one has seen."""
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
    """The `Moments` that the values of the three variables stand for; their covariance is that of a sample."""
    return Moments(int(count), np.asarray(mean), np.asarray(scatter) / max(float(count) - 1.0, 1.0))


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


def _distance_of_state(*state):
    real, fake = state[:3], state[3:]
    if min(real[0], fake[0]) < 2:
        raise ValueError(
            "The Frechet distance takes at least two samples of either side: call `update_state` with them first. "
            f"Received: {int(real[0])} real and {int(fake[0])} fake samples"
        )
    return frechet_distance_from_moments(moments_of(*real), moments_of(*fake))
