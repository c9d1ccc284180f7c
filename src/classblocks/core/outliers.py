"""Errors that cross the blocks of a partition, and how unexpected each is."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import matching_cells
from classblocks.core.partition import Partition

MAX_ROUNDS = 100
TOLERANCE = 1e-9


def block_outliers(
    counts: ArrayLike | Cells, partition: Partition | ArrayLike, hierarchy: Hierarchy
) -> Columns:
    """List the errors between classes of different blocks.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells
    partition : of the hierarchy's class order, or its cuts (n_blocks + 1,) as leaf positions
    hierarchy : over the same classes

    Returns
    -------
    Columns, one row per cell, by falling count, then falling LCA height, then class ids:
    ``true``, ``pred`` int32; ``count`` int64, samples; ``expected`` float64, samples if the rows'
    and columns' errors outside the blocks had nothing to do with each other; ``surprise`` float64,
    −log10 of the probability of this count or more; ``lca_height`` int32. No rows with one block

    Raises
    ------
    ValueError
        Not counts, another number of classes, or cuts that do not cover the classes in order.

    Notes
    -----
    Blocks §3.2.1; METHODS §6. ``expected`` is quasi-independence on the cells outside the blocks,
    by iterative proportional fitting (at most 100 rounds, or a relative change below 1e-9);
    ``surprise`` takes a Poisson count. O(n_classes) a round, O(cells) in all.
    """
    cells = matching_cells(counts, hierarchy)
    cuts = _cuts(partition, hierarchy.n_classes)
    leaf = hierarchy.leaf_of_class
    first, second = leaf[cells.true], leaf[cells.pred]
    outside = np.searchsorted(cuts, first, "right") != np.searchsorted(cuts, second, "right")
    # A filter may have left cells empty.
    outside &= cells.count > 0
    true, pred, count = cells.true[outside], cells.pred[outside], cells.count[outside]
    first, second = first[outside], second[outside]
    row_factor, col_factor = quasi_independence(
        _margin(first, count, hierarchy.n_classes),
        _margin(second, count, hierarchy.n_classes),
        cuts,
    )
    expected = row_factor[first] * col_factor[second]
    height = hierarchy.height[hierarchy.lca(true, pred)]
    # Cells come sorted by class ids, which a stable sort keeps.
    order = np.argsort(-(count * (int(hierarchy.height[0]) + 1) + height), kind="stable")
    count, expected = count[order], expected[order]
    return Columns(
        {
            "true": true[order],
            "pred": pred[order],
            "count": count,
            "expected": expected,
            "surprise": surprise(count, expected),
            "lca_height": height[order],
        }
    )


def quasi_independence(
    row_sum: NDArray[np.float64], col_sum: NDArray[np.float64], cuts: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a product of row and column factors to the margins of the cells outside the blocks.

    Parameters
    ----------
    row_sum, col_sum : (n_classes,), sums over the cells outside the blocks, in class order
    cuts : (n_blocks + 1,), leaf positions

    Returns
    -------
    row_factor, col_factor : (n_classes,) float64; cell (i, j) outside the blocks is expected to
        hold ``row_factor[i] · col_factor[j]``. A class without such errors has the factor 0
    """
    row, col = np.ones(len(row_sum)), np.ones(len(col_sum))
    for _ in range(MAX_ROUNDS):
        new_row = _quotient(row_sum, _outside(col, cuts))
        new_col = _quotient(col_sum, _outside(new_row, cuts))
        change = max(_change(row, new_row), _change(col, new_col))
        row, col = new_row, new_col
        if change < TOLERANCE:
            break
    return row, col


def surprise(count: NDArray[np.int64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """−log10 of the probability that a Poisson variable is ``count`` or larger.

    Parameters
    ----------
    count : (k,), ≥ 1
    expected : (k,), > 0, its mean

    Returns
    -------
    (k,) float64, ≥ 0, also where that probability is below what a double can hold
    """
    from scipy.special import gammainc

    out = np.empty(len(count))
    once = count == 1
    out[once] = -np.log10(-np.expm1(-expected[once]))
    more = np.flatnonzero(~once)
    tail = gammainc(count[more], expected[more])
    tiny = tail < 1e-290
    with np.errstate(divide="ignore"):
        out[more] = -np.log10(tail)
    out[more[tiny]] = _tail_series(count[more[tiny]].astype(np.float64), expected[more[tiny]])
    return out + 0.0


def _tail_series(count: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum P(X = count) · (1 + mean / (count + 1) + …) in logarithms; needs count > mean."""
    from scipy.special import gammaln

    term = np.ones(len(count))
    series = term.copy()
    n = 0
    while (term > 1e-17 * series).any():
        n += 1
        term = term * (mean / (count + n))
        series += term
    log_tail = count * np.log(mean) - mean - gammaln(count + 1) + np.log(series)
    return np.asarray(-log_tail / np.log(10))


def _cuts(partition: Partition | ArrayLike, n_classes: int) -> NDArray[np.int32]:
    cuts = partition.cuts if isinstance(partition, Partition) else np.asarray(partition)
    good = cuts.ndim == 1 and len(cuts) >= 2 and cuts.dtype.kind in "iu"
    if not good or cuts[0] != 0 or cuts[-1] != n_classes or (np.diff(cuts) <= 0).any():
        raise ValueError(
            f"partition: expected ascending cuts from 0 to {n_classes}, got {cuts.tolist()}"
        )
    return cuts.astype(np.int32)


def _margin(
    leaf: NDArray[np.int32], count: NDArray[np.int64], n_classes: int
) -> NDArray[np.float64]:
    return np.bincount(leaf, count, n_classes).astype(np.float64)


def _outside(values: NDArray[np.float64], cuts: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n_classes,), sum over the classes outside each class's block."""
    block = np.add.reduceat(values, cuts[:-1])
    # What lies before and after is added, not total − block: that would cancel.
    before = np.concatenate([np.zeros(1), np.cumsum(block[:-1])])
    after = np.concatenate([np.cumsum(block[:0:-1])[::-1], np.zeros(1)])
    return np.repeat(before + after, np.diff(cuts))


def _quotient(total: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(total > 0, total / np.where(weight > 0, weight, 1), 0)


def _change(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    some = new > 0
    return float(np.abs(old[some] / new[some] - 1).max(initial=0))
