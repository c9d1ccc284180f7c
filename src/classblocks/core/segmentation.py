"""The best division of an ordered matrix into consecutive blocks: exact dynamic programming."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classblocks.core.block_score import BlockScore

_CHUNK = 1 << 17
_TIE = 1e-14


@dataclass(frozen=True, eq=False)
class OrderedMatrix:
    """A matrix along an order of its classes, folded onto one side of the diagonal.

    Classes are taken in units of consecutive positions; a cut may only lie between units.

    Attributes
    ----------
    edge : (n_units + 1,) int64, positions where units begin and end
    late, early : (k,) int64, units of the two classes of a pair, ``late ≥ early``, sorted, unique
    weight : (k,) float64, what the two cells hold together
    row, col : (n_units + 1,) float64, cumulative margins by unit
    total : sum of the matrix
    """

    edge: NDArray[np.int64]
    late: NDArray[np.int64]
    early: NDArray[np.int64]
    weight: NDArray[np.float64]
    row: NDArray[np.float64]
    col: NDArray[np.float64]
    total: float

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.edge) - 1


def exact_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round values ≥ 0 to multiples of a power of two so that every sum of them is exact.

    Parameters
    ----------
    values : (k,)

    Returns
    -------
    (k,), each changed by less than 2⁻⁵² of the total; equal sums then compare equal in any order
    """
    total = float(values.sum())
    if total == 0:
        return values
    quantum = 2.0 ** (np.ceil(np.log2(total)) - 52)
    rounded: NDArray[np.float64] = np.rint(values / quantum) * quantum
    return rounded


def ordered_matrix(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    weight: NDArray[np.float64],
    n_classes: int,
    step: int = 1,
) -> OrderedMatrix:
    """Fold cells by position.

    Parameters
    ----------
    first, second : (k,), row and column position of each cell
    weight : (k,), from ``exact_sums``
    n_classes : number of positions
    step : positions per unit
    """
    edge = np.append(np.arange(0, n_classes, step), n_classes).astype(np.int64)
    n_units = len(edge) - 1
    row_unit, col_unit = first.astype(np.int64) // step, second.astype(np.int64) // step
    key = np.maximum(row_unit, col_unit) * n_units + np.minimum(row_unit, col_unit)
    order = np.argsort(key, kind="stable")
    key = key[order]
    start = np.flatnonzero(np.diff(key, prepend=-1))
    folded = np.add.reduceat(weight[order], start) if len(start) else np.empty(0)
    late, early = np.divmod(key[start], n_units)
    row = np.bincount(row_unit, weight, n_units)
    col = np.bincount(col_unit, weight, n_units)
    return OrderedMatrix(
        edge, late, early, folded, _cumulative(row), _cumulative(col), float(weight.sum())
    )


@dataclass(frozen=True, eq=False)
class CutTable:
    """The best divisions into 1 … n blocks.

    Attributes
    ----------
    matrix, score : what was divided, and by what
    best : (n + 1, n_units + 1), best value of ``k`` blocks that end at a unit; −∞ if there are none
    """

    matrix: OrderedMatrix
    score: BlockScore
    best: NDArray[np.float64]

    @property
    def value(self) -> NDArray[np.float64]:
        """(n + 1,), best value of the whole by number of blocks."""
        return self.best[:, -1]

    def cuts(self, n_blocks: int) -> NDArray[np.int32]:
        """(n_blocks + 1,), positions of the cuts from 0 to the last class.

        Among equally good divisions the one whose last cut lies leftmost, then the one before.
        """
        ends = [self.matrix.n_units]
        for k in range(n_blocks - 1, -1, -1):
            ends.append(_leftmost(self.matrix, self.score, self.best[k], ends[-1]))
        return self.matrix.edge[ends[::-1]].astype(np.int32)


def best_cuts(matrix: OrderedMatrix, score: BlockScore, n_blocks: int) -> CutTable:
    """Find the best division into every number of blocks up to ``n_blocks``.

    Parameters
    ----------
    matrix : n_units units
    score : of a block
    n_blocks : 1 … n_units

    Returns
    -------
    CutTable

    Notes
    -----
    ``best[k][j] = max_i best[k − 1][i] + score(i, j)`` (METHODS §5), O(n_blocks · n_units²) time
    and O(n_blocks · n_units) memory: the scores of a few ends ``j`` at a time are all that is kept.
    """
    n = matrix.n_units
    best = np.full((n_blocks + 1, n + 1), -np.inf)
    best[0, 0] = 0
    for first, scores in _score_rows(matrix, score):
        rows, width = scores.shape
        trial = np.empty_like(scores)
        for k in range(1, min(n_blocks, first + rows) + 1):
            np.add(scores, best[k - 1, :width], out=trial)
            trial.max(axis=1, out=best[k, first + 1 : first + rows + 1])
    return CutTable(matrix, score, best)


