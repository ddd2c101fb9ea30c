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


@keras.saving.register_keras_serializable(package="keras_gan")
class KernelDistance(TwoSidedMetric):
    """The kernel distance of any number of images, from a sample of bounded size of either side.

    The distance is a mean over pairs of samples, which have to be at hand. So at most `reservoir_size` features of
    either side are kept, in float32; until there are more, the value is exactly that of `kernel_distance` of all
    features. Beyond, it is that of a random part of them, which a hash of each sample decides on (of the image, where
    there is an extractor): the value depends neither on the order of the samples nor on how they are cut into batches
    or shared out among replicas and workers. Memory: 4 d + 8 bytes a place, 82 MB a side for 10,000 places and 2,048
    features.

    Binkowski et al. 2018 (arXiv 1801.01401).

    Args:
        extractor: `Extractor` of the images; None if features are given.
        num_features: int, the width of the features; known where there is an extractor.
        subset_size: samples of either side in a subset.
        num_subsets: subsets to draw.
        reservoir_size: features of either side that are kept at most.
        seed: of the subsets and of what is kept.
        name: str, what logs call the metric.

    Raises:
        ValueError: if neither of the first two arguments gives the number of features, or a number is out of range.

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
        """Return the distance so far, a float, below 0 by chance where the sides are alike; in a graph a scalar.

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
        # Of an image's bytes: a network's features differ in their last bits with the size of the batch.
        keys = features if self.extractor is None else as_pixels(samples)
        side.update(features, priorities_of(keys, self.seed))

    def _signature(self):
        return (*super()._signature(), self.reservoir_size, self.seed)

    def _distance(self, real_priorities, real, fake_priorities, fake):
        real, fake = real[real_priorities > 0], fake[fake_priorities > 0]
        if min(len(real), len(fake)) < 2:
            raise ValueError(
                "The kernel distance takes at least two samples of either side: call `update_state` with them first. "
                f"Received: {len(real)} real and {len(fake)} fake samples"
            )
        return kernel_distance(real, fake, subset_size=self.subset_size, num_subsets=self.num_subsets, seed=self.seed)


class Reservoir:
    """The rows of highest priority, where the priority of a row is a hash of what it was made of.

    Each distinct sample is kept with the same chance. Since nothing but the sample itself decides, the rows that are
    kept are the same however the stream is cut into batches, ordered, or shared out among replicas and merged again.
    Equal samples have equal priorities: they are kept or dropped together, as far as there is room.

    Args:
        add_state: function of (name, shape, dtype) that makes a variable.
        name: str, to begin the names of the variables.
        size: int, the number of rows that are kept.
        width: int, the width of the rows.
    """

    def __init__(self, add_state, name, size, width):
        # 0 is the priority of an empty place, so that a state of zeros is an empty one.
        self._priorities = add_state(f"{name}_priorities", (size,), "int64")
        self._rows = add_state(f"{name}_rows", (size, width), "float32")

    @property
    def variables(self):
        """The priorities, 0 where a place is empty, and the rows."""
        return [self._priorities, self._rows]

    def update(self, rows, priorities):
        """Take in the rows of all replicas, float32 (batch, width), with their priorities, int64 (batch,)."""
        self._insert(rows_of_all_replicas(rows), rows_of_all_replicas(priorities))

    def merge(self, other):
        """Take in the rows that another one of the same size has kept."""
        self._insert(tf.convert_to_tensor(other._rows.value), tf.convert_to_tensor(other._priorities.value))

    def _insert(self, rows, priorities):
        # A batch displaces at most as many rows as it has: the lowest ones compete with it, the others stay.
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
