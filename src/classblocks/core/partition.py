"""Division of the class order into blocks that hold as much confusion as possible."""

from dataclasses import dataclass
from operator import index

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.block_score import OBJECTIVES, BlockScore, block_score
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.segmentation import (
    OrderedMatrix,
    best_cuts,
    best_free_cuts,
    exact_sums,
    ordered_matrix,
)
from classblocks.core.tree_cut import TreeCuts, best_free_nodes

TRANSFORMS = ("log1p", "none")
ALONG = ("order", "tree")
_MAX_ROUNDS = 50


@dataclass(frozen=True, eq=False)
class Partition:
    """Consecutive blocks that cover all classes.

    Attributes
    ----------
    cuts : (n_blocks + 1,) int32, leaf positions from 0 to n_classes; block ``k`` holds the leaves
        ``cuts[k] : cuts[k + 1]``
    nodes : (n_blocks,) int32, the hierarchy's node of each block; None along the order
    objective, transform, gamma : what was maximised
    value : the maximum, on transformed counts; NaN for ``modularity`` without errors and for
        ``pooled`` with single-class blocks only
    value_by_n : (n_blocks,) float64, the maximum for 1 … n_blocks blocks; NaN where no nodes make
        that number, and but for the last with ``pooled``
    block_sum : (n_blocks,) int64, errors inside each block, not transformed
    block_area : (n_blocks,) int64, its cells without the diagonal
    density : (n_blocks,) float64, errors per cell; NaN for a single class
    block_mass : (n_blocks,) float64, its share of all errors; NaN without errors
    in_block_mass : share of all errors that lie in any block; NaN without errors
    step : cuts lie at multiples of ``step`` positions; 1: anywhere
    """

    cuts: NDArray[np.int32]
    nodes: NDArray[np.int32] | None
    objective: str
    transform: str
    gamma: float
    value: float
    value_by_n: NDArray[np.float64]
    block_sum: NDArray[np.int64]
    block_area: NDArray[np.int64]
    density: NDArray[np.float64]
    block_mass: NDArray[np.float64]
    in_block_mass: float
    step: int

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.cuts) - 1

    @property
    def block_of_leaf(self) -> NDArray[np.int32]:
        """(n_classes,), block at each leaf position."""
        return np.repeat(np.arange(self.n_blocks, dtype=np.int32), np.diff(self.cuts))

    def __repr__(self) -> str:
        return (
            f"Partition({self.n_blocks} blocks of {self.cuts[-1]} classes, "
            f"{self.objective} {self.value:.6g}, in-block mass {self.in_block_mass:.4f})"
        )


