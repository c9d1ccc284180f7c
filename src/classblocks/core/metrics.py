"""Group-level metrics: a sample is right for a group if its true and predicted class lie in it."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy

Z_95 = NormalDist().inv_cdf(0.975)


def group_metrics(counts: ArrayLike | Cells, hierarchy: Hierarchy) -> Columns:
    """Precision, recall and F1 of every node of the hierarchy.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells; the diagonal is included
    hierarchy : over the same classes

    Returns
    -------
    Columns, one row per node: ``node``, ``name``, ``start``, ``stop``, ``depth``; int64 samples
    ``n_true``, ``n_pred``, ``tp``, ``fp``, ``fn``; float64 ``precision``, ``recall``, ``f1`` and
    the 95 % intervals ``precision_low`` … ``f1_high``.
    NaN: no prediction (precision), no sample (recall), neither (F1)

    Raises
    ------
    ValueError
        Not counts, or another number of classes than the hierarchy's.

    Notes
    -----
    Blocks §3.1 and Eq. 1; METHODS §3. F1 is 2TP / (2TP + FP + FN). Each cell counts for the lowest
    common ancestor of its classes, and a node's TP is the sum over its subtree. Intervals are
    Wilson's. F1 is 2q / (1 + q) of the rate q = TP / (TP + FP + FN), which gives it its own.
    """
    return GroupCounter(counts, hierarchy).metrics()


class GroupCounter:
    """Group metrics of the same cells under many filters: what filters do not change is kept.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells
    hierarchy : over the same classes

    Raises
    ------
    ValueError
        Not counts, or another number of classes than the hierarchy's.
    """

    def __init__(self, counts: ArrayLike | Cells, hierarchy: Hierarchy) -> None:
        self.cells = matching_cells(counts, hierarchy)
        self.hierarchy = hierarchy
        true, pred = self.cells.true, self.cells.pred
        self._by_lca = _Sums(hierarchy.lca(true, pred), hierarchy.n_nodes)
        self._by_true = _Sums(hierarchy.leaf_of_class[true], hierarchy.n_classes)
        self._by_pred = _Sums(hierarchy.leaf_of_class[pred], hierarchy.n_classes)
        self._name = np.array(hierarchy.name, dtype=object)

    def metrics(self, count: ArrayLike | None = None) -> Columns:
        """Compute the columns of ``group_metrics``.

        Parameters
        ----------
        count : (n_cells,) samples left in each of ``cells``, such as ``cells.kept(keep)``; all if
            left out

        Raises
        ------
        ValueError
            Another number of counts than cells.
        """
        count = self.cells.count if count is None else np.asarray(count)
        if count.shape != self.cells.count.shape:
            raise ValueError(
                f"count: expected one for each of {len(self.cells.count)} cells, "
                f"got shape {count.shape}"
            )
        tree = self.hierarchy
        tp = subtree_sums(self._by_lca(count), tree)
        n_true = _between(self._by_true(count), tree.start, tree.stop)
        n_pred = _between(self._by_pred(count), tree.start, tree.stop)
        precision_low, precision_high = wilson(tp, n_pred)
        recall_low, recall_high = wilson(tp, n_true)
        f1_low, f1_high = _f1_interval(tp, n_true + n_pred - tp)
        return Columns(
            {
                "node": np.arange(tree.n_nodes, dtype=np.int32),
                "name": self._name,
                "start": tree.start,
                "stop": tree.stop,
                "depth": tree.depth,
                "n_true": n_true,
                "n_pred": n_pred,
                "tp": tp,
                "fp": n_pred - tp,
                "fn": n_true - tp,
                "precision": _ratio(tp, n_pred),
                "recall": _ratio(tp, n_true),
                "f1": _ratio(2 * tp, n_true + n_pred),
                "precision_low": precision_low,
                "precision_high": precision_high,
                "recall_low": recall_low,
                "recall_high": recall_high,
                "f1_low": f1_low,
                "f1_high": f1_high,
            }
        )


def wilson(
    k: ArrayLike, n: ArrayLike, z: float = Z_95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson score interval of a rate.

    Parameters
    ----------
    k, n : successes and trials, broadcast against each other
    z : normal quantile, 1.96 for 95 %

    Returns
    -------
    low, high : float64 in [0, 1]; NaN where ``n`` is 0

    Notes
    -----
    E. B. Wilson, J. Am. Stat. Assoc. 22, 1927.
    """
    successes, trials = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(n, np.float64))
    trials = np.where(trials > 0, trials, np.nan)
    rate = successes / trials
    centre = rate + z * z / (2 * trials)
    half = z * np.sqrt(rate * (1 - rate) / trials + (z / (2 * trials)) ** 2)
    scale = 1 + z * z / trials
    low = np.maximum((centre - half) / scale, 0)
    high = np.minimum((centre + half) / scale, 1)
    # Exact at the ends, where rounding would leave 1e-17.
    return np.where(successes == 0, low * 0, low), np.where(successes == trials, high * 0 + 1, high)


