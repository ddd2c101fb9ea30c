"""Quality and variety apart from each other: where the samples lie among real images, and the other way round."""

from typing import NamedTuple

import numpy as np

from keras_gan._arguments import require_int
from keras_gan.metrics._blocks import Screen, nearest
from keras_gan.metrics._features import require_two_sets


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
        density: float of at least 0, 1 where the distributions are equal.
        coverage: float in [0, 1], share of the real images with a sample near them.
    """

    density: float
    coverage: float


def precision_recall(real_features, fake_features, *, num_neighbours=3):
    """How many samples look real, and how much of the real variety they have.

    Around each real image lies the ball that reaches its k-th nearest real neighbour; precision is the share of
    samples within any of these. Recall is the same with the roles exchanged:

        precision = mean over fakes y of [exists real x: |x - y| <= r_k(x)]

    Kynkaanniemi et al. 2019 (arXiv 1904.06991), section 3, equations 1 and 2. A point is not a neighbour of its own;
    the boundary belongs to the ball. One outlier makes a large ball: see `density_coverage`.

    Args:
        real_features: `(num_real, num_features)`, more than `num_neighbours`.
        fake_features: `(num_fake, num_features)`, likewise.
        num_neighbours: k.

    Returns:
        `PrecisionRecall`, two floats in [0, 1]. Distances are exact in float64; memory beside the features: their
        copies in float32, and some blocks of 128 MiB.

    Raises:
        ValueError: for features of another shape, NaN or infinity, or `num_neighbours` of them or fewer.

    Example:
        >>> import numpy as np
        >>> real = np.arange(8.0).reshape(-1, 1)
        >>> precision_recall(real, np.concatenate([real[:4], real[:4] + 100]), num_neighbours=1)
        PrecisionRecall(precision=0.5, recall=0.625)
    """
    real, fake = _require_balls(real_features, fake_features, num_neighbours)
    real_radii, fake_radii = (nearest(side, side, num_neighbours)[0][:, -1] for side in (real, fake))
    in_real, in_fake = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    screen = Screen(real, fake)
    for rows, distances, tolerances in screen.blocks():
        inside = _within(screen, rows, distances, tolerances, real_radii[rows, None], np.less_equal)
        in_real |= inside.any(axis=0)
        inside = _within(screen, rows, distances, tolerances, fake_radii[None], np.less_equal)
        in_fake[rows] = inside.any(axis=1)
    return PrecisionRecall(float(in_real.mean()), float(in_fake.mean()))


def density_coverage(real_features, fake_features, *, num_neighbours=5):
    """How many real neighbourhoods hold samples, counted so that outliers do not matter.

    With the balls of `precision_recall` around the N real images, and M samples,

        density = 1 / (k M) * sum over fakes y and reals x of [|x - y| < r_k(x)]
        coverage = 1 / N * sum over reals x of [exists fake y: |x - y| < r_k(x)]

    Naeem et al. 2020 (arXiv 2002.09797), equations 5 and 6. Of equal distributions the density is 1 and the coverage
    1 - prod over i < k of (N - 1 - i) / (M + N - 1 - i), about 1 - 2^-k for M = N. The boundary is not in the ball.

    Args:
        real_features: `(num_real, num_features)`, more than `num_neighbours`.
        fake_features: `(num_fake, num_features)`, likewise.
        num_neighbours: k.

    Returns:
        `DensityCoverage`, two floats; exactness and memory as in `precision_recall`.

    Raises:
        ValueError: for features of another shape, NaN or infinity, or `num_neighbours` of them or fewer.

    Example:
        >>> import numpy as np
        >>> real = np.arange(8.0).reshape(-1, 1)
        >>> density_coverage(real, real[:4] + 0.25, num_neighbours=1)
        DensityCoverage(density=2.0, coverage=0.625)
    """
    real, fake = _require_balls(real_features, fake_features, num_neighbours)
    radii = nearest(real, real, num_neighbours)[0][:, -1]
    members, covered = 0, 0
    screen = Screen(real, fake)
    for rows, distances, tolerances in screen.blocks():
        inside = _within(screen, rows, distances, tolerances, radii[rows, None], np.less)
        members += int(inside.sum())
        covered += int(inside.any(axis=1).sum())
    return DensityCoverage(members / (num_neighbours * len(fake)), covered / len(real))


def _within(screen, rows, distances, tolerances, radii, compare):
    """Whether distances compare to squared radii as asked: by the screen, and exactly where that is unsure."""
    inside = distances <= radii
    unsure = np.abs(distances - radii) <= tolerances
    row_indices, column_indices = np.nonzero(unsure)
    limits = np.broadcast_to(radii, distances.shape)[row_indices, column_indices]
    exact = screen.exact(rows, row_indices, column_indices, limits)
    inside[row_indices, column_indices] = compare(exact, limits)
    return inside


def _require_balls(real_features, fake_features, num_neighbours):
    """Both sides, with more samples than neighbours; two arrays, even if one was given twice."""
    num_neighbours = require_int("num_neighbours", num_neighbours)
    real, fake = require_two_sets(real_features, fake_features, least=1)
    if min(len(real), len(fake)) <= num_neighbours:
        raise ValueError(
            f"A sample has no {num_neighbours} neighbours here: give more samples on each side than `num_neighbours`. "
            f"Received: {len(real)} real and {len(fake)} generated samples, num_neighbours={num_neighbours}"
        )
    return real, fake.copy() if fake is real else fake
