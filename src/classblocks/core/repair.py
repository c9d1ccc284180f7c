"""Moves of groups to a better place in the hierarchy, by the errors they would bring together."""

from heapq import heappush, heapreplace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import matching_cells

Ints = NDArray[np.int64]


def repair_moves(
    counts: ArrayLike | Cells, hierarchy: Hierarchy, limit: int = 20, *, every_place: bool = False
) -> Columns:
    """List the groups whose move beside a confused one would improve the hierarchy most.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, or Cells; the diagonal is left out
    hierarchy : over the same classes
    limit : rows at most
    every_place : list every good place of a node, not only its best

    Returns
    -------
    Columns, best move first, ties by node: ``node`` int32, what moves; ``beside`` int32, the node
    of another branch that it joins under a new parent in that node's place; ``change`` float64 < 0
    of the normalised Dasgupta cost; ``mass`` int64, errors between the two. Two siblings that join
    have one row for both. No rows without errors

    Raises
    ------
    ValueError
        Not counts, another number of classes, a limit that is no whole number of at least 1.

    Notes
    -----
    METHODS §20.4, §2.5. Two nodes are paired if there are errors between them and the moving node's
    own errors meet in smaller groups afterwards: without that, a move out of a large group pays
    wherever it goes. Of these pairs all that can be among the ``limit`` best are tried: each node
    has a bound on what its move could save, nodes are taken by falling bound, and the search ends
    where the bound falls below the results. A node costs O(n_nodes), its bound O(depth); all sums
    are exact integers.
    """
    limit = validate.whole(limit, "limit", 1)
    tree = _Weighted(matching_cells(counts, hierarchy), hierarchy)
    bound = _saving_bounds(tree)
    parent = hierarchy.parent
    moves: dict[tuple[int, int], tuple[int, int]] = {}
    best: list[int] = []
    for node in np.argsort(-bound, kind="stable").tolist():
        if bound[node] <= 0 or (len(best) == limit and bound[node] < best[0]):
            break
        for beside, saving, mass in _best_places(tree, node, limit if every_place else 1):
            pair = (node, beside)
            if parent[node] == parent[beside]:
                pair = (min(pair), max(pair))
            if pair in moves:
                continue
            moves[pair] = (saving, mass)
            if len(best) < limit:
                heappush(best, saving)
            elif saving > best[0]:
                heapreplace(best, saving)
    ranked = sorted(moves.items(), key=lambda move: (-move[1][0], move[0]))[:limit]
    scale = max(1, int(tree.own.sum()) * hierarchy.n_classes)
    return Columns(
        {
            "node": np.array([pair[0] for pair, _ in ranked], np.int32),
            "beside": np.array([pair[1] for pair, _ in ranked], np.int32),
            "change": np.array([-saving / scale for _, (saving, _) in ranked], np.float64),
            "mass": np.array([mass for _, (_, mass) in ranked], np.int64),
        }
    )


class _Weighted:
    """A hierarchy and the errors between its leaves, both directions together.

    ``own[v]``: errors whose lowest common ancestor is v. ``row_start``, ``partner``, ``weight``:
    errors of each leaf with others. ``closing``: nodes by the end of their subtree, ``n_closed[v]``
    of which end before v.
    """

    def __init__(self, cells: Cells, hierarchy: Hierarchy) -> None:
        wrong = cells.true != cells.pred
        count = cells.count[wrong]
        first = hierarchy.leaf_of_class[cells.true[wrong]]
        second = hierarchy.leaf_of_class[cells.pred[wrong]]
        joint = hierarchy.lca(cells.true[wrong], cells.pred[wrong])
        self.hierarchy = hierarchy
        self.size: Ints = (hierarchy.stop - hierarchy.start).astype(np.int64)
        self.own: Ints = np.zeros(hierarchy.n_nodes, np.int64)
        np.add.at(self.own, joint, count)
        leaf = np.concatenate([first, second])
        order = np.argsort(leaf, kind="stable")
        self.leaf = leaf[order]
        self.partner = np.concatenate([second, first])[order]
        self.weight: Ints = np.concatenate([count, count])[order]
        self.joint = np.concatenate([joint, joint])[order]
        self.row_start = np.searchsorted(self.leaf, np.arange(hierarchy.n_classes + 1))
        self.closing = np.argsort(hierarchy.node_stop, kind="stable")
        self.n_closed = np.searchsorted(
            hierarchy.node_stop[self.closing], np.arange(hierarchy.n_nodes), "right"
        )

    def errors_with(self, node: int) -> Ints:
        """(n_nodes,), errors between the classes of ``node`` and those of every node."""
        tree = self.hierarchy
        rows = slice(self.row_start[tree.start[node]], self.row_start[tree.stop[node]])
        by_leaf = np.bincount(self.partner[rows], self.weight[rows], tree.n_classes)
        total = np.concatenate([np.zeros(1), np.cumsum(by_leaf)]).astype(np.int64)
        return np.asarray(total[tree.stop] - total[tree.start])

    def path_sums(self, values: Ints) -> Ints:
        """(n_nodes,), sum of ``values`` over each node and its ancestors."""
        # All nodes that begin up to v, without those whose subtree ends before it.
        ended = np.concatenate([np.zeros(1, np.int64), np.cumsum(values[self.closing])])
        return np.asarray(np.cumsum(values) - ended[self.n_closed])


