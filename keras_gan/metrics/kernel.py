"""The kernel distance of two sets of features: of whole arrays, and of samples that come batch by batch."""

import typing
import warnings

import keras
import numpy as np
import tensorflow as tf
from scipy.linalg import blas

from keras_gan._arguments import require_int, require_seed
from keras_gan._pixels import as_pixels
from keras_gan.metrics._features import require_two_sets
from keras_gan.metrics._hashing import canonical_order, priorities_of
from keras_gan.metrics._streaming import TwoSidedMetric, as_scalar, rows_of_all_replicas


class KernelDistanceResult(typing.NamedTuple):
    """What `kernel_distance` returns.

    Attributes:
        mean: float, over the subsets. For similar sets it can be below 0 by chance.
        standard_deviation: float, over the subsets. The divisor is their number.
    """

    mean: float
    standard_deviation: float


def kernel_distance(real_features, fake_features, *, subset_size=1000, num_subsets=100, seed=0):
    """Kernel distance between two sets of features: the squared maximum mean discrepancy with a cubic kernel.

    Unlike the Frechet distance it is unbiased, so values from different numbers of samples can be compared. With the
    features of the 2015 Inception network it is called KID. For m samples x of one set and m samples y of the other:

        sum_{i != j} k(x_i, x_j) / m (m - 1) + sum_{i != j} k(y_i, y_j) / m (m - 1) - 2 sum_{i, j} k(x_i, y_j) / m^2,
        k(a, b) = (a . b / num_features + 1)^3

    Binkowski et al. 2018 (arXiv 1801.01401), section 4; Gretton et al. 2012, equation 3, for the estimator. The mean
    and the standard deviation are over random subsets of both sets, drawn without replacement. The order of the
    samples does not matter.

    Args:
        real_features: array-like `(num_real, num_features)`, at least two samples.
        fake_features: array-like `(num_fake, num_features)`, at least two samples.
        subset_size: int, samples of each set in a subset, at least 2. If a set has fewer, the subsets are as large as
            the smaller set, with a warning. If both sets are that small, all subsets are equal and the standard
            deviation is 0.
        num_subsets: int, how many subsets to draw.
        seed: int, for the choice of the subsets.

    Returns:
        `KernelDistanceResult`: mean and standard deviation over the subsets.

    Raises:
        ValueError: if either set has another shape, is too small or is not finite, the widths differ, or a number is
            out of range.

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


@keras.saving.register_keras_serializable(package="keras_gan")
class KernelDistance(TwoSidedMetric):
    """The kernel distance of any number of images, from a random sample of limited size of each side.

    The distance is a mean over pairs of samples, so samples have to be kept: at most `reservoir_size` features of each
    side, in float32. As long as all fit, the value is exactly that of `kernel_distance` of all features. After that it
    is the value for a random part of them. A hash of each sample, or of the image if there is an extractor, decides
    what is kept. So the value does not depend on the order of the samples, or on how they are split into batches or
    over replicas and workers. The memory is 4 d + 8 bytes for each sample kept: 82 MB a side for 10,000 samples with
    2,048 features.

    Binkowski et al. 2018 (arXiv 1801.01401).

    Args:
        extractor: `Extractor` of the images, or None if callers pass features.
        num_features: int, the width of the features. It is not needed with an extractor.
        subset_size: int, samples of each side in a subset.
        num_subsets: int, how many subsets to draw.
        reservoir_size: int, how many features of each side are kept at most.
        seed: int, for the choice of the subsets and of the features that are kept.
        name: str, the metric's name in logs.

    Raises:
        ValueError: if the first two arguments are both missing, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> features = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
        >>> metric = KernelDistance(num_features=4, subset_size=50, num_subsets=10)
        >>> metric.update_state(features[:100], features[100:] + 2.0)
        >>> metric.result() > 1.0
        True
    """

    def __init__(
        self,
        extractor=None,
        num_features=None,
        *,
        subset_size=1000,
        num_subsets=100,
        reservoir_size=10_000,
        seed=0,
        name=None,
    ):
        super().__init__(extractor, num_features, name)
        self.subset_size = require_int("subset_size", subset_size, low=2)
        self.num_subsets = require_int("num_subsets", num_subsets)
        self.reservoir_size = require_int("reservoir_size", reservoir_size, low=2)
        self.seed = require_seed(seed)
        self._real, self._fake = (
            Reservoir(self.add_state, side, self.reservoir_size, self.num_features) for side in ("real", "fake")
        )

    def result(self):
        """Return the distance so far, a float that can be below 0 by chance. In a graph it is a float64 scalar.

        Raises:
            ValueError: if a side has fewer than two samples.
        """
        return as_scalar(lambda *state: self._distance(*state).mean, self._real.variables + self._fake.variables)

    def estimate(self):
        """Return the distance so far with its standard deviation over the subsets, as `kernel_distance` does."""
        return self._distance(*(variable.numpy() for variable in self._real.variables + self._fake.variables))

    def get_config(self):
        """Return the constructor's arguments."""
        names = ("subset_size", "num_subsets", "reservoir_size", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _take_in(self, name, side, samples, features):
        features = self._rows(name, features, "float32")
        # The bytes of the image are hashed, because the last bits of features depend on the size of the batch.
        keys = features if self.extractor is None else as_pixels(samples)
        side.update(features, priorities_of(keys, self.seed))

    def _signature(self):
        return (*super()._signature(), self.reservoir_size, self.seed)

    def _distance(self, real_priorities, real, fake_priorities, fake):
        real, fake = real[real_priorities > 0], fake[fake_priorities > 0]
        if min(len(real), len(fake)) < 2:
            raise ValueError(
                "The kernel distance needs at least two samples of each side: call `update_state` first. "
                f"Received: {len(real)} real and {len(fake)} fake samples"
            )
        return kernel_distance(real, fake, subset_size=self.subset_size, num_subsets=self.num_subsets, seed=self.seed)


class Reservoir:
    """A random sample of limited size, of rows that come batch by batch: the rows of highest priority.

    The priority of a row is a hash of the sample that it comes from, so each distinct sample has the same chance.
    Since only the sample itself decides, the same rows are kept for any order and any split into batches or over
    replicas. Equal samples have equal priorities. They are kept or dropped together, as far as there is room.

    Args:
        add_state: function of (name, shape, dtype) that creates a variable.
        name: str, the first part of the variables' names.
        size: int, how many rows are kept.
        width: int, the width of the rows.
    """

    def __init__(self, add_state, name, size, width):
        # An empty place has priority 0, so that a state of zeros is empty.
        self._priorities = add_state(f"{name}_priorities", (size,), "int64")
        self._rows = add_state(f"{name}_rows", (size, width), "float32")

    @property
    def variables(self):
        """The priorities, with 0 for an empty place, and the rows."""
        return [self._priorities, self._rows]

    def update(self, rows, priorities):
        """Add the rows of all replicas, float32 (batch, width), with their priorities, int64 (batch,)."""
        self._insert(rows_of_all_replicas(rows), rows_of_all_replicas(priorities))

    def merge(self, other):
        """Add the rows that another reservoir of the same size has kept."""
        self._insert(tf.convert_to_tensor(other._rows.value), tf.convert_to_tensor(other._priorities.value))

    def _insert(self, rows, priorities):
        # A batch replaces at most as many rows as it has. So only the lowest rows compete with it, and the others stay.
        kept = self._priorities.value
        contested = tf.minimum(tf.shape(kept)[0], tf.shape(priorities)[0])
        lowest, places = tf.math.top_k(-kept, contested)
        candidates = tf.concat([-lowest, priorities], axis=0)
        best, chosen = tf.math.top_k(candidates, contested)
        held = tf.convert_to_tensor(self._rows.value)
        winners = tf.gather(tf.concat([tf.gather(held, places), rows], axis=0), chosen)
        places = places[:, tf.newaxis]
        self._rows.assign(tf.tensor_scatter_nd_update(held, places, winners))
        self._priorities.assign(tf.tensor_scatter_nd_update(kept, places, best))


def _available(subset_size, *counts):
    """Return the size of the subsets, and warn if it is smaller than requested."""
    if min(counts) >= subset_size:
        return subset_size
    warnings.warn(
        f"There are fewer samples than a subset takes. The subsets have {min(counts)} samples of each side instead of "
        f"{subset_size}, and the standard deviation is too small because the subsets overlap.",
        stacklevel=3,
    )
    return min(counts)


def _squared_discrepancy(real, fake):
    size = len(real)
    same = _kernel_sum_of_pairs(real) + _kernel_sum_of_pairs(fake)
    between = _cubed_in_place(blas.dgemm(1.0 / real.shape[1], real.T, fake.T, trans_a=True)).sum()
    return same / (size * (size - 1)) - 2.0 * between / size**2


def _kernel_sum_of_pairs(samples):
    """Return the sum of k(x_i, x_j) over i != j. Half of the symmetric product is enough."""
    size = len(samples)
    # BLAS stores columns first, so it reads the transpose without a copy. It fills the upper triangle alone.
    kernel = _cubed_in_place(blas.dsyrk(1.0 / samples.shape[1], samples.T, trans=True))
    return 2.0 * (kernel.sum() - np.trace(kernel) - size * (size - 1) / 2)


def _cubed_in_place(products):
    products += 1.0
    # `**` with an exponent above 2 computes a logarithm, which is slow.
    squares = np.square(products)
    products *= squares
    return products
