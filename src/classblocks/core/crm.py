"""Conditional risk minimisation: predict the class with the least expected distance."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import Outcomes

_CHUNK = 1 << 20


def crm(probabilities: ArrayLike, hierarchy: Hierarchy, true: ArrayLike, k: int = 5) -> Outcomes:
    """Rank the classes of each sample by ascending risk, the expected LCA height.

    Parameters
    ----------
    probabilities : (n, n_classes), rows sum to 1 ± 1e-3; n = 0 is legal
    hierarchy : over the same classes
    true : (n,) class ids
    k : how many of the best classes to keep, ≥ 1; at most n_classes are kept

    Returns
    -------
    Outcomes of the new ranking. ``p_pred``, ``p_true`` and ``topk_prob`` are the classes' own
    probabilities, so they need not fall along a row. Equal risks rank by class id

    Raises
    ------
    ValueError
        Wrong shape, NaN or negative probabilities, ids outside the classes; names the first bad
        row.

    Notes
    -----
    METHODS §22.3; Karthik et al., ICLR 2021: risk(c) = Σ_j h(LCA(c, j)) p_j. We sum over the tree
    instead of all pairs: with P(v) the probability of a node, risk(c) = h(root) P(root) −
    Σ P(v) (h(parent of v) − h(v)) over the nodes v from c up to below the root. O(n · n_nodes)
    time, bounded memory. It lowers the expected distance, not necessarily the observed one.
    """
    p = validate.probabilities(probabilities, hierarchy.n_classes, "probabilities")
    true_ids = validate.class_ids(true, hierarchy.n_classes, "true")
    n = validate.same_length(probabilities=p, true=true_ids)
    k = min(validate.whole(k, "k", 1), hierarchy.n_classes)
    true_rank = np.empty(n, np.int32)
    topk_class = np.empty((n, k), np.int32)
    gains = _Gains(hierarchy)
    step = max(1, _CHUNK // hierarchy.n_nodes)
    before = np.arange(hierarchy.n_classes)
    for first in range(0, n, step):
        rows = slice(first, first + step)
        gain, own = gains.of(p[rows]), true_ids[rows]
        at = np.arange(len(own))
        reached = gain[at, own][:, None]
        tied = (gain == reached) & (before < own[:, None])
        true_rank[rows] = np.count_nonzero(gain > reached, axis=1) + np.count_nonzero(tied, axis=1)
        for j in range(k):
            best = gain.argmax(axis=1)
            topk_class[rows, j] = best
            gain[at, best] = -1
    topk_prob = np.take_along_axis(p, topk_class, axis=1)
    p_true = p[np.arange(n), true_ids]
    return Outcomes(
        topk_class[:, 0].copy(), topk_prob[:, 0].copy(), p_true, true_rank, topk_class, topk_prob
    )


class _Gains:
    """By how much each class lowers the risk below that of a class outside the tree."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._tree = hierarchy
        height = hierarchy.height.astype(np.float64)
        self._weight = (height[hierarchy.parent] - height)[:, None]
        self._weight[0] = 0
        by_depth = np.argsort(hierarchy.depth, kind="stable")
        bounds = np.searchsorted(
            hierarchy.depth[by_depth], np.arange(1, int(hierarchy.depth.max()) + 2)
        )
        self._levels = [by_depth[first:stop] for first, stop in pairwise(bounds)]
        # In units of a power of two all sums are exact integers, so equal risks compare equal.
        self._scale = 2.0 ** (51 - np.ceil(np.log2(height[0] + 1)))

    def of(self, p: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, n_classes), gains ≥ 0 in those units."""
        tree = self._tree
        by_leaf = np.rint(p.T[tree.class_of_leaf] * self._scale)
        total = np.concatenate([np.zeros((1, len(p))), np.cumsum(by_leaf, axis=0)])
        gain = (total[tree.stop] - total[tree.start]) * self._weight
        for nodes in self._levels:
            gain[nodes] += gain[tree.parent[nodes]]
        return np.ascontiguousarray(gain[tree.node_of_class].T)