def best_free_cuts(matrix: OrderedMatrix, score: BlockScore) -> NDArray[np.int32]:
    """Find the best division into any number of blocks, O(n_units²) time.

    Returns
    -------
    (n_blocks + 1,) int32, positions; ties as in ``CutTable.cuts``
    """
    best = np.full(matrix.n_units + 1, -np.inf)
    best[0] = 0
    begin = np.zeros(matrix.n_units + 1, np.int64)
    for first, scores in _score_rows(matrix, score):
        for j, row in enumerate(scores, first + 1):
            trial = row[:j] + best[:j]
            best[j] = trial.max()
            begin[j] = _first_of_best(trial, best[j], score.slack)
    ends = [matrix.n_units]
    while ends[-1]:
        ends.append(int(begin[ends[-1]]))
    return matrix.edge[ends[::-1]].astype(np.int32)


def _leftmost(
    matrix: OrderedMatrix, score: BlockScore, before: NDArray[np.float64], end: int
) -> int:
    """Find where the block up to ``end`` begins: the first of equally good units."""
    pairs = slice(0, np.searchsorted(matrix.late, end))
    added = np.bincount(matrix.early[pairs], matrix.weight[pairs], end)
    inside = added[::-1].cumsum()[::-1]
    trial = before[:end] + score.combine(
        inside,
        score.by_size[matrix.edge[end] - matrix.edge[:end]],
        matrix.row[end] - matrix.row[:end],
        matrix.col[end] - matrix.col[:end],
    )
    return _first_of_best(trial, float(trial.max()), score.slack)


def _first_of_best(trial: NDArray[np.float64], most: float, slack: float) -> int:
    return int((trial >= most - (abs(most) * _TIE + slack)).argmax())


def _score_rows(
    matrix: OrderedMatrix, score: BlockScore
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield ``first`` and the scores of all blocks that end with units first, first + 1, ….

    Row ``r``, column ``i`` is the block of units ``i … first + r``; −∞ where that is empty.
    """
    n = matrix.n_units
    height = max(1, _CHUNK // max(1, n))
    sums = np.zeros(n)
    for first in range(0, n, height):
        stop = min(n, first + height)
        low, high = np.searchsorted(matrix.late, [first, stop])
        inside = np.zeros((stop - first, stop))
        inside[matrix.late[low:high] - first, matrix.early[low:high]] = matrix.weight[low:high]
        # A unit adds to a block the pairs it forms with the block's units: those from i on.
        backwards = inside[:, ::-1]
        np.cumsum(backwards, axis=1, out=backwards)
        for row in inside:
            row += sums[:stop]
            sums[:stop] = row
        row = col = inside
        if score.needs_margins:
            ends = slice(first + 1, stop + 1)
            row = matrix.row[ends, None] - matrix.row[:stop]
            col = matrix.col[ends, None] - matrix.col[:stop]
        scores = score.combine(inside, _by_size(matrix, score.by_size, first, stop), row, col)
        scores[:, first:][np.triu(np.ones((stop - first, stop - first), bool), 1)] = -np.inf
        yield first, scores


def _by_size(
    matrix: OrderedMatrix, by_size: NDArray[np.float64], first: int, stop: int
) -> NDArray[np.float64]:
    """(stop − first, stop), the entry for the size of each block; anything where it is empty."""
    if len(by_size) == len(matrix.edge):
        # Every unit is one class: each row is a stretch of the table backwards, without a copy.
        backwards = np.concatenate([by_size[::-1], np.ones(stop - first)])
        windows = np.lib.stride_tricks.sliding_window_view(backwards, stop)
        return np.asarray(windows[matrix.n_units - stop : matrix.n_units - first][::-1])
    size = matrix.edge[first + 1 : stop + 1, None] - matrix.edge[:stop]
    return np.asarray(by_size[np.maximum(size, 0)])


def _cumulative(values: NDArray[np.number]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(1), np.cumsum(values, dtype=np.float64)])
