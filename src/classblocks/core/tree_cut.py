"""The best division of the classes into nodes of a hierarchy: knapsack over the tree."""

import numpy as np
from numpy.typing import NDArray

from classblocks.core.hierarchy import Hierarchy

_TIE = 1e-14

Values = NDArray[np.float64]


class TreeCuts:
    """The best choice of 1 … n nodes that partition the classes.

    Parameters
    ----------
    hierarchy : any
    score : (n_nodes,), of each node as a block
    n_blocks : largest number of blocks wanted
    slack : values closer than this are ties; then later children are divided less

    Notes
    -----
    METHODS §5: ``T[v][1] = score(v)``, ``T[v][k]`` the best way to share k blocks among v's
    children, O(n_nodes · n_blocks²).
    """

    def __init__(
        self, hierarchy: Hierarchy, score: Values, n_blocks: int, slack: float = 0.0
    ) -> None:
        self._tree = hierarchy
        self._limit = n_blocks
        self._slack = slack
        self._score = score
        self._best: dict[int, Values] = {}
        for v in np.flatnonzero(hierarchy.class_of_node < 0)[::-1].tolist():
            table = self._steps(v)[-1].copy()
            if len(table) > 1:
                table[1] = score[v]
            self._best[v] = table

    @property
    def value(self) -> Values:
        """(n + 1,), best value by number of blocks; −∞ where no nodes make that number."""
        return self._best[0]

    def nodes(self, n_blocks: int) -> NDArray[np.int32]:
        """(n_blocks,), the chosen nodes in class order."""
        chosen: list[int] = []
        todo = [(0, n_blocks)]
        while todo:
            v, k = todo.pop()
            if k == 1:
                chosen.append(v)
            else:
                todo.extend(self._shares(v, k))
        return np.sort(np.array(chosen, np.int32))

    def _table(self, v: int) -> Values:
        if v in self._best:
            return self._best[v]
        return np.array([-np.inf, self._score[v]])

    def _steps(self, v: int) -> list[Values]:
        """Best values of v's first 0, 1, … children; just one hopeless entry if there are many."""
        children = self._tree.children(v).tolist()
        hopeless = np.full(2, -np.inf)
        if len(children) > self._limit:
            return [hopeless]
        steps = [np.zeros(1)]
        for child in children:
            steps.append(self._join(steps[-1], self._table(child))[0])
        return steps

    def _join(self, left: Values, right: Values) -> tuple[Values, NDArray[np.int64]]:
        """Max-plus convolution, and how many blocks ``right`` gets."""
        length = min(self._limit, len(left) + len(right) - 2) + 1
        best = np.full(length, -np.inf)
        share = np.zeros(length, np.int64)
        for k in range(1, min(len(right), length)):
            n = min(len(left), length - k)
            trial = left[:n] + right[k]
            known = best[k : k + n]
            margin = np.where(np.isfinite(known), np.abs(known) * _TIE + self._slack, 0)
            better = trial > known + margin
            best[k : k + n][better] = trial[better]
            share[k : k + n][better] = k
        return best, share

    def _shares(self, v: int, k: int) -> list[tuple[int, int]]:
        children = self._tree.children(v).tolist()
        steps = self._steps(v)
        shares = []
        for child, left in zip(children[::-1], steps[-2::-1], strict=True):
            part = int(self._join(left, self._table(child))[1][k])
            shares.append((child, part))
            k -= part
        return shares


def best_free_nodes(hierarchy: Hierarchy, score: Values, slack: float = 0.0) -> NDArray[np.int32]:
    """Find the best choice of any number of nodes that partition the classes.

    Parameters
    ----------
    hierarchy : any
    score : (n_nodes,)
    slack : a group is only divided if that gains more

    Returns
    -------
    (n_blocks,) int32, nodes in class order
    """
    best = score.tolist()
    divided = np.zeros(hierarchy.n_nodes, bool)
    below = [0.0] * hierarchy.n_nodes
    parent = hierarchy.parent.tolist()
    inner = (hierarchy.class_of_node < 0).tolist()
    for v in range(hierarchy.n_nodes - 1, -1, -1):
        if inner[v] and below[v] > best[v] + slack:
            best[v] = below[v]
            divided[v] = True
        if v:
            below[parent[v]] += best[v]
    reached = np.ones(hierarchy.n_nodes, bool)
    for v in range(1, hierarchy.n_nodes):
        reached[v] = reached[parent[v]] and divided[parent[v]]
    return np.flatnonzero(reached & ~divided).astype(np.int32)
