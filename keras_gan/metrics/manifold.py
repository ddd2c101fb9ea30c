"""Where samples lie among real images: quality and variety as two numbers, and nearest neighbours."""

from typing import NamedTuple

import numpy as np

from keras_gan._arguments import require_int
from keras_gan.metrics._blocks import distance_blocks, nearest, own_distance_blocks
from keras_gan.metrics._features import require_features, require_same_width, require_two_sets


class PrecisionRecall(NamedTuple):
    """What `precision_recall` returns.

    Attributes:
        precision: float in [0, 1], share of the samples among real images.
        recall: float in [0, 1], share of the real images among samples.
    """

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """What `density_coverage` returns.

    Attributes:
        density: float of at least 0. It is 1 for equal distributions.
        coverage: float in [0, 1], share of the real images with a sample near them.
    """

    density: float
    coverage: float


def precision_recall(real_features, fake_features, *, num_neighbours=3):
    """How many samples look real, and how much of the real variety they cover.

    Each real image has a ball around it that reaches its k-th nearest real neighbour. Precision is the share of samples
    in at least one of these balls. Recall is the same with the roles exchanged:

        precision = mean over fakes y of [exists real x: |x - y| <= r_k(x)]

    Kynkaanniemi et al. 2019 (arXiv 1904.06991), section 3, equations 1 and 2. A point is not its own neighbour. The
    boundary belongs to the ball. One outlier has a large ball, which `density_coverage` avoids.

    Args:
        real_features: array-like `(num_real, num_features)`, more samples than `num_neighbours`.
        fake_features: array-like `(num_fake, num_features)`, more samples than `num_neighbours`.
        num_neighbours: int, k.

    Returns:
        `PrecisionRecall`, two floats in [0, 1]. The distances are compared exactly, in float64. Apart from the
        features, the memory holds their copies in float32 and some blocks of 4 MiB.

    Raises:
        ValueError: if the features have another shape, are not finite, or have too few samples.

    Example:
        >>> import numpy as np
        >>> real = np.arange(8.0).reshape(-1, 1)
        >>> precision_recall(real, np.concatenate([real[:4], real[:4] + 100]), num_neighbours=1)
        PrecisionRecall(precision=0.5, recall=0.625)
    """
    real, fake = _require_balls(real_features, fake_features, num_neighbours)
    real_radii, fake_radii = (_squared_radii(side, num_neighbours) for side in (real, fake))
    in_real, in_fake = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for block in distance_blocks(real, fake):
        for side, radii, found in ((block, real_radii, in_real), (block.transposed(), fake_radii, in_fake)):
            found[side.columns] |= side.within(radii[side.rows], strict=False).any(axis=0)
    return PrecisionRecall(float(in_real.mean()), float(in_fake.mean()))


def density_coverage(real_features, fake_features, *, num_neighbours=5):
    """How many real neighbourhoods contain samples, counted so that outliers do not matter.

    With the balls of `precision_recall` around the N real images, and M samples,

        density = 1 / (k M) * sum over fakes y and reals x of [|x - y| < r_k(x)]
        coverage = 1 / N * sum over reals x of [exists fake y: |x - y| < r_k(x)]

    Naeem et al. 2020 (arXiv 2002.09797), equations 5 and 6. For equal distributions the density is 1 and the coverage
    is 1 - prod over i < k of (N - 1 - i) / (M + N - 1 - i), about 1 - 2^-k for M = N. The boundary is not in the ball.

    Args:
        real_features: array-like `(num_real, num_features)`, more samples than `num_neighbours`.
        fake_features: array-like `(num_fake, num_features)`, more samples than `num_neighbours`.
        num_neighbours: int, k.

    Returns:
        `DensityCoverage`, two floats. It is as exact as `precision_recall` and needs as much memory.

    Raises:
        ValueError: if the features have another shape, are not finite, or have too few samples.

    Example:
        >>> import numpy as np
        >>> real = np.arange(8.0).reshape(-1, 1)
        >>> density_coverage(real, real[:4] + 0.25, num_neighbours=1)
        DensityCoverage(density=2.0, coverage=0.625)
    """
    real, fake = _require_balls(real_features, fake_features, num_neighbours)
    radii = _squared_radii(real, num_neighbours)
    num_members, covered = 0, np.zeros(len(real), bool)
    for block in distance_blocks(real, fake):
        inside = block.within(radii[block.rows], strict=True)
        num_members += int(np.count_nonzero(inside))
        covered[block.rows] |= inside.any(axis=1)
    return DensityCoverage(num_members / (num_neighbours * len(fake)), float(covered.mean()))


class Neighbours(NamedTuple):
    """What `nearest_neighbours` returns.

    Attributes:
        distances: float64 `(num_queries, num_neighbours)`, Euclidean, ascending.
        indices: int64 `(num_queries, num_neighbours)`, rows of the references.
    """

    distances: np.ndarray
    indices: np.ndarray


def nearest_neighbours(queries, references, *, num_neighbours=1):
    """Find the references nearest to each query, for example to see whether a generator copies training images.

    A sample is a copy if it lies much nearer to a training image than held-out images do. Use features rather than
    pixels: the pixels of a shifted copy are far from the original.

    Args:
        queries: array-like `(num_queries, num_features)`, such as features of samples.
        references: array-like `(num_references, num_features)`, such as features of the training images.
        num_neighbours: int, how many to find for each query, at most as many as there are references.

    Returns:
        `Neighbours`: Euclidean distances, ascending, and indices into `references`, exact in float64. Apart from the
        features, the memory holds their copies in float32 and some blocks of 4 MiB.

    Raises:
        ValueError: if the features have another shape or are not finite, or there are fewer references than
            `num_neighbours`.

    Example:
        >>> import numpy as np
        >>> training = np.array([[0.0, 0.0], [4.0, 0.0]])
        >>> found = nearest_neighbours(np.array([[4.0, 3.0], [0.0, 0.0]]), training)
        >>> found.distances.tolist(), found.indices.tolist()
        ([[3.0], [0.0]], [[1], [0]])
    """
    num_neighbours = require_int("num_neighbours", num_neighbours)
    queries = require_features("queries", queries)
    references = require_features("references", references, least=num_neighbours)
    require_same_width(references, queries)
    squares, indices = nearest(distance_blocks(queries, references), len(queries), num_neighbours)
    return Neighbours(np.sqrt(squares), indices)


def _squared_radii(features, num_neighbours):
    """Return the squared distance of each sample to its k-th nearest other sample."""
    return nearest(own_distance_blocks(features), len(features), num_neighbours)[0][:, -1]


def _require_balls(real_features, fake_features, num_neighbours):
    """Return both sides, each with more samples than neighbours, or raise."""
    num_neighbours = require_int("num_neighbours", num_neighbours)
    real, fake = require_two_sets(real_features, fake_features, least=1)
    if min(len(real), len(fake)) <= num_neighbours:
        raise ValueError(
            f"Each sample needs {num_neighbours} neighbours: give more samples on each side than `num_neighbours`. "
            f"Received: {len(real)} real and {len(fake)} generated samples, num_neighbours={num_neighbours}"
        )
    return real, fake
