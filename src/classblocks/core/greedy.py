"""Greedy merging of the most confused groups."""

import heapq
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.linkage import Merges
from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def greedy_merges(graph: "csr_array") -> Merges:
    """Merge the two groups with the largest share of confusions, one pair after the other.

    Parameters
    ----------
    graph : (m, m) symmetric, ≥ 0, zero diagonal

    Returns
    -------
    Merges, one tree per connected component; ``height`` is the share at the merge

    Notes
    -----
    METHODS §4.5 after Kang & Lin 2021 (arXiv 2112.01187). The share of two groups is what they
    share over the sum of what each of them shares with anything; ties go to the oldest groups.
    """
    m = graph.shape[0]
    near: list[dict[int, float]] = []
    for row in range(m):
        cells = slice(graph.indptr[row], graph.indptr[row + 1])
        near.append(
            dict(zip(graph.indices[cells].tolist(), graph.data[cells].tolist(), strict=True))
        )
    volume = graph.sum(axis=1).tolist()
    gone = [False] * m
    heap = [
        (-w / (volume[a] + volume[b]), a, b) for a in range(m) for b, w in near[a].items() if a < b
    ]
    heapq.heapify(heap)
    pair, height = [], []
    while heap:
        share, a, b = heapq.heappop(heap)
        if gone[a] or gone[b]:
            continue
        checkpoint()
        new = len(near)
        joined = _joined(near, a, b, new)
        gone[a] = gone[b] = True
        gone.append(False)
        near.append(joined)
        volume.append(volume[a] + volume[b])
        for other, w in joined.items():
            heapq.heappush(heap, (-w / (volume[new] + volume[other]), other, new))
        pair.append((a, b))
        height.append(-share)
    table: NDArray[np.int64] = np.array(pair, np.int64).reshape(-1, 2)
    return Merges(m, table, np.array(height, np.float64))


def _joined(near: list[dict[int, float]], a: int, b: int, new: int) -> dict[int, float]:
    """Add up the neighbours of both groups and tell them."""
    joined = near[a] if len(near[a]) >= len(near[b]) else near[b]
    fewer = near[b] if joined is near[a] else near[a]
    for other, w in fewer.items():
        joined[other] = joined.get(other, 0.0) + w
    joined.pop(a, None)
    joined.pop(b, None)
    for other, w in joined.items():
        near[other].pop(a, None)
        near[other].pop(b, None)
        near[other][new] = w
    return joined
