"""The nearest neighbours of samples among other samples."""

from typing import NamedTuple

import numpy as np

from keras_gan._arguments import require_int
from keras_gan.metrics._blocks import distance_blocks, nearest
from keras_gan.metrics._features import require_features, require_same_width


class Neighbours(NamedTuple):
    """What `nearest_neighbours` returns.

    Attributes:
        distances: float64 `(num_queries, num_neighbours)`, Euclidean, ascending.
        indices: int64 `(num_queries, num_neighbours)`, rows of the references.
    """

    distances: np.ndarray
    indices: np.ndarray


def nearest_neighbours(queries, references, *, num_neighbours=1):
    """Find the references nearest to each query, to see whether a generator has learnt images by heart.

    Samples that lie much nearer to training images than held-out images do are copies. Pixels of a copy that is
    shifted are far from the original: look for it among features.

    Args:
        queries: `(num_queries, num_features)`, such as features of samples.
        references: `(num_references, num_features)`, such as features of the training images.
        num_neighbours: how many to find for each query, at most as many as there are references.

    Returns:
        `Neighbours`: Euclidean distances, ascending, and indices into `references`; exact in float64. Memory beside the
        features: their copies in float32, and some blocks of 4 MiB.

    Raises:
        ValueError: for features of another shape, NaN or infinity, or fewer references than `num_neighbours`.

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
