"""How well a hierarchy fits a confusion matrix, and where two hierarchies agree."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import level_mass, matching_cells, pair_mass, subtree_sums

_CHUNK = 1 << 20


def dasgupta_cost(
    counts: ArrayLike | Cells, hierarchy: Hierarchy, normalised: bool = True
) -> float:
    """Mean size of the smallest group that holds both classes of an error.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells; the diagonal is left out
    hierarchy : over the same classes
    normalised : divide by the number of errors times the number of classes

    Returns
    -------
    In (0, 1], lower is better, NaN without errors; not normalised, classes summed over errors

    Notes
    -----
    S. Dasgupta, STOC 2016; METHODS §2.5: Σ over pairs of w · leaves below the lowest common
    ancestor, w the errors of both directions. O(cells).
    """
    cells = matching_cells(counts, hierarchy)
    wrong = cells.true != cells.pred
    count = cells.count[wrong]
    joint = hierarchy.lca(cells.true[wrong], cells.pred[wrong])
    size = (hierarchy.stop - hierarchy.start).astype(np.int64)
    cost, errors = int((count * size[joint]).sum()), int(count.sum())
    if not normalised:
        return float(cost)
    return cost / (errors * hierarchy.n_classes) if errors else float("nan")


def error_mass(counts: ArrayLike | Cells, hierarchy: Hierarchy) -> NDArray[np.float64]:
    """Share of all errors whose two classes lie in each node.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells; the diagonal is left out
    hierarchy : over the same classes

    Returns
    -------
    (n_nodes,) float64; all NaN without errors
    """
    cells = matching_cells(counts, hierarchy)
    wrong = cells.true != cells.pred
    own = np.zeros(hierarchy.n_nodes, np.int64)
    np.add.at(own, hierarchy.lca(cells.true[wrong], cells.pred[wrong]), cells.count[wrong])
    inside = subtree_sums(own, hierarchy)
    return inside / inside[0] if inside[0] else np.full(hierarchy.n_nodes, np.nan)


def compare_levels(counts: ArrayLike | Cells, a: Hierarchy, b: Hierarchy) -> Columns:
    """Put the level mass curves of two hierarchies side by side.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells; the diagonal is left out
    a, b : over the same classes

    Returns
    -------
    Columns by depth, as deep as the deeper one: ``depth`` int32; float64 ``mass_a``, ``mass_b``,
    share of errors that stay inside the groups of this depth; ``chance_a``, ``chance_b``, share of
    class pairs that do. 0 below a hierarchy's own groups; masses are NaN without errors
    """
    curves = {
        "mass_a": level_mass(counts, a),
        "chance_a": pair_mass(a),
        "mass_b": level_mass(counts, b),
        "chance_b": pair_mass(b),
    }
    depth = max(len(curve) for curve in curves.values())
    columns = {
        name: np.concatenate([curve, np.full(depth - len(curve), curve[0] * 0)])
        for name, curve in curves.items()
    }
    return Columns({"depth": np.arange(depth, dtype=np.int32), **columns})


def compare_hierarchies(a: Hierarchy, b: Hierarchy) -> Columns:
    """Find the most similar group of another hierarchy for every node.

    Parameters
    ----------
    a, b : over the same classes

    Returns
    -------
    Columns, one row per node of ``a``: ``node``, ``name``, ``n_classes``; ``best`` int32, node of
    ``b`` with the largest Jaccard index, ties to the lowest number; ``best_name``;
    ``n_shared`` int32, classes in both; ``jaccard`` float64, classes in both by classes in either

    Raises
    ------
    ValueError
        Different numbers of classes.

    Notes
    -----
    Of the nodes of ``b`` that hold the same part of a group, the smallest is best, and that is the
    lowest common ancestor of some neighbours in ``b``'s order: the group's size in candidates,
    not all nodes. O(Σ group sizes · log), with memory for about a million of them.
    """
    if a.n_classes != b.n_classes:
        raise ValueError(f"b: expected {a.n_classes} classes as in a, got {b.n_classes}")
    size_a, size_b = a.stop - a.start, b.stop - b.start
    best = np.empty(a.n_nodes, np.int32)
    shared = np.empty(a.n_nodes, np.int32)
    # Where a group has one child, both hold the same classes; the outer has the lower number.
    same = np.zeros(b.n_nodes, bool)
    same[1:] = size_b[1:] == size_b[b.parent[1:]]
    outermost = np.maximum.accumulate(np.where(same, 0, np.arange(b.n_nodes)))
    room = np.cumsum(size_a, dtype=np.int64) // _CHUNK
    for first, stop in _runs(room):
        nodes = np.arange(first, stop)
        group, place = _members(a, b, nodes)
        candidate_group, candidate = _candidates(b, group, place)
        key = group * b.n_classes + place
        overlap = np.searchsorted(
            key, candidate_group * b.n_classes + b.stop[candidate]
        ) - np.searchsorted(key, candidate_group * b.n_classes + b.start[candidate])
        either = size_a[nodes][candidate_group] + size_b[candidate] - overlap
        candidate = outermost[candidate]
        order = np.lexsort((candidate, -overlap / either, candidate_group))
        top = order[np.flatnonzero(np.diff(candidate_group[order], prepend=-1))]
        best[nodes], shared[nodes] = candidate[top], overlap[top]
    return Columns(
        {
            "node": np.arange(a.n_nodes, dtype=np.int32),
            "name": np.array(a.name, dtype=object),
            "n_classes": size_a,
            "best": best,
            "best_name": np.array(b.name, dtype=object)[best],
            "n_shared": shared,
            "jaccard": shared / (size_a + size_b[best] - shared),
        }
    )


def _runs(part: NDArray[np.int64]) -> list[tuple[int, int]]:
    bounds = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(part)]
    return list(pairwise(bounds))


def _members(
    a: Hierarchy, b: Hierarchy, nodes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the classes of ``nodes`` as sorted positions in ``b``, with the group of each."""
    size = (a.stop[nodes] - a.start[nodes]).astype(np.int64)
    group = np.repeat(np.arange(len(nodes)), size)
    within = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)
    place = b.leaf_of_class[a.class_of_leaf[a.start[nodes][group] + within]]
    key = np.sort(group * b.n_classes + place)
    return np.divmod(key, b.n_classes)


def _candidates(
    b: Hierarchy, group: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List the leaves of each group and the lowest common ancestors of neighbouring ones."""
    pair = np.flatnonzero(group[1:] == group[:-1])
    left, right = b.class_of_leaf[place[pair]], b.class_of_leaf[place[pair + 1]]
    return (
        np.concatenate([group, group[pair]]),
        np.concatenate([b.node_of_leaf[place], b.lca(left, right)]),
    )
