"""The tree of an order: cut it in two at the least normalised cut, and go on in both parts."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.build import Draft
from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLAT_SIZE = 3
_DIGITS = 9


def add_order_tree(
    draft: Draft,
    graph: "csr_array",
    order: NDArray[np.int64],
    parent: int,
    first_cuts: NDArray[np.integer] | None = None,
) -> None:
    """Add the tree of an order to a draft, rows as class ids.

    Parameters
    ----------
    graph : (m, m) symmetric, ≥ 0, zero diagonal
    order : (m,) rows
    parent : node of the draft that stands for the whole order
    first_cuts : positions between 0 and m; a part with some of them inside is cut at one of those

    Notes
    -----
    The rule of ``recursive_ncut`` without reordering: a part with 3 classes or fewer, or whose
    least normalised cut is above 1, stays flat. All parts of one depth are cut at once.
    """
    stop = least_cuts(graph, order, first_cuts)
    todo = [(0, len(order), parent)]
    row = order.tolist()
    while todo:
        first, last, node = todo.pop()
        at = stop.get((first, last))
        if at is None:
            for i in range(first, last):
                draft.add("", node, row[i])
            continue
        for a, b in ((first, at), (at, last)):
            if b - a == 1:
                draft.add("", node, row[a])
            else:
                todo.append((a, b, draft.add("", node)))


def least_cuts(
    graph: "csr_array", order: NDArray[np.int64], first_cuts: NDArray[np.integer] | None = None
) -> dict[tuple[int, int], int]:
    """Cut every part of an order that has structure; returns part → where it is cut."""
    m = len(order)
    position = np.empty(m, np.int64)
    position[order] = np.arange(m)
    edges = graph.tocoo()
    i, j = position[edges.coords[0]], position[edges.coords[1]]
    upper = i < j
    i, j, weight = i[upper], j[upper], edges.data[upper]
    wanted = np.zeros(m, bool)
    if first_cuts is not None:
        wanted[first_cuts - 1] = True
    start, stop = np.array([0]), np.array([m])
    cuts: dict[tuple[int, int], int] = {}
    while True:
        checkpoint()
        large = stop - start > FLAT_SIZE
        start, stop = start[large], stop[large]
        if not len(start):
            return cuts
        part_of = np.full(m, -1)
        part_of[_ranges(start, stop)] = np.repeat(np.arange(len(start)), stop - start)
        inside = (part_of[i] == part_of[j]) & (part_of[i] >= 0)
        i, j, weight = i[inside], j[inside], weight[inside]
        at, value = _least_ncut(i, j, weight, start, stop, wanted)
        good = value <= 1
        start, stop, at = start[good], stop[good], at[good]
        cuts.update(zip(zip(start.tolist(), stop.tolist(), strict=True), at.tolist(), strict=True))
        start, stop = np.concatenate([start, at]), np.concatenate([at, stop])


def _least_ncut(
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    weight: NDArray[np.float64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    wanted: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each part the first of its best cut positions and the normalised cut there.

    A part with wanted cuts inside is cut at one of them; ``wanted[p]`` is the cut after ``p``.
    """
    m = len(wanted)
    after: NDArray[np.float64] = np.bincount(i, weights=weight, minlength=m).astype(np.float64)
    before: NDArray[np.float64] = np.bincount(j, weights=weight, minlength=m).astype(np.float64)
    length = stop - start
    place = _ranges(start, stop)
    first = np.cumsum(length) - length
    part = np.repeat(np.arange(len(start)), length)

    def running(values: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.cumsum(values[place])
        return np.asarray(total - (total[first] - values[start])[part])

    left = running(after + before)
    inside = 2 * running(before)
    cut = left - inside
    whole = left[first + length - 1][part]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.round(cut / left + cut / (whole - left), _DIGITS)
    value = np.where(np.isnan(value), np.where(whole > 0, 0, np.inf), value)
    value[first + length - 1] = np.inf
    is_wanted = wanted[place]
    is_wanted[first + length - 1] = False
    value[~is_wanted & np.logical_or.reduceat(is_wanted, first)[part]] = np.inf
    least = np.minimum.reduceat(value, first)
    is_least = np.flatnonzero(value == least[part])
    best = is_least[np.searchsorted(part[is_least], np.arange(len(start)))]
    return place[best] + 1, least


def _ranges(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate ``start … stop − 1`` of every part."""
    length = stop - start
    shift = np.repeat(start - (np.cumsum(length) - length), length)
    return np.asarray(np.arange(length.sum()) + shift)
