"""Unconnected parts of a similarity graph."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIGITS = 9


def components(graph: "csr_array") -> list[NDArray[np.int64]]:
    """Return the rows of each connected component, by falling similarity mass, ties by first row.

    Parameters
    ----------
    graph : (m, m) symmetric
    """
    from scipy.sparse.csgraph import connected_components

    n_parts, part_of = connected_components(graph, directed=False)
    members = split_by(part_of, n_parts)
    mass = np.bincount(part_of, weights=graph.sum(axis=1), minlength=n_parts)
    return [members[i] for i in np.argsort(-np.round(mass, _DIGITS), kind="stable")]


def split_by(part_of: NDArray[np.integer], n_parts: int) -> list[NDArray[np.int64]]:
    """Return the rows of each part, ascending."""
    size = np.bincount(part_of, minlength=n_parts)
    return np.split(np.argsort(part_of, kind="stable"), np.cumsum(size)[:-1])


def is_connected(graph: "csr_array | NDArray[np.float64]") -> bool:
    """Tell whether every row can be reached from every other."""
    if not isinstance(graph, np.ndarray):
        from scipy.sparse.csgraph import connected_components

        return int(connected_components(graph, directed=False)[0]) == 1
    reached = new = np.arange(len(graph)) == 0
    while new.any():
        new = (graph[new] > 0).any(axis=0) & ~reached
        reached = reached | new
    return bool(reached.all())
