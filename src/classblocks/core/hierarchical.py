"""How far wrong predictions are: metrics that give credit for what lies close in the hierarchy."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.interval import Estimate, ratio

_CHUNK = 1 << 20


@dataclass(frozen=True)
class HierarchicalMetrics:
    """One number each over all samples; NaN where there is nothing to average.

    Attributes
    ----------
    n_samples, n_mistakes : samples, and those with a wrong prediction
    accuracy : share of right predictions
    hp, hr, hf : hierarchical precision, recall and F
    severity : mean LCA height of the mistakes; NaN without any
    hd_1 : mean LCA height of all predictions, 0 for a right one
    hd_k : mean LCA height of the ``k`` best predictions
    best_hd_k : the least ``hd_k`` that any ranking of these samples can have, above 0 for k > 1
    k : predictions per sample in ``hd_k``; 0 if none were given
    """

    n_samples: int
    n_mistakes: int
    accuracy: float
    hp: float
    hr: float
    hf: float
    severity: float
    hd_1: float
    hd_k: float
    best_hd_k: float
    k: int


class HierarchicalIntervals(NamedTuple):
    """The numbers of ``HierarchicalMetrics`` of the same names, with their 95 % intervals."""

    hp: Estimate
    hr: Estimate
    hf: Estimate
    severity: Estimate
    hd_1: Estimate


def hierarchical_metrics(
    true: ArrayLike, pred: ArrayLike, hierarchy: Hierarchy, topk_class: ArrayLike | None = None
) -> HierarchicalMetrics:
    """Measure predictions by the hierarchy.

    Parameters
    ----------
    true, pred : (n,) class ids; n = 0 is legal
    hierarchy : over the same classes; contraction changes heights, so results are only comparable
        on the same tree
    topk_class : (n, k) different class ids per row, the best classes, such as
        ``outcomes(…).topk_class``

    Returns
    -------
    HierarchicalMetrics

    Raises
    ------
    ValueError
        Ids outside the classes, unequal lengths, more columns than classes.

    Notes
    -----
    METHODS §22. The distance of two classes is the height of their lowest common ancestor, the
    longest path down to a leaf (Bertinetto et al., CVPR 2020). hP, hR, hF: Kiritchenko et al. 2006;
    Silla & Freitas 2011: a class stands for itself and its ancestors but the root.
    """
    true_ids = validate.class_ids(true, hierarchy.n_classes, "true")
    pred_ids = validate.class_ids(pred, hierarchy.n_classes, "pred")
    n = validate.same_length(true=true_ids, pred=pred_ids)
    top = None if topk_class is None else _ranking(topk_class, n, hierarchy.n_classes)
    depth = hierarchy.depth[hierarchy.node_of_class].astype(np.int64)
    height = shared = 0
    for first in range(0, n, _CHUNK):
        rows = slice(first, first + _CHUNK)
        joint = hierarchy.lca(true_ids[rows], pred_ids[rows])
        height += int(hierarchy.height[joint].sum(dtype=np.int64))
        shared += int(hierarchy.depth[joint].sum(dtype=np.int64))
    top_height = 0 if top is None else int(top_heights(true_ids, top, hierarchy).sum())
    n_mistakes = int(np.count_nonzero(true_ids != pred_ids))
    above_pred, above_true = int(depth[pred_ids].sum()), int(depth[true_ids].sum())
    k = 0 if top is None else top.shape[1]
    least = int(least_heights(hierarchy, k)[true_ids].sum()) if k else 0
    return HierarchicalMetrics(
        n,
        n_mistakes,
        _ratio(n - n_mistakes, n),
        _ratio(shared, above_pred),
        _ratio(shared, above_true),
        _ratio(2 * shared, above_pred + above_true),
        _ratio(height, n_mistakes),
        _ratio(height, n),
        _ratio(top_height, n * k),
        _ratio(least, n * k),
        k,
    )


def hierarchical_intervals(cells: Cells, hierarchy: Hierarchy) -> HierarchicalIntervals:
    """Measure predictions by the hierarchy, with intervals.

    Parameters
    ----------
    cells : sparse confusion matrix of the same classes
    hierarchy : contraction changes heights, so results are only comparable on the same tree

    Returns
    -------
    HierarchicalIntervals; NaN where there is nothing to average, limits NaN for one sample

    Notes
    -----
    METHODS §22, intervals as ``interval.ratio`` gives them: samples, not classes, are random.
    """
    joint = hierarchy.lca(cells.true, cells.pred)
    shared = hierarchy.depth[joint].astype(np.int64)
    above_pred = hierarchy.depth[hierarchy.node_of_class[cells.pred]].astype(np.int64)
    above_true = hierarchy.depth[hierarchy.node_of_class[cells.true]].astype(np.int64)
    height = hierarchy.height[joint]
    wrong = cells.true != cells.pred
    return HierarchicalIntervals(
        ratio(shared, above_pred, cells.count),
        ratio(shared, above_true, cells.count),
        ratio(2 * shared, above_pred + above_true, cells.count),
        ratio(height, wrong, cells.count),
        ratio(height, np.ones(len(height)), cells.count),
    )


def top_heights(
    true: NDArray[np.int32], topk_class: NDArray[np.int32], hierarchy: Hierarchy
) -> NDArray[np.int64]:
    """Sum the LCA heights of each sample's best classes: (n,) from (n,) and (n, k) class ids."""
    total = np.zeros(len(true), np.int64)
    for first in range(0, len(true), _CHUNK):
        rows = slice(first, first + _CHUNK)
        for column in topk_class[rows].T:
            total[rows] += hierarchy.height[hierarchy.lca(true[rows], column)]
    return total