def _best_places(tree: _Weighted, node: int, limit: int) -> list[tuple[int, int, int]]:
    """List where to move a node: beside which, what it saves (> 0), errors between the two.

    Let the lowest common ancestor of the node u and its new place be x. Groups between u and x
    lose u: their other errors cost |u| less, u's errors with them now meet in x. Groups between x
    and v gain u: their errors cost |u| more, u's errors with them meet there and no longer in x.
    """
    hierarchy, size = tree.hierarchy, tree.size
    above = hierarchy.ancestors(node)
    errors = tree.errors_with(node)
    on_path = np.zeros(hierarchy.n_nodes, bool)
    on_path[above] = True
    parent = hierarchy.parent
    top = on_path[parent]
    nearer = errors * (size[parent] - size)
    with_each = errors[above] - errors[np.concatenate([[node], above[:-1]])]
    savings = []
    # The node's errors alone, then all.
    for moved, grown in ((0, 0), (size[node], tree.own[parent])):
        step = nearer - size[node] * np.where(top, errors, grown)
        step[on_path] = 0
        begin = np.zeros(len(above), np.int64)
        left = _leaving(moved, size[above], tree.own[above], with_each, begin)
        reached = np.zeros(hierarchy.n_nodes, np.int64)
        for x, saved in zip(above[::-1].tolist(), left[::-1].tolist(), strict=True):
            reached[x : hierarchy.node_stop[x]] = saved
        savings.append(tree.path_sums(step) + reached)
    own_saving, saving = savings
    possible = (errors > 0) & (own_saving > 0) & (saving > 0) & ~on_path
    possible[node : hierarchy.node_stop[node]] = False
    places = np.flatnonzero(possible)
    places = places[np.argsort(-saving[places], kind="stable")[:limit]]
    return list(zip(places.tolist(), saving[places].tolist(), errors[places].tolist(), strict=True))


def _leaving(moved: Ints | int, size: Ints, own: Ints, with_each: Ints, first: Ints) -> Ints:
    """Sum what leaving its groups saves, up to but without each ancestor.

    Parameters
    ----------
    moved : classes of the moving node; of each entry, or one for all
    size, own : of the ancestors, parent first
    with_each : errors of the moving node that meet in the ancestor
    first : where the ancestors of an entry's node begin
    """
    saved = _before(moved * (own - with_each) + with_each * size, first)
    return saved - size * _before(with_each, first)


def _before(values: Ints, first: Ints) -> Ints:
    """Sum of the values between ``first`` and each entry, itself not included."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    return np.asarray(total[:-1] - total[first])


def _saving_bounds(tree: _Weighted) -> Ints:
    """(n_nodes,), no move of the node saves more; 0 for the root and for only children.

    A move to a place below the ancestor x saves what leaving saves, and at most
    ``|x| − |node| − 1`` for each error that now meets in x.
    """
    hierarchy = tree.hierarchy
    parent, depth = hierarchy.parent, hierarchy.depth.astype(np.int64)
    begin = np.cumsum(depth) - depth
    n_entries = int(depth.sum())
    above = np.empty(n_entries, np.int64)
    with_each = np.zeros(n_entries, np.int64)
    nodes, ancestor = np.arange(1, hierarchy.n_nodes), parent[1:]
    climbing, joint, weight = hierarchy.node_of_leaf[tree.leaf], tree.joint, tree.weight
    for height in range(int(depth.max(initial=0))):
        above[begin[nodes] + height] = ancestor
        on = ancestor > 0
        nodes, ancestor = nodes[on], parent[ancestor[on]]
        np.add.at(with_each, begin[climbing] + depth[climbing] - 1 - depth[joint], weight)
        climbing = parent[climbing]
        on = climbing > joint
        climbing, joint, weight = climbing[on], joint[on], weight[on]
    moved, size = np.repeat(tree.size, depth), tree.size[above]
    saved = _leaving(moved, size, tree.own[above], with_each, np.repeat(begin, depth))
    saved += with_each * (size - moved - 1)
    bound = np.zeros(hierarchy.n_nodes, np.int64)
    bound[1:] = np.maximum.reduceat(saved, begin[1:])
    bound[1:][tree.size[1:] == tree.size[parent[1:]]] = 0
    return bound