def partition(
    counts: ArrayLike | Cells,
    hierarchy: Hierarchy | ArrayLike,
    n_blocks: int | str = "auto",
    objective: str = "size_weighted",
    *,
    transform: str = "log1p",
    along: str = "order",
    gamma: float = 1.0,
    step: int = 1,
) -> Partition:
    """Divide the class order into the blocks with the largest objective.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells; the diagonal is left out
    hierarchy : over the same classes, or a class order (n_classes,)
    n_blocks : 1 … n_classes; ``auto`` takes the number of blocks with the largest modularity
    objective : Σ over blocks of m classes with sum S of ``size_weighted`` S / m, ``modularity``
        (S − expected S) / total, ``least_squares`` S² / (m (m − 1)), ``mean_density``
        S / (m (m − 1)), ``generalised`` S / m^gamma; or ``pooled`` ΣS / Σ m (m − 1)
    transform : of the counts before; ``log1p`` or ``none``
    along : ``order``: any consecutive classes; ``tree``: nodes of the hierarchy only
    gamma : exponent for ``generalised``; larger means more even, smaller blocks
    step : cut at multiples of this many positions only, to trade exactness for time along the order

    Returns
    -------
    Partition, the exact maximum; of equally good ones that with the leftmost cuts, from the last
    cut on. Values equal to 14 digits count as equally good

    Raises
    ------
    ValueError
        Not counts, an unknown word, an order that is not a permutation, a number of blocks that
        the hierarchy's nodes cannot make; names the nearest smaller one.

    Notes
    -----
    METHODS §5; Blocks §3.2.2 asks for a partition that "maximises the density of its blocks"
    without a formula. ``mean_density`` isolates tiny dense pairs. Along the order
    O(n_blocks · n_classes²) time, never more than O(n_blocks · n_classes + cells) memory; along the
    tree O(cells + n_nodes · n_blocks²). ``pooled``: Dinkelbach's method (1967), 2 to 6 such rounds.
    ``least_squares`` is the best block-constant fit (Lévy-Leduc et al., Bioinformatics 2014).
    """
    for name, value, known in (
        ("objective", objective, OBJECTIVES),
        ("transform", transform, TRANSFORMS),
        ("along", along, ALONG),
    ):
        if value not in known:
            raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")
    cells = cells_of(counts)
    if cells.n_classes == 0:
        raise ValueError("counts: expected at least one class, got none")
    leaf_of_class = _leaf_of_class(hierarchy, cells.n_classes)
    if not np.isfinite(gamma):
        raise ValueError(f"gamma: expected a finite exponent, got {gamma}")
    if not 1 <= index(step) <= cells.n_classes:
        raise ValueError(f"step: expected 1 to {cells.n_classes}, got {step}")
    wanted = _wanted(n_blocks, cells.n_classes)
    wrong = cells.true != cells.pred
    first, second = leaf_of_class[cells.true[wrong]], leaf_of_class[cells.pred[wrong]]
    count = cells.count[wrong]
    weight = exact_sums(np.log1p(count) if transform == "log1p" else count.astype(np.float64))
    matrix = ordered_matrix(first, second, weight, cells.n_classes, step)
    search: _Order | _Tree
    if along == "order":
        search = _Order(matrix)
    elif not isinstance(hierarchy, Hierarchy):
        raise ValueError("along: a class order has no nodes, give a hierarchy for 'tree'")
    elif step > 1:
        raise ValueError(f"step: expected 1 along the tree, got {step}")
    else:
        search = _Tree(matrix, hierarchy, cells.true[wrong], cells.pred[wrong], weight)
    if wanted is None:
        search.find_free(block_score("modularity", cells.n_classes, matrix.total))
        wanted = search.n_found
    value_by_n = _maximise(search, objective, wanted, gamma, cells.n_classes, matrix.total)
    if objective == "modularity" and matrix.total == 0:
        value_by_n[:] = np.nan
    cuts = search.cuts
    block_sum, size = _block_sums(first, second, count, cuts), np.diff(cuts).astype(np.int64)
    area, errors = size * (size - 1), int(count.sum())
    mass = block_sum / errors if errors else np.full(wanted, np.nan)
    return Partition(
        cuts,
        search.nodes,
        objective,
        transform,
        gamma,
        float(value_by_n[-1]),
        value_by_n,
        block_sum,
        area,
        np.where(area > 0, block_sum / np.maximum(area, 1), np.nan),
        mass,
        int(block_sum.sum()) / errors if errors else float("nan"),
        step,
    )