def lca_heights(hierarchy: Hierarchy) -> NDArray[np.int32]:
    """Distances of all pairs of classes.

    Returns
    -------
    (n_classes, n_classes) int32 by class id, height of the lowest common ancestor, 0 on the
    diagonal; 1.9 GB for 21,841 classes

    Notes
    -----
    METHODS §22.1.
    """
    n = hierarchy.n_classes
    leaf = np.arange(n, dtype=np.int32)
    order = hierarchy.class_of_leaf
    neighbours = hierarchy.height[hierarchy.lca(order[leaf[:-1]], order[leaf[1:]])]
    by_leaf = np.zeros((n, n), np.int32)
    for i in range(n - 1):
        # Heights only grow towards the root, so the highest joint on the way is the common one.
        by_leaf[i, i + 1 :] = np.maximum.accumulate(neighbours[i:])
    by_leaf += by_leaf.T
    return by_leaf[np.ix_(hierarchy.leaf_of_class, hierarchy.leaf_of_class)]


def least_heights(hierarchy: Hierarchy, k: int) -> NDArray[np.int64]:
    """Sum of the heights of the ``k`` classes nearest to each class.

    Parameters
    ----------
    hierarchy : any
    k : 1 … n_classes; the class itself is the first

    Returns
    -------
    (n_classes,) int64
    """
    within = np.minimum(hierarchy.stop - hierarchy.start, k).astype(np.int64)
    least = np.zeros(hierarchy.n_nodes, np.int64)
    by_depth = np.argsort(hierarchy.depth, kind="stable")
    level = np.searchsorted(hierarchy.depth[by_depth], np.arange(1, int(hierarchy.depth.max()) + 2))
    for first, stop in pairwise(level.tolist()):
        nodes = by_depth[first:stop]
        above = hierarchy.parent[nodes]
        least[nodes] = least[above] + hierarchy.height[above] * (within[above] - within[nodes])
    return least[hierarchy.node_of_class]


def _ranking(topk_class: ArrayLike, n: int, n_classes: int) -> NDArray[np.int32]:
    top = np.asarray(topk_class)
    if top.ndim != 2 or len(top) != n or not 1 <= top.shape[1] <= n_classes:
        raise ValueError(f"topk_class: expected shape ({n}, 1 to {n_classes}), got {top.shape}")
    columns = [validate.class_ids(column, n_classes, "topk_class") for column in top.T]
    return np.stack(columns, axis=1)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
