"""The known ways from a similarity graph to a tree, each a function of graph and seed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.along import add_order_tree
from classblocks.core.auto_order import auto_order
from classblocks.core.barycenter import barycenter_order
from classblocks.core.build import ROOT_NAME, Draft
from classblocks.core.components import components
from classblocks.core.dendrogram import add_merges, optimal_leaf_order, turn_by_mean
from classblocks.core.greedy import greedy_merges
from classblocks.core.linkage import Merges, average_linkage
from classblocks.core.mst import hubert_order
from classblocks.core.ncut import add_ncut_tree
from classblocks.core.polish import polish_order
from classblocks.core.spectral import fiedler_order, fiedler_vector
from classblocks.core.ward import ward_merges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Grow = Callable[["csr_array", int], Draft]
_Order = Callable[["csr_array", np.random.Generator], NDArray[np.int64]]
_Tree = Callable[["csr_array", np.random.Generator], Merges]


def _recursive_ncut(graph: "csr_array", seed: int) -> Draft:
    draft = _root()
    add_ncut_tree(draft, graph, np.arange(graph.shape[0]), seed)
    return draft


def _olo(graph: "csr_array", seed: int) -> Draft:
    draft = _root()
    if graph.shape[0]:
        merges = optimal_leaf_order(graph)
        add_merges(draft, merges, merges.roots(), 0)
    return draft


def auto_tree(graph: "csr_array", errors: "csr_array", n_isolated: int, seed: int) -> Draft:
    """Cut the ``auto`` order into a tree, at the borders of its best blocks first.

    Parameters
    ----------
    graph, errors, n_isolated, seed : as in ``auto_order``
    """
    draft = _root()
    if not graph.shape[0]:
        return draft
    order, cuts = auto_order(graph, errors, n_isolated, seed)
    parts = components(graph)
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    for rows in parts:
        rows = np.sort(rows)
        at = position[rows]
        inside = np.unique(np.searchsorted(np.sort(at), cuts))
        inside = inside[(inside > 0) & (inside < len(rows))]
        node = draft.add("", 0) if len(parts) > 1 else 0
        first = len(draft.name)
        part = graph[rows][:, rows] if len(parts) > 1 else graph
        add_order_tree(draft, part, np.argsort(at), node, inside)
        _rename(draft, first, rows)
    return draft


def ward_tree(features: NDArray[np.float64]) -> Draft:
    """Cluster the rows of ``features``; a single row is a leaf below the root."""
    draft = _root()
    if len(features) == 1:
        draft.add("", 0, 0)
    else:
        merges = ward_merges(features)
        add_merges(draft, merges, merges.roots(), 0)
    return draft


def _by_order(order_rows: _Order) -> Grow:
    """Order each component, then cut the order into a tree."""

    def grow(graph: "csr_array", seed: int) -> Draft:
        rng = np.random.default_rng(seed)
        draft = _root()
        parts = components(graph)
        for rows in parts:
            inside = graph[rows][:, rows] if len(parts) > 1 else graph
            node = draft.add("", 0) if len(parts) > 1 else 0
            first = len(draft.name)
            add_order_tree(draft, inside, order_rows(inside, rng), node)
            _rename(draft, first, rows)
        return draft

    return grow


def _by_merges(merge: _Tree) -> Grow:
    """Merge each component into a binary tree."""

    def grow(graph: "csr_array", seed: int) -> Draft:
        rng = np.random.default_rng(seed)
        draft = _root()
        for rows in components(graph):
            inside = graph[rows][:, rows]
            merges = merge(inside, rng)
            first = len(draft.name)
            add_merges(draft, merges, merges.roots(), 0)
            _rename(draft, first, rows)
        return draft

    return grow


def _turned(merge: Callable[["csr_array"], Merges]) -> _Tree:
    """Order the children of every merge by the mean Fiedler value of their rows."""

    def merged(graph: "csr_array", rng: np.random.Generator) -> Merges:
        return turn_by_mean(merge(graph), fiedler_vector(graph, rng))

    return merged


def _root() -> Draft:
    draft = Draft()
    draft.add(ROOT_NAME, -1)
    return draft


def _rename(draft: Draft, first: int, rows: NDArray[np.int64]) -> None:
    """Give the leaves added since ``first`` the rows of the whole graph."""
    number = rows.tolist()
    for v in range(first, len(draft.name)):
        if draft.class_id[v] >= 0:
            draft.class_id[v] = number[draft.class_id[v]]


GROW: dict[str, Grow] = {
    "recursive_ncut": _recursive_ncut,
    "olo": _olo,
    "linkage": _by_merges(_turned(average_linkage)),
    "spectral": _by_order(fiedler_order),
    "hubert_mst": _by_order(lambda graph, rng: hubert_order(graph)),
    "barycenter": _by_order(lambda graph, rng: barycenter_order(graph)),
    "polish": _by_order(lambda graph, rng: polish_order(graph, barycenter_order(graph))),
    "greedy_merge": _by_merges(_turned(greedy_merges)),
}
