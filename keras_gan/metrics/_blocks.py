"""Squared distances between two sets of features, block by block: bounds on all, and exact values where needed.

A matrix product computes the distances of many pairs fast. But for two near points, |x|^2 + |y|^2 - 2 x.y is a small
difference of large numbers, and for equal points it is not even 0. So the product, in float32 for speed, only screens
the pairs. Its error has a rigorous bound. The pairs that the bound leaves open are decided by sum (x - y)^2 in
float64. Every result is therefore the one that the sums alone give, to the last bit.
"""

import numpy as np

# Rows and columns of a block: large enough for the matrix product, small enough for the caches and for symmetry to pay.
_BLOCK_ROWS = 1024
# Memory for the differences of pairs that are computed at once.
_BLOCK_BYTES = 2**21
_ROUNDING = float(np.finfo(np.float32).eps) / 2


class Points:
    """Samples, and what the screen needs to know about them.

    Attributes:
        exact: float64 (num_samples, num_features), as given.
        quick: float32, the same samples relative to the centre, in units of 1 / scale.
        squares: float64 (num_samples,), the squared norms in these units.
        slack: float64 (num_samples,). The screened squared distance of two points is wrong by at most the sum of their
            slacks.
    """

    def __init__(self, exact, centre, scale):
        count, width = exact.shape
        self.exact, self.quick, self.squares = exact, np.empty(exact.shape, np.float32), np.empty(count)
        for part in slices(count, _BLOCK_ROWS):
            centred = exact[part] - centre
            centred *= scale
            self.quick[part] = centred
            self.squares[part] = np.einsum("ij,ij->i", centred, centred)
        # The sum of n products is off by less than n u / (1 - n u) times |x| |y|, in any order (Higham 2002, section
        # 3.1). The rounding of x and y, of the squared norms and of the sum adds less than 16 more products do.
        operations = (width + 16) * _ROUNDING
        if operations > 0.5:
            raise ValueError(
                "A matrix product in float32 is too coarse for this many features: compare fewer of them. "
                f"Received: num_features={width}"
            )
        # The second part covers the numbers that float32 loses next to the largest one, which is about 1.
        self.slack = operations / (1.0 - operations) * self.squares + (self.squares > 0.0) * width * 2.0**-120