class _Order:
    """Blocks of consecutive units of the order."""

    nodes = None

    def __init__(self, matrix: OrderedMatrix) -> None:
        self._matrix = matrix
        self.cuts = matrix.edge[[0, -1]].astype(np.int32)

    @property
    def n_found(self) -> int:
        return len(self.cuts) - 1

    def find_free(self, score: BlockScore) -> None:
        self.cuts = best_free_cuts(self._matrix, score)

    def find(self, score: BlockScore, n_blocks: int) -> NDArray[np.float64]:
        if n_blocks > self._matrix.n_units:
            raise ValueError(
                f"n_blocks: expected at most {self._matrix.n_units}, the cuts that the step "
                f"allows, got {n_blocks}"
            )
        table = best_cuts(self._matrix, score, n_blocks)
        self.cuts = table.cuts(n_blocks)
        return table.value

    def parts(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Sum and size of the blocks found."""
        unit = np.searchsorted(self._matrix.edge, self.cuts)
        late = np.searchsorted(unit, self._matrix.late, "right")
        same = late == np.searchsorted(unit, self._matrix.early, "right")
        inside = np.bincount(late[same] - 1, self._matrix.weight[same], self.n_found)
        return inside.astype(np.float64), np.diff(self.cuts).astype(np.int64)


class _Tree:
    """Blocks that are nodes of the hierarchy."""

    def __init__(
        self,
        matrix: OrderedMatrix,
        hierarchy: Hierarchy,
        true: NDArray[np.int32],
        pred: NDArray[np.int32],
        weight: NDArray[np.float64],
    ) -> None:
        own = np.bincount(hierarchy.lca(true, pred), weight, hierarchy.n_nodes)
        below = np.concatenate([np.zeros(1), np.cumsum(own)])
        self._tree = hierarchy
        self._inside = below[hierarchy.node_stop] - below[:-1]
        self._size = (hierarchy.stop - hierarchy.start).astype(np.int64)
        self._row = matrix.row[hierarchy.stop] - matrix.row[hierarchy.start]
        self._col = matrix.col[hierarchy.stop] - matrix.col[hierarchy.start]
        self.nodes = np.zeros(1, np.int32)

    @property
    def n_found(self) -> int:
        return len(self.nodes)

    @property
    def cuts(self) -> NDArray[np.int32]:
        return np.append(self._tree.start[self.nodes], self._tree.n_classes).astype(np.int32)

    def _scores(self, score: BlockScore) -> NDArray[np.float64]:
        return score.of(self._inside, self._size, self._row, self._col)

    def find_free(self, score: BlockScore) -> None:
        self.nodes = best_free_nodes(self._tree, self._scores(score), score.slack)

    def find(self, score: BlockScore, n_blocks: int) -> NDArray[np.float64]:
        found = TreeCuts(self._tree, self._scores(score), n_blocks, score.slack)
        if len(found.value) <= n_blocks or found.value[n_blocks] == -np.inf:
            raise ValueError(
                f"n_blocks: no {n_blocks} nodes of this hierarchy hold each class once, "
                f"the nearest smaller number is {_largest(found.value[:n_blocks])}"
            )
        self.nodes = found.nodes(n_blocks)
        return found.value

    def parts(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Sum and size of the blocks found."""
        return self._inside[self.nodes], self._size[self.nodes]


def _maximise(
    search: _Order | _Tree,
    objective: str,
    n_blocks: int,
    gamma: float,
    n_classes: int,
    total: float,
) -> NDArray[np.float64]:
    """Let ``search`` find the blocks; return the values for 1 … n_blocks blocks."""
    if objective != "pooled":
        values = search.find(block_score(objective, n_classes, total, gamma), n_blocks)[1:]
        return np.where(np.isfinite(values), values, np.nan)
    values = np.full(n_blocks, np.nan)
    ratio = 0.0
    for _ in range(_MAX_ROUNDS):
        search.find(block_score(objective, n_classes, total, penalty=ratio), n_blocks)
        inside, size = search.parts()
        cells = int((size * (size - 1)).sum())
        found = float(inside.sum()) / cells if cells else float("nan")
        values[-1] = found
        if not found > ratio:
            break
        ratio = found
    return values


def _wanted(n_blocks: int | str, n_classes: int) -> int | None:
    if n_blocks == "auto":
        return None
    if isinstance(n_blocks, str | bool) or index(n_blocks) != n_blocks:
        raise ValueError(f"n_blocks: expected a number or 'auto', got {n_blocks!r}")
    if not 1 <= n_blocks <= n_classes:
        raise ValueError(f"n_blocks: expected 1 to {n_classes} (classes), got {n_blocks}")
    return int(n_blocks)


def _largest(value: NDArray[np.float64]) -> int:
    return int(np.flatnonzero(np.isfinite(value))[-1])


def _leaf_of_class(hierarchy: Hierarchy | ArrayLike, n_classes: int) -> NDArray[np.int32]:
    if isinstance(hierarchy, Hierarchy):
        if hierarchy.n_classes != n_classes:
            raise ValueError(
                f"counts: expected {hierarchy.n_classes} classes as in the hierarchy, "
                f"got {n_classes}"
            )
        return hierarchy.leaf_of_class
    order = np.asarray(hierarchy)
    if order.shape != (n_classes,) or (np.sort(order) != np.arange(n_classes)).any():
        raise ValueError(
            f"hierarchy: expected a Hierarchy or each of {n_classes} class ids once, "
            f"got shape {order.shape}"
        )
    leaf = np.empty(n_classes, np.int32)
    leaf[order] = np.arange(n_classes, dtype=np.int32)
    return leaf


def _block_sums(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    count: NDArray[np.int64],
    cuts: NDArray[np.int32],
) -> NDArray[np.int64]:
    block = np.searchsorted(cuts, first, "right") - 1
    inside = block == np.searchsorted(cuts, second, "right") - 1
    sums = np.zeros(len(cuts) - 1, np.int64)
    np.add.at(sums, block[inside], count[inside])
    return sums
