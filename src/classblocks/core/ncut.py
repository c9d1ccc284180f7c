"""Recursive spectral bisection of a similarity graph at the least normalised cut."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.build import Draft
from classblocks.core.components import is_connected, split_by
from classblocks.core.spectral import DENSE_SIZE, Graph, fiedler_order
from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLAT_SIZE = 3
_DIGITS = 9


def add_ncut_tree(
    draft: Draft, similarity: "csr_array", class_id: NDArray[np.int64], seed: int
) -> None:
    """Grow the tree of a similarity graph below the draft's root.

    Parameters
    ----------
    draft : holds only its root
    similarity : (m, m) symmetric, ≥ 0, zero diagonal, no empty row
    class_id : (m,), the classes of the rows
    seed : start vector of the iterative eigensolver

    Notes
    -----
    METHODS §4.3.5. A group falls apart into its connected components, or in two at the position of
    its Fiedler order with the least normalised cut; it stays flat with 3 classes or fewer, or when
    that cut is above 1. Each part is turned so that its order agrees with its parent's.
    """
    _grow(draft, similarity, class_id, np.random.default_rng(seed))


def _grow(
    draft: Draft, similarity: "csr_array", class_id: NDArray[np.int64], rng: np.random.Generator
) -> None:
    todo: list[tuple[Graph, NDArray[np.int64], int]] = [(similarity, class_id, 0)]
    while todo:
        checkpoint()
        graph, classes, node = todo.pop()
        if not isinstance(graph, np.ndarray) and len(classes) <= DENSE_SIZE:
            graph = graph.toarray()
        for part in _split(graph, rng, top=node == 0):
            if len(part) == 1:
                draft.add("", node, int(classes[part[0]]))
            else:
                todo.append((graph[part][:, part], classes[part], draft.add("", node)))


def ncut_order(graph: "csr_array", rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the rows in the order of ``add_ncut_tree``."""
    draft = Draft()
    draft.add("", -1)
    m = graph.shape[0]
    _grow(draft, graph, np.arange(m), rng)
    children: list[list[int]] = [[] for _ in draft.name]
    for v, above in enumerate(draft.parent[1:], 1):
        children[above].append(v)
    rows, todo = [], [0]
    while todo:
        v = todo.pop()
        if draft.class_id[v] >= 0:
            rows.append(draft.class_id[v])
        todo.extend(reversed(children[v]))
    return np.array(rows, np.int64)


def _split(graph: Graph, rng: np.random.Generator, top: bool) -> list[NDArray[np.int64]]:
    """Cut a group into parts, in order; single members where it stays flat."""
    if not is_connected(graph):
        return _ordered_components(graph, top)
    order = fiedler_order(graph, rng)
    if graph.shape[0] > FLAT_SIZE:
        at, value = least_ncut(graph, order)
        if value <= 1:
            return [order[:at], order[at:]]
    return [order[i : i + 1] for i in range(len(order))]


def _ordered_components(graph: Graph, top: bool) -> list[NDArray[np.int64]]:
    """Order components by mass at the top, below it by their place in the parent's order."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n_parts, part_of = connected_components(csr_array(graph), directed=False)
    members = split_by(part_of, n_parts)
    if top:
        mass = np.bincount(part_of, weights=graph.sum(axis=1), minlength=n_parts)
        key = -np.round(mass, _DIGITS)
    else:
        key = np.array([rows.mean() for rows in members])
    return [members[i] for i in np.argsort(key, kind="stable")]


def least_ncut(graph: Graph, order: NDArray[np.int64]) -> tuple[int, float]:
    """Find the best place to cut an order in two.

    Parameters
    ----------
    graph : (m, m) symmetric
    order : (m,) rows, m ≥ 2

    Returns
    -------
    at, value : the first part is ``order[:at]``, at the first of equally good places; ``value`` is
        ``cut / vol(first) + cut / vol(second)``
    """
    m = len(order)
    if isinstance(graph, np.ndarray):
        inside = np.cumsum(2 * np.triu(graph[np.ix_(order, order)]).sum(axis=0))[:-1]
    else:
        position = np.empty(m, np.int64)
        position[order] = np.arange(m)
        edges = graph.tocoo()
        later = np.maximum(position[edges.row], position[edges.col])
        inside = np.cumsum(np.bincount(later, weights=edges.data, minlength=m))[:-1]
    volume = np.cumsum(graph.sum(axis=1)[order])
    cut = volume[:-1] - inside
    value = np.round(cut / volume[:-1] + cut / (volume[-1] - volume[:-1]), _DIGITS)
    at = int(value.argmin())
    return at + 1, float(value[at])
