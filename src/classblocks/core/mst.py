"""Hubert's order: a walk along the maximal spanning tree."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def hubert_order(graph: "csr_array") -> NDArray[np.int64]:
    """Walk the longest path of the maximal spanning tree and its side branches.

    Parameters
    ----------
    graph : (m, m) symmetric, connected, m ≥ 1

    Returns
    -------
    (m,) rows. Side branches are visited where they leave the path, heavier edges first; ties go to
    the lowest row

    Notes
    -----
    METHODS §4.3.1, after Hubert 1974: exact on a Robinson matrix whose spanning tree is a path.
    """
    neighbours = _spanning_tree(graph)
    start = _farthest(neighbours, 0)[-1]
    path = _farthest(neighbours, start)
    on_path = set(path)
    order: list[int] = []
    for row in path:
        todo = [(row, -1)]
        while todo:
            v, above = todo.pop()
            order.append(v)
            side = [u for u in neighbours[v] if u != above and u not in on_path]
            todo.extend((u, v) for u in reversed(side))
    return np.array(order, np.int64)


def _spanning_tree(graph: "csr_array") -> list[list[int]]:
    """Return each row's neighbours in the tree, heaviest edge first, ties by row."""
    from scipy.sparse import csr_array, triu
    from scipy.sparse.csgraph import minimum_spanning_tree

    edges = triu(graph, 1).tocoo()
    low, high = edges.coords
    rank = np.empty(len(edges.data))
    rank[np.lexsort((high, low, -edges.data))] = np.arange(1, len(edges.data) + 1)
    tree = minimum_spanning_tree(csr_array((rank, (low, high)), shape=graph.shape)).tocoo()
    neighbours: list[list[int]] = [[] for _ in range(graph.shape[0])]
    by_weight = np.argsort(tree.data)
    ends = zip(*(c[by_weight].tolist() for c in tree.coords), strict=True)
    for a, b in ends:
        neighbours[a].append(b)
        neighbours[b].append(a)
    return neighbours


def _farthest(neighbours: list[list[int]], start: int) -> list[int]:
    """Return the path with most edges from ``start``; of several ends the lowest row."""
    above = {start: -1}
    level = [start]
    while level:
        last = level
        level = []
        for v in last:
            for u in neighbours[v]:
                if u not in above:
                    above[u] = v
                    level.append(u)
    v = min(last)
    path = []
    while v >= 0:
        path.append(v)
        v = above[v]
    return path[::-1]
