"""The barycenter heuristic: every class moves to the mean position of its neighbours."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ROUNDS = 200
_DIGITS = 9


def barycenter_order(graph: "csr_array") -> NDArray[np.int64]:
    """Sort by the weighted mean position of the neighbours, again and again.

    Parameters
    ----------
    graph : (m, m) symmetric, m ≥ 1

    Returns
    -------
    (m,) rows: the order of the least linear seriation seen until a fixed point or 200 rounds

    Notes
    -----
    METHODS §4.3.2, after Mäkinen & Siirtola 2005. A weight of ``max W`` on the diagonal damps the
    iteration, which without it swings between two orders.
    """
    edges = graph.tocoo()
    row, column = edges.coords
    self_weight = edges.data.max(initial=1.0)
    total = graph.sum(axis=1) + self_weight
    position = np.arange(graph.shape[0], dtype=np.float64)
    best, least = position, np.inf
    for _ in range(ROUNDS):
        checkpoint()
        linear = float(edges.data @ np.abs(position[row] - position[column]))
        if linear < least * (1 - 1e-12):
            best, least = position, linear
        mean = (graph @ position + self_weight * position) / total
        by_mean = np.lexsort((position, np.round(mean, _DIGITS)))
        moved = np.empty_like(position)
        moved[by_mean] = np.arange(len(position))
        if np.array_equal(moved, position):
            break
        position = moved
    return np.argsort(best)