class Block:
    """Some rows against some columns.

    Args:
        points: pair of `Points`, one for the rows and one for the columns.
        parts: pair of slices that select some of them.
        lower: float32 (rows, columns), lower bounds on the squared distances in units of 1 / scale^2. The bound is
            infinite for a pair that is left out.
        scale: power of two.
    """

    def __init__(self, points, parts, lower, scale):
        self.rows, self.columns = parts
        self._points, self._lower, self._scale = points, lower, scale

    def transposed(self):
        """Return the columns against the rows."""
        return Block(self._points[::-1], (self.columns, self.rows), self._lower.T, self._scale)

    def within(self, limits, *, strict):
        """Return which pairs lie within a limit.

        Args:
            limits: float64 array of squared distances, one for each row of the block.
            strict: whether a pair exactly at the limit is left out.

        Returns:
            bool array (rows, columns).
        """
        closer = np.less if strict else np.less_equal
        scaled = limits * self._scale**2
        inside = closer(self._lower, _below(scaled - self._gap())[:, None])
        rows, columns = _where(closer(self._lower, _above(scaled)[:, None]) ^ inside)
        inside[rows, columns] = closer(self._squares(rows, columns), limits[rows])
        return inside

    def candidates(self, limits, count):
        """Return the pairs that may be among the nearest of their row.

        Args:
            limits: float64 array, one for each row. Only squares below the limit matter.
            count: int, how many pairs of each row matter at most.

        Returns:
            rows, columns: int64 arrays, sorted by row and then by column, counted within the block.
            squares: float64 array, exact.
        """
        limits = np.minimum(limits * self._scale**2, self._reach(count))
        # No square is below 0, but a bound can be.
        limits[limits == 0.0] = -np.inf
        rows, columns = _where(self._lower < _above(limits)[:, None])
        return rows, columns, self._squares(rows, columns)

    def _reach(self, count):
        """Return a number above the `count` smallest squares of each row.

        The smallest bounds of `count` groups of columns belong to `count` pairs, and one pass finds them.
        """
        width = self._lower.shape[1]
        num_groups = min(width, max(64, 8 * count))
        if num_groups < count:
            return np.inf
        size = width // num_groups
        groups = self._lower[:, : size * num_groups].reshape(len(self._lower), size, num_groups)
        smallest = np.partition(groups.min(axis=1), count - 1, axis=1)[:, count - 1]
        return np.nextafter(smallest + self._gap(), np.inf)

    def _gap(self):
        """Return how far the squares of each row are above `lower` at most."""
        rows, columns = (points.slack[part] for points, part in zip(self._points, self._parts(), strict=True))
        return 2.0 * (rows + columns.max())

    def _parts(self):
        return self.rows, self.columns

    def _squares(self, rows, columns):
        """Return the exact squared distances of some pairs."""
        first, second = (points.exact[part] for points, part in zip(self._points, self._parts(), strict=True))
        squares = np.empty(len(rows))
        for part in slices(len(rows), max(1, _BLOCK_BYTES // first[0].nbytes)):
            differences = first[rows[part]] - second[columns[part]]
            squares[part] = np.square(differences, out=differences).sum(axis=1)
        return squares


def slices(count, step):
    """Yield slices that cut `count` into parts of `step`."""
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def distance_blocks(rows, columns):
    """Yield every `Block` of two float64 arrays of features."""
    centre, scale = _frame(rows, columns)
    points = Points(rows, centre, scale), Points(columns, centre, scale)
    for row_part in slices(len(rows), _BLOCK_ROWS):
        for column_part in slices(len(columns), _BLOCK_ROWS):
            yield _screened(points, (row_part, column_part), scale)


def own_distance_blocks(features):
    """Yield every `Block` of a float64 array of features with itself, without the pairs of a sample with itself.

    Each matrix product serves two blocks.
    """
    centre, scale = _frame(features)
    points = (Points(features, centre, scale),) * 2
    parts = list(slices(len(features), _BLOCK_ROWS))
    for place, row_part in enumerate(parts):
        for column_part in parts[place:]:
            block = _screened(points, (row_part, column_part), scale, own=row_part is column_part)
            yield block
            if row_part is not column_part:
                yield block.transposed()


def nearest(blocks, num_rows, count):
    """Return the nearest columns of each row.

    Args:
        blocks: iterable of `Block`. The blocks of a row come in the order of their columns.
        num_rows: int.
        count: int, how many columns to find, at most as many as there are.

    Returns:
        squares: float64 (num_rows, count), exact, ascending.
        indices: int64 (num_rows, count). Of two that are equally near, the smaller comes first.
    """
    squares, indices = np.full((num_rows, count), np.inf), np.full((num_rows, count), -1)
    for block in blocks:
        rows, columns, found = block.candidates(squares[block.rows, -1], count)
        order = np.lexsort((columns, found, rows))
        ranks = np.arange(len(rows)) - np.searchsorted(rows, rows)
        order, ranks = order[ranks < count], ranks[ranks < count]
        # Place them after the known ones, which have smaller indices and win a tie.
        known = squares[block.rows], indices[block.rows]
        wide = (len(known[0]), 2 * count)
        all_squares, all_indices = np.full(wide, np.inf), np.full(wide, -1)
        all_squares[:, :count], all_indices[:, :count] = known
        all_squares[rows[order], count + ranks] = found[order]
        all_indices[rows[order], count + ranks] = columns[order] + block.columns.start
        best = np.argsort(all_squares, axis=1, kind="stable")[:, :count]
        squares[block.rows] = np.take_along_axis(all_squares, best, axis=1)
        indices[block.rows] = np.take_along_axis(all_indices, best, axis=1)
    return squares, indices


def _frame(*sets):
    """Return a point in the middle, and a power of two that scales the distance from it to at most 1 on every axis.

    Numbers relative to the middle are smaller, and so are the errors of the screen. Some samples are enough to find it.
    """
    origin = sets[0][0]
    centre = origin + np.mean([(features[:: len(features) // 1000 + 1] - origin).mean(axis=0) for features in sets], 0)
    largest = max(max((features.max(0) - centre).max(), (centre - features.min(0)).max()) for features in sets)
    # The square of the scale must be within the range of float64.
    return centre, 2.0 ** min(500, -int(np.frexp(largest)[1]))


def _screened(points, parts, scale, *, own=False):
    rows, columns = (part.squares[where] - part.slack[where] for part, where in zip(points, parts, strict=True))
    lower = points[0].quick[parts[0]] @ points[1].quick[parts[1]].T
    lower *= np.float32(-2.0)
    lower += rows.astype(np.float32)[:, None]
    lower += columns.astype(np.float32)
    if own:
        np.fill_diagonal(lower, np.inf)
    return Block(points, parts, lower, scale)


def _where(mask):
    """Return the indices of what is true, by row and then by column, in a tenth of the time of `np.nonzero`."""
    if mask.flags.c_contiguous:
        return np.divmod(np.flatnonzero(mask), mask.shape[1])
    columns, rows = _where(mask.T)
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order]


def _below(numbers):
    """Return the largest float32 numbers that are not above the float64 numbers."""
    rounded = numbers.astype(np.float32)
    return np.where(rounded > numbers, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _above(numbers):
    """Return the smallest float32 numbers that are not below the float64 numbers."""
    return -_below(-numbers)
