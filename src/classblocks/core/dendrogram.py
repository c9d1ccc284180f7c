"""Binary merge trees: which child comes first, and the nested groups they stand for."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.build import Draft
from classblocks.core.linkage import Merges

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def turn_by_mean(merges: Merges, value: NDArray[np.float64]) -> Merges:
    """Put the child with the smaller mean value of its rows first; ties keep the smaller node.

    Parameters
    ----------
    value : (n_rows,)
    """
    total, size = value.tolist(), [1] * merges.n_rows
    pair = merges.pair.tolist()
    for children in pair:
        a, b = children
        if (total[b] / size[b], b) < (total[a] / size[a], a):
            children[:] = b, a
        total.append(total[a] + total[b])
        size.append(size[a] + size[b])
    return Merges(merges.n_rows, np.array(pair, np.int64).reshape(-1, 2), merges.height)


def merge_order(merges: Merges, roots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows below ``roots``, in order."""
    pair = merges.pair.tolist()
    n = merges.n_rows
    todo = roots[::-1].tolist()
    rows = []
    while todo:
        v = todo.pop()
        if v < n:
            rows.append(v)
        else:
            todo.extend(pair[v - n][::-1])
    return np.array(rows, np.int64)


def add_merges(draft: Draft, merges: Merges, roots: NDArray[np.int64], parent: int) -> None:
    """Add the trees below ``roots`` to a draft, rows as class ids.

    A merge at the height of the merge above it is one group with it: equally similar classes stay
    side by side instead of in an order nobody found.
    """
    n = merges.n_rows
    pair = merges.pair.tolist()
    height = np.round(merges.height / merges.height.max(initial=1e-300), 9).tolist()
    todo = [(v, parent, -1.0) for v in roots[::-1].tolist()]
    while todo:
        v, above, level = todo.pop()
        if v < n:
            draft.add("", above, v)
            continue
        at = height[v - n]
        node = above if at == level else draft.add("", above)
        todo.extend((child, node, at) for child in pair[v - n][::-1])


def optimal_leaf_order(graph: "csr_array") -> Merges:
    """Average linkage with the children turned to put the most similar rows side by side.

    Parameters
    ----------
    graph : (m, m) symmetric, ≥ 0, zero diagonal, m ≥ 2, not all zero

    Notes
    -----
    METHODS §4.3.4; Bar-Joseph et al. 2001 as SciPy has it, on the distance ``1 − W / max W``: time
    grows with m³, memory with m².
    """
    from scipy.cluster.hierarchy import linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    dense = graph.toarray()
    distance = 1 - dense / dense.max()
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    table = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    return Merges(len(dense), table[:, :2].astype(np.int64), 1 - table[:, 2])