def _f1_interval(
    tp: NDArray[np.int64], n_either: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = wilson(tp, n_either)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def cut_accuracy(counts: ArrayLike | Cells, hierarchy: Hierarchy, nodes: ArrayLike) -> float:
    """Share of samples whose prediction stays in the group of their true class.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells
    hierarchy : over the same classes
    nodes : nodes that partition the classes, in any order, such as ``hierarchy.cut(1)``

    Returns
    -------
    Σ TP(node) / n; NaN without samples

    Raises
    ------
    ValueError
        The nodes overlap or leave classes out; names the first leaf position.
    """
    cells = matching_cells(counts, hierarchy)
    groups = np.sort(np.asarray(nodes, np.int64))
    reached = 0
    for node in groups.tolist():
        if not 0 <= node < hierarchy.n_nodes:
            raise ValueError(f"nodes: expected 0 to {hierarchy.n_nodes - 1}, got {node}")
        if hierarchy.start[node] != reached:
            what = "overlap" if hierarchy.start[node] < reached else "leave a gap"
            raise ValueError(
                f"nodes: expected a partition of the classes, they {what} at {reached}"
            )
        reached = int(hierarchy.stop[node])
    if reached != hierarchy.n_classes:
        raise ValueError(
            f"nodes: expected a partition of the classes, they leave a gap at {reached}"
        )
    own = np.zeros(hierarchy.n_nodes, np.int64)
    np.add.at(own, hierarchy.lca(cells.true, cells.pred), cells.count)
    tp = int(subtree_sums(own, hierarchy)[groups].sum())
    return tp / cells.n_samples if cells.n_samples else float("nan")


def level_mass(counts: ArrayLike | Cells, hierarchy: Hierarchy) -> NDArray[np.float64]:
    """Share of errors that stay inside the groups of each level.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells; the diagonal is left out
    hierarchy : over the same classes

    Returns
    -------
    (d_max + 1,) for depth d = 0 … deepest inner node: share of errors whose classes' lowest common
    ancestor lies at depth ≥ d; 1 at d = 0, never increasing. All NaN without errors

    Notes
    -----
    METHODS §2.5. Blocks §2 reports more than 0.98 at d = 1 for ImageNet.
    """
    cells = matching_cells(counts, hierarchy)
    wrong = cells.true != cells.pred
    depth = hierarchy.depth[hierarchy.lca(cells.true[wrong], cells.pred[wrong])]
    deepest = int(hierarchy.depth[hierarchy.class_of_node < 0].max())
    at_depth = np.zeros(deepest + 1, np.int64)
    np.add.at(at_depth, depth, cells.count[wrong])
    return _ratio(at_depth[::-1].cumsum()[::-1], np.asarray(at_depth.sum()))


def pair_mass(hierarchy: Hierarchy) -> NDArray[np.float64]:
    """Share of class pairs that stay inside the groups of each level: ``level_mass`` by chance.

    Returns
    -------
    (d_max + 1,) for depth d = 0 … deepest inner node: share of pairs of different classes whose
    lowest common ancestor lies at depth ≥ d. All NaN for a single class

    Notes
    -----
    What ``level_mass`` would give if errors fell evenly on all pairs; only an excess over it says
    that errors follow the hierarchy.
    """
    inner = hierarchy.class_of_node < 0
    size = (hierarchy.stop - hierarchy.start).astype(np.int64)[inner]
    depth = hierarchy.depth[inner]
    inside = np.zeros(int(depth.max()) + 1, np.int64)
    np.add.at(inside, depth, size * (size - 1))
    n = hierarchy.n_classes
    return _ratio(inside, np.asarray(n * (n - 1)))


def matching_cells(counts: ArrayLike | Cells, hierarchy: Hierarchy) -> Cells:
    """Take counts as cells; ``ValueError`` if they have other classes than the hierarchy."""
    cells = cells_of(counts)
    if cells.n_classes != hierarchy.n_classes:
        raise ValueError(
            f"counts: expected {hierarchy.n_classes} classes as in the hierarchy, "
            f"got {cells.n_classes}"
        )
    return cells


class _Sums:
    """Sums of values by place; sorting the places once is faster than adding at each."""

    def __init__(self, place: NDArray[np.int32], length: int) -> None:
        self._length = length
        # NumPy's stable sort is a radix sort up to 16 bits.
        short = place.astype(np.uint16) if length <= 1 << 16 else place
        self._order = np.argsort(short, kind="stable")
        ordered = place[self._order]
        self._first = np.flatnonzero(np.diff(ordered, prepend=-1))
        self._places = ordered[self._first]

    def __call__(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(self._length, np.int64)
        if len(self._places):
            sums[self._places] = np.add.reduceat(values[self._order], self._first)
        return sums


def subtree_sums(own: NDArray[np.int64], hierarchy: Hierarchy) -> NDArray[np.int64]:
    """(n_nodes,), sums of ``own`` over the nodes at and below each node."""
    return _between(own, np.arange(hierarchy.n_nodes), hierarchy.node_stop)


def _between(
    values: NDArray[np.int64], start: NDArray[np.integer], stop: NDArray[np.integer]
) -> NDArray[np.int64]:
    total: NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    inside: NDArray[np.int64] = total[stop] - total[start]
    return inside


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    known = np.where(whole > 0, whole, 1)
    return np.where(whole > 0, part / known, np.nan)
