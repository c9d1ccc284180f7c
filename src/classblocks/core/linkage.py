"""Average linkage of a sparse similarity graph by merging reciprocal nearest neighbours."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Merges:
    """A binary forest; children come before their parents.

    Attributes
    ----------
    n_rows : rows of the graph: nodes ``0 … n_rows − 1`` are its leaves
    pair : (n_merges, 2) int64, the two nodes that became node ``n_rows + k``
    height : (n_merges,) float64, their mean similarity
    """

    n_rows: int
    pair: NDArray[np.int64]
    height: NDArray[np.float64]

    def roots(self) -> NDArray[np.int64]:
        """Return the nodes without a parent, by their first row."""
        inner = np.zeros(self.n_rows + len(self.pair), bool)
        inner[self.pair] = True
        return np.flatnonzero(~inner)


def average_linkage(graph: "csr_array") -> Merges:
    """Merge clusters by their mean similarity until no two of them are similar at all.

    Parameters
    ----------
    graph : (m, m) symmetric, ≥ 0, zero diagonal

    Returns
    -------
    Merges, one tree per connected component

    Notes
    -----
    Every round merges all pairs of clusters that are each other's most similar one. Average linkage
    is reducible, so this is the tree of merging the single most similar pair again and again
    (Murtagh 1983). Ties go to the neighbour whose number differs in the lowest bit: both sides of
    a pair rank it alike, so that a graph of equal cells halves in every round.
    """
    from scipy.sparse import triu

    m = graph.shape[0]
    upper = triu(graph, 1).tocoo()
    low, high = (c.astype(np.int64) for c in upper.coords)
    weight = upper.data.astype(np.float64)
    size = np.ones(m)
    node = np.arange(m)
    pairs: list[NDArray[np.int64]] = []
    heights: list[NDArray[np.float64]] = []
    n_nodes = m
    while len(weight):
        checkpoint()
        mean = weight / (size[low] * size[high])
        chosen = _reciprocal(low, high, mean, m)
        a, b = low[chosen], high[chosen]
        pairs.append(np.column_stack([node[a], node[b]]))
        heights.append(mean[chosen])
        node[a] = n_nodes + np.arange(len(a))
        n_nodes += len(a)
        size[a] += size[b]
        low, high, weight = _contract(low, high, weight, a, b, m)
    pair = np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64)
    return Merges(m, pair, np.concatenate(heights) if heights else np.empty(0))


def _reciprocal(
    low: NDArray[np.int64], high: NDArray[np.int64], mean: NDArray[np.float64], m: int
) -> NDArray[np.int64]:
    """Find the edges that are the best of both their ends."""
    best = np.zeros(m)
    np.maximum.at(best, low, mean)
    np.maximum.at(best, high, mean)
    edge = np.flatnonzero((mean == best[low]) & (mean == best[high]))
    a, b = low[edge], high[edge]
    tie = a ^ b
    least = np.full(m, np.iinfo(np.int64).max)
    np.minimum.at(least, a, tie)
    np.minimum.at(least, b, tie)
    found: NDArray[np.int64] = edge[(tie == least[a]) & (tie == least[b])]
    return found


def _contract(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    weight: NDArray[np.float64],
    kept: NDArray[np.int64],
    gone: NDArray[np.int64],
    m: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Move the edges of ``gone`` to ``kept`` and add up those that now join the same pair."""
    target = np.arange(m)
    target[gone] = kept
    a, b = target[low], target[high]
    moved = np.zeros(m, bool)
    moved[kept] = True
    touched = moved[a] | moved[b]
    key = np.minimum(a, b)[touched] * m + np.maximum(a, b)[touched]
    value = weight[touched]
    outside = key // m != key % m
    key, value = key[outside], value[outside]
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    added = np.add.reduceat(value, first) if len(first) else value
    key = key[first]
    still = ~touched
    return (
        np.concatenate([low[still], key // m]),
        np.concatenate([high[still], key % m]),
        np.concatenate([weight[still], added]),
    )
