"""The two places to look for blocks: along the class order and along the hierarchy."""

import numpy as np
from numpy.typing import NDArray

from classblocks.core.block_score import BlockScore, block_score
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.segmentation import OrderedMatrix, best_cuts, best_free_cuts
from classblocks.core.tree_cut import TreeCuts, best_free_nodes

_MAX_ROUNDS = 50


class AlongOrder:
    """Blocks of consecutive units of the order."""

    nodes = None

    def __init__(self, matrix: OrderedMatrix) -> None:
        self._matrix = matrix
        self.cuts = matrix.edge[[0, -1]].astype(np.int32)

    @property
    def n_found(self) -> int:
        """Number of blocks found."""
        return len(self.cuts) - 1

    def find_free(self, score: BlockScore) -> None:
        """Find the best blocks, any number of them."""
        self.cuts = best_free_cuts(self._matrix, score)

    def find(self, score: BlockScore, n_blocks: int) -> NDArray[np.float64]:
        """Find the best ``n_blocks`` blocks; return the values for 0 … n_blocks blocks."""
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


class AlongTree:
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
        """Number of blocks found."""
        return len(self.nodes)

    @property
    def cuts(self) -> NDArray[np.int32]:
        """(n_blocks + 1,), leaf positions."""
        return np.append(self._tree.start[self.nodes], self._tree.n_classes).astype(np.int32)

    def _scores(self, score: BlockScore) -> NDArray[np.float64]:
        return score.combine(self._inside, score.by_size[self._size], self._row, self._col)

    def find_free(self, score: BlockScore) -> None:
        """Find the best blocks, any number of them."""
        self.nodes = best_free_nodes(self._tree, self._scores(score), score.slack)

    def find(self, score: BlockScore, n_blocks: int) -> NDArray[np.float64]:
        """Find the best ``n_blocks`` blocks; return the values for 0 … n_blocks blocks."""
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


def maximise(
    search: AlongOrder | AlongTree,
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


def _largest(value: NDArray[np.float64]) -> int:
    return int(np.flatnonzero(np.isfinite(value))[-1])
