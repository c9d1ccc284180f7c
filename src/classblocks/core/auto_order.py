"""The ``auto`` order: errors in few blocks and near the diagonal at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.components import components
from classblocks.core.dendrogram import merge_order, optimal_leaf_order, turn_by_mean
from classblocks.core.judge import Judge, Verdict
from classblocks.core.linkage import average_linkage
from classblocks.core.mst import hubert_order
from classblocks.core.ncut import ncut_order
from classblocks.core.nearness import Pairs, nearer_order
from classblocks.core.spectral import fiedler_vector
from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_PER_ROW = 100
_SHARE_MOVED = 0.6
_SIZE_OF_LENGTHS = 200
_Ints = NDArray[np.int64]
_Start = Callable[["csr_array", np.random.Generator], _Ints]


def _linkage_order(graph: "csr_array", rng: np.random.Generator) -> _Ints:
    order = []
    for rows in components(graph):
        inside = graph[rows][:, rows]
        merges = turn_by_mean(average_linkage(inside), fiedler_vector(inside, rng))
        order.append(rows[merge_order(merges, merges.roots())])
    return np.concatenate(order)


def _hubert_order(graph: "csr_array", rng: np.random.Generator) -> _Ints:
    return np.concatenate([r[hubert_order(graph[r][:, r])] for r in components(graph)])


def _leaf_order(graph: "csr_array", rng: np.random.Generator) -> _Ints:
    merges = optimal_leaf_order(graph)
    return merge_order(merges, merges.roots())


_ALL: tuple[_Start, ...] = (_linkage_order, ncut_order, _leaf_order, _hubert_order)


@dataclass(frozen=True)
class Effort:
    """How long to search.

    Attributes
    ----------
    starts : methods to start from
    lengths : positions over which the similarity of nearness fades by a factor e; for fewer
        than 200 rows as much less
    both_kinds : raise nearness of the similarity, too, not of the errors only
    reach, rounds : of ``nearer_order``
    exchanges : trials of single classes and stretches
    """

    starts: tuple[_Start, ...]
    lengths: tuple[float, ...]
    both_kinds: bool
    reach: int
    rounds: int
    exchanges: int


def effort_for(n_rows: int) -> Effort:
    """Return what takes about a second up to 1000 rows and a few seconds at 20,000."""
    if n_rows <= 400:
        return Effort(_ALL, (8.0, 20.0, 50.0), True, 40, 30, 300 if n_rows <= 250 else 150)
    if n_rows <= 1500:
        return Effort((ncut_order,), (20.0, 50.0, 150.0), True, 40, 20, 300)
    if n_rows <= 6000:
        return Effort((_linkage_order,), (20.0, 100.0), False, 40, 20, 100)
    return Effort((_linkage_order,), (20.0,), False, 20, 10, 0)


def auto_order(
    graph: "csr_array", errors: "csr_array", n_isolated: int, seed: int
) -> tuple[_Ints, _Ints]:
    """Search for the order with most errors in 20 blocks and within 10 positions.

    Fewer classes than 80 and 120 have fewer blocks and a narrower band.

    Parameters
    ----------
    graph : (m, m) similarity, symmetric, ≥ 0, zero diagonal, no empty row
    errors : (m, m) symmetric, what is counted; the same cells
    n_isolated : classes that will follow the order
    seed : of the eigensolver and of the exchanges

    Returns
    -------
    order : (m,) rows, connected components one after the other by falling mass
    cuts : (n_blocks + 1,) of its best blocks

    Notes
    -----
    Average linkage and, up to 1500 rows, other methods give orders to start from. From each, single
    rows and short stretches move while nearness grows (``nearer_order``), once for every length of
    the decay and for errors as for their logarithm. The best of these orders by its verdict is then
    changed step by step: a few classes go to the block that holds more of their errors, or a
    stretch is turned, and what does not lower the verdict stays. A dense similarity is searched by
    the strongest pairs of every row.
    """
    rng = np.random.default_rng(seed)
    effort = effort_for(graph.shape[0])
    similar, counted = (Pairs.of(of).strongest(_PER_ROW) for of in (graph, errors))
    judge = Judge(similar, counted, n_isolated)
    starts = [start(graph, rng) for start in effort.starts]
    kinds = [counted, similar] if effort.both_kinds else [counted]
    part = np.empty(graph.shape[0], np.int64)
    for number, rows in enumerate(components(graph)):
        part[rows] = number
    starts = [together(start, part) for start in starts]
    lengths = [length * min(1.0, graph.shape[0] / _SIZE_OF_LENGTHS) for length in effort.lengths]
    found = starts + [
        together(nearer_order(pairs, start, np.exp(-1 / length), effort.reach, effort.rounds), part)
        for start in starts
        for pairs in kinds
        for length in lengths
    ]
    verdicts = [judge(order) for order in found]
    best = max(range(len(found)), key=lambda k: verdicts[k].value)
    least = min(verdicts[best].objective, max(judge(start).objective for start in starts))
    order, verdict = exchanged(
        errors, found[best], verdicts[best], judge, least, part, effort.exchanges, rng
    )
    return order, verdict.cuts


def together(order: _Ints, part: _Ints) -> _Ints:
    """Return the order with the rows of each part side by side, parts by number."""
    return order[np.argsort(part[order], kind="stable")]


def exchanged(
    errors: "csr_array",
    order: _Ints,
    verdict: Verdict,
    judge: Judge,
    least: float,
    part: _Ints,
    trials: int,
    rng: np.random.Generator,
) -> tuple[_Ints, Verdict]:
    """Move rows between blocks and turn stretches.

    A change stays if it raises the verdict's value and leaves the objective of the partition at
    ``least``: blocks that are large, but not dense, would win mass at the price of the groups.
    """
    attraction = _Attraction(errors, order, verdict)
    for _ in range(trials):
        checkpoint()
        if rng.random() < _SHARE_MOVED and len(attraction.gain):
            trial = attraction.moved(order, rng)
        else:
            trial = turned(order, rng)
        trial = together(trial, part)
        found = judge(trial)
        if found.value > verdict.value and found.objective >= least:
            order, verdict = trial, found
            attraction = _Attraction(errors, order, verdict)
    return order, verdict


class _Attraction:
    """Which rows have more errors with another block than with their own."""

    def __init__(self, errors: "csr_array", order: _Ints, verdict: Verdict) -> None:
        m = len(order)
        n_blocks = len(verdict.cuts) - 1
        self.cuts = verdict.cuts
        block = np.empty(m, np.int64)
        block[order] = np.repeat(np.arange(n_blocks), np.diff(np.minimum(verdict.cuts, m)))
        edges = errors.tocoo()
        row, column = edges.coords
        held = np.bincount(
            row.astype(np.int64) * n_blocks + block[column], edges.data, m * n_blocks
        ).reshape(m, n_blocks)
        more = held - held[np.arange(m), block][:, None]
        self.row, self.block = np.nonzero(more > 0)
        self.gain = more[self.row, self.block]
        self.sum = np.cumsum(self.gain)

    def moved(self, order: _Ints, rng: np.random.Generator) -> _Ints:
        """Move up to three rows, the more attracted the likelier, into the other block."""
        n = int(rng.integers(1, 4))
        picks = np.searchsorted(self.sum, rng.random(n) * self.sum[-1])
        place = np.empty(len(order))
        place[order] = np.arange(len(order))
        for pick in np.minimum(picks, len(self.gain) - 1).tolist():
            first, stop = self.cuts[self.block[pick]], self.cuts[self.block[pick] + 1]
            to = (first - 0.5, stop - 0.5, rng.uniform(first, stop))[int(rng.integers(3))]
            place[self.row[pick]] = to
        return np.argsort(place, kind="stable")


def turned(order: _Ints, rng: np.random.Generator) -> _Ints:
    """Reverse or rotate one stretch; all scales are alike."""
    m = len(order)
    length = min(m, int(np.exp(rng.uniform(np.log(3), np.log(m / 2 + 3)))))
    first = int(rng.integers(0, m - length + 1))
    by = int(rng.integers(0, length))
    stretch = order[first : first + length]
    changed = order.copy()
    changed[first : first + length] = np.roll(stretch, by) if by % 2 else stretch[::-1]
    return changed
