"""Squared distances between two sets of features, a block at a time and exact where it matters.

A matrix product gives the distances of many pairs fast, but |x|^2 + |y|^2 - 2 x.y of two near points is the small
difference of large numbers: of equal points it is not even 0. So the product, in float32 for speed, only screens. It
comes with a bound on its error, and what the bound leaves open is decided by the differences x - y in float64.
"""

import numpy as np

# So many numbers of float32 in a block of distances: 128 MiB.
_BLOCK = 2**25
# Pairs whose differences are taken at once, in numbers of float64: 32 MiB.
_DIFFERENCES = 2**22
# Where more pairs of a block are open, and not a few in all, the product in float64 is cheaper than their differences.
_MANY, _FEW = 0.02, 2**24


class Screen:
    """Squared distances of queries to references.

    Args:
        queries: float64 `(num_queries, num_features)`.
        references: float64 `(num_references, num_features)`; the same object as `queries` to leave out each query's
            distance to itself.
    """

    def __init__(self, queries, references):
        self.queries, self.references = queries, references
        self._alone = queries is references
        # About the middle, numbers are smaller and so are the errors.
        self._centre = references.mean(axis=0)
        self._narrow_queries = (queries - self._centre).astype(np.float32)
        self._narrow_references = self._narrow_queries if self._alone else _narrow(references, self._centre)
        self._query_squares = _squares(self._narrow_queries)
        self._reference_squares = _squares(self._narrow_references)
        # |error of x.y| <= n u |x| |y| for n products in float32 (Higham 2002, section 3.1); rounding x and y to
        # float32 and adding the squares costs some units more.
        self._unit = 2.0 * (queries.shape[1] + 8) * float(np.finfo(np.float32).eps)

    def blocks(self):
        """Yield (rows, distances, tolerances) for consecutive queries.

        Yields:
            rows: slice of the queries.
            distances: float32 `(rows, num_references)`, approximate squares; infinite from a query to itself.
            tolerances: float32 `(rows, 1)`, bound on the error of every distance in a row.
        """
        step = max(1, _BLOCK // len(self.references))
        largest = float(self._reference_squares.max())
        for start in range(0, len(self.queries), step):
            rows = slice(start, min(start + step, len(self.queries)))
            distances = self._narrow_queries[rows] @ self._narrow_references.T
            distances *= -2.0
            distances += self._query_squares[rows, None]
            distances += self._reference_squares
            if self._alone:
                distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
            tolerances = self._unit * (self._query_squares[rows, None] + largest)
            yield rows, distances, tolerances.astype(np.float32)

    def exact(self, rows, row_indices, column_indices, limits=None):
        """Return the squared distances of some pairs of a block in float64.

        They are sums of squared differences, except where very many pairs are asked for. These take a product, and only
        those that it cannot tell from their limits are summed up as well.

        Args:
            rows: slice, as `blocks` yielded it.
            row_indices: int array, queries within the block.
            column_indices: int array of as many references.
            limits: float64 array of as many, that the distances will be compared with, or None.

        Returns:
            float64 array of as many.
        """
        count, width = len(row_indices), self.queries.shape[1]
        if count <= _MANY * (rows.stop - rows.start) * len(self.references) or count * width <= _FEW:
            return self.differences(rows, row_indices, column_indices)
        distances, tolerances = (part[row_indices, column_indices] for part in self._product(rows))
        if limits is not None:
            # 0 is exact: of repeated samples there may be millions of pairs.
            unsure = (np.abs(distances - limits) <= tolerances) & ((distances > 0.0) | (limits > 0.0))
            distances[unsure] = self.differences(rows, row_indices[unsure], column_indices[unsure])
        return distances

    def differences(self, rows, row_indices, column_indices):
        """Return sums of squared differences of some pairs of a block; arguments as for `exact`."""
        result, step = np.empty(len(row_indices)), max(1, _DIFFERENCES // self.queries.shape[1])
        queries = self.queries[rows]
        for start in range(0, len(row_indices), step):
            part = slice(start, start + step)
            differences = queries[row_indices[part]] - self.references[column_indices[part]]
            result[part] = np.einsum("ij,ij->i", differences, differences)
        return result

    def _product(self, rows):
        """The whole block by a product in float64, with a bound on the errors; what is 0 but for rounding is 0."""
        # About whole numbers near the middle, which keeps whole numbers exact and ties what they are.
        centre = np.rint(self._centre)
        queries, references = self.queries[rows] - centre, self.references - centre
        squares = _squares(queries)[:, None] + _squares(references)
        distances = squares - 2.0 * (queries @ references.T)
        tolerances = 4.0 * (queries.shape[1] + 8) * np.finfo(np.float64).eps * squares
        distances[distances < tolerances] = 0.0
        if self._alone:
            distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        return distances, tolerances


def nearest(queries, references, count):
    """Return the nearest references of each query, exactly.

    Args:
        queries: float64 `(num_queries, num_features)`.
        references: float64 `(num_references, num_features)`; the same object as `queries` to leave out each query's
            distance to itself.
        count: how many to return of each, at most as many as there are.

    Returns:
        squares: float64 `(num_queries, count)`, ascending.
        indices: int64 `(num_queries, count)`, the smaller first where two are equally near.
    """
    screen = Screen(queries, references)
    squares, indices = np.empty((len(queries), count)), np.empty((len(queries), count), np.int64)
    for rows, distances, tolerances in screen.blocks():
        # Within twice the error of the count-th smallest lie all that may be among the nearest.
        limits = np.partition(distances, count - 1, axis=1)[:, count - 1 : count] + 2.0 * tolerances
        row_indices, column_indices = np.nonzero(distances <= limits)
        exact = screen.exact(rows, row_indices, column_indices)
        order = np.lexsort((column_indices, exact, row_indices))
        firsts = np.searchsorted(row_indices, np.arange(len(distances)))
        chosen = order[firsts[:, None] + np.arange(count)]
        indices[rows] = column_indices[chosen]
        # Summed up again, so that equal distances are equal to the last bit however the block was decided.
        own_rows = np.repeat(np.arange(len(distances)), count)
        squares[rows] = screen.differences(rows, own_rows, indices[rows].ravel()).reshape(-1, count)
    return squares, indices


def _narrow(features, centre):
    return (features - centre).astype(np.float32)


def _squares(features):
    return np.einsum("ij,ij->i", features, features)
