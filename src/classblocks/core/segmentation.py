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
    edge : (n_units + 1,), position of each unit
    value : (n + 1,), best value by number of blocks; −∞ where there is no division
    back : (n + 1, n_units + 1) int32, where the last of ``k`` blocks up to a unit begins
    """

    edge: NDArray[np.int64]
    value: NDArray[np.float64]
    back: NDArray[np.int32]

    def cuts(self, n_blocks: int) -> NDArray[np.int32]:
        """(n_blocks + 1,), positions of the cuts from 0 to the last class."""
        unit = [len(self.edge) - 1]
        for k in range(n_blocks, 0, -1):
            unit.append(int(self.back[k, unit[-1]]))
        return self.edge[unit[::-1]].astype(np.int32)


def best_cuts(matrix: OrderedMatrix, score: BlockScore, n_blocks: int) -> CutTable:
    """Find the best division into every number of blocks up to ``n_blocks``.

    Parameters
    ----------
    matrix : n_units units
    score : of a block
    n_blocks : 1 … n_units

    Returns
    -------
    CutTable; among equal values the last cut lies leftmost

    Notes
    -----
    ``best[k][j] = max_i best[k − 1][i] + score(i, j)`` (METHODS §5), O(n_blocks · n_units²) time
    and O(n_blocks · n_units) memory: the scores of a few ends ``j`` at a time are all that is kept.
    """
    n = matrix.n_units
    best = np.full((n_blocks + 1, n + 1), -np.inf)
    best[0, 0] = 0
    back = np.zeros((n_blocks + 1, n + 1), np.int32)
    for first, scores in _score_rows(matrix, score):
        rows, width = scores.shape
        ends = slice(first + 1, first + rows + 1)
        trial = np.empty_like(scores)
        tied = np.empty(scores.shape, bool)
        for k in range(1, min(n_blocks, first + rows) + 1):
            np.add(scores, best[k - 1, :width], out=trial)
            most = trial.max(axis=1)
            floor = most - (np.abs(most) * _TIE + score.slack)
            at = np.greater_equal(trial, floor[:, None], out=tied).argmax(axis=1)
            best[k, ends] = trial[np.arange(rows), at]
            back[k, ends] = at
    return CutTable(matrix.edge, best[:, n].copy(), back)


def best_free_cuts(matrix: OrderedMatrix, score: BlockScore) -> NDArray[np.int32]:
    """Find the best division into any number of blocks, O(n_units²) time.

    Returns
    -------
    (n_blocks + 1,) int32, positions; among equal values the one with the leftmost last cut
    """
    n = matrix.n_units
    best = np.full(n + 1, -np.inf)
    best[0] = 0
    back = np.zeros(n + 1, np.int64)
    for first, scores in _score_rows(matrix, score):
        for j, row in enumerate(scores, first + 1):
            trial = row[:j] + best[:j]
            most = trial.max()
            back[j] = (trial >= most - (abs(most) * _TIE + score.slack)).argmax()
            best[j] = trial[back[j]]
    unit = [n]
    while unit[-1]:
        unit.append(int(back[unit[-1]]))
    return matrix.edge[unit[::-1]].astype(np.int32)


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
        inside = inside[:, ::-1].cumsum(axis=1)[:, ::-1]
        inside[0] += sums[:stop]
        inside = inside.cumsum(axis=0)
        sums[:stop] = inside[-1]
        end, start = np.arange(first + 1, stop + 1)[:, None], np.arange(stop)
        empty = start >= end
        size = np.maximum(matrix.edge[end] - matrix.edge[start], 0)
        if score.needs_margins:
            row = matrix.row[end] - matrix.row[start]
            col = matrix.col[end] - matrix.col[start]
        else:
            row = col = inside
        scores = score.of(inside, size, row, col)
        scores[empty] = -np.inf
        yield first, scores


def _cumulative(values: NDArray[np.number]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(1), np.cumsum(values, dtype=np.float64)])
