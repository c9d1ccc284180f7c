"""Nearness of an order, Σ of similarity × ``decay ** distance``, and the moves that raise it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from classblocks.core.stopping import checkpoint

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """The similar pairs of rows, each once.

    Attributes
    ----------
    n_rows : number of rows
    a, b : (n_pairs,) rows, ``a < b``
    weight : (n_pairs,) similarity
    """

    n_rows: int
    a: _Ints
    b: _Ints
    weight: _Floats

    @classmethod
    def of(cls, graph: "csr_array") -> Self:
        """Take the upper triangle of a symmetric matrix."""
        edges = graph.tocoo()
        a, b = edges.coords
        upper = a < b
        return cls(graph.shape[0], a[upper], b[upper], edges.data[upper].astype(np.float64))

    def strongest(self, per_row: int) -> "Pairs":
        """Keep the pairs that are among the ``per_row`` most similar ones of either row.

        All are kept where there are no more than that on average; ties by the order of the pairs.
        """
        n_pairs = len(self.weight)
        if n_pairs <= per_row * self.n_rows:
            return self
        row = np.concatenate([self.a, self.b])
        by_row = np.lexsort((-np.tile(self.weight, 2), row))
        row = row[by_row]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        kept = np.zeros(n_pairs, bool)
        kept[by_row[rank < per_row] % n_pairs] = True
        return Pairs(self.n_rows, self.a[kept], self.b[kept], self.weight[kept])


@dataclass(frozen=True)
class Moves:
    """Changes of an order, best first.

    Attributes
    ----------
    first, last : (n_moves,) positions of the stretch that changes, both included
    kind : (n_moves,) 0: the row at ``first`` goes to ``last``; 1: ``last`` to ``first``;
        2: the stretch is reversed
    """

    first: _Ints
    last: _Ints
    kind: _Ints

    def __getitem__(self, which: slice | _Ints) -> "Moves":
        return Moves(self.first[which], self.last[which], self.kind[which])

    def __len__(self) -> int:
        return len(self.first)

    def apply(self, order: _Ints) -> _Ints:
        """Return the order after all moves, whose stretches are disjoint."""
        place = np.arange(len(order), dtype=np.float64)
        right, left = self.kind == 0, self.kind == 1
        place[self.first[right]] = self.last[right] + 0.5
        place[self.last[left]] = self.first[left] - 0.5
        for low, high in zip(
            self.first[self.kind == 2].tolist(), self.last[self.kind == 2].tolist(), strict=True
        ):
            place[low : high + 1] = np.arange(high, low - 1, -1)
        return order[np.argsort(place, kind="stable")]


class Neighbourhood:
    """What the rows of an order see on both sides, up to ``reach`` positions in detail.

    With an exponential decay a row's whole left (right) side is one number, ``left`` (``right``),
    and moving it by a position multiplies that by ``decay`` or ``1 / decay``. So the change by any
    insertion or reversal of up to ``reach`` positions follows from running sums over a band of
    (n_rows, reach), exactly, whatever the number of pairs.
    """

    def __init__(self, pairs: Pairs, order: _Ints, decay: float, reach: int) -> None:
        m = pairs.n_rows
        position = np.empty(m, np.int64)
        position[order] = np.arange(m)
        one, two = position[pairs.a], position[pairs.b]
        low, high = np.minimum(one, two), np.maximum(one, two)
        distance = high - low
        seen = pairs.weight * decay ** np.arange(m, dtype=np.float64)[distance]
        self.value = float(seen.sum())
        self.left = np.bincount(high, weights=seen, minlength=m)
        self.right = np.bincount(low, weights=seen, minlength=m)
        near = distance <= reach
        low, high, step, weight = low[near], high[near], distance[near] - 1, pairs.weight[near]
        self.ahead = np.zeros((m, reach))
        self.ahead[low, step] = weight
        self.behind = np.zeros((m, reach))
        self.behind[high, step] = weight
        self.decay = decay

    def mirrored(self) -> "Neighbourhood":
        """Return the same for the reversed order."""
        other = object.__new__(Neighbourhood)
        other.value, other.decay = self.value, self.decay
        other.left, other.right = self.right[::-1], self.left[::-1]
        other.ahead, other.behind = self.behind[::-1], self.ahead[::-1]
        return other

    def insertion_gains(self) -> _Floats:
        """Return (m, reach): the gain of moving each row 1 … reach positions to the right."""
        r = self.decay
        m, reach = self.ahead.shape
        fade = r ** np.arange(1, reach + 1)
        seen = np.cumsum(self.ahead * fade, axis=1)
        own = fade * (self.left[:, None] + r * np.cumsum(self.ahead / fade, axis=1))
        own += (self.right[:, None] - seen) / fade - (self.left + self.right)[:, None]
        behind = np.cumsum(self.behind * fade, axis=1)
        passed = np.arange(m)[:, None] + np.arange(1, reach + 1)
        outside = passed >= m
        passed = np.minimum(passed, m - 1)
        among = np.zeros((m, reach))
        among[:, 1:] = behind[passed[:, 1:], np.arange(reach - 1)]
        among = np.cumsum(among, axis=1)
        left = np.cumsum(self.left[passed], axis=1) - among - seen
        right = np.cumsum(self.right[passed], axis=1) - among
        gain = own + (1 / r - 1) * left + (r - 1) * right
        gain[outside] = -np.inf
        return np.asarray(gain)

    def reversal_gains(self) -> _Floats:
        """Return (m, reach): the gain of reversing each row and the next 1 … reach ones."""
        m, reach = self.ahead.shape
        last = np.arange(m)[:, None] + np.arange(1, reach + 1)
        outside = last >= m
        right = self.mirrored()._one_sided_reversal()
        gain = self._one_sided_reversal()
        gain += right[m - 1 - np.minimum(last, m - 1), np.arange(reach)]
        gain[outside] = -np.inf
        return gain

    def _one_sided_reversal(self) -> _Floats:
        """Return (m, reach): the gain against all rows left of the reversed stretch."""
        r = self.decay
        m, reach = self.ahead.shape
        step = np.arange(1, reach + 1)
        row = np.minimum(np.arange(m)[:, None] + step, m - 1)
        inside = np.cumsum(self.behind * r**step, axis=1)
        outer = np.hstack([self.left[:, None], self.left[row] - inside[row, step - 1]])
        turned = np.cumsum(outer * r ** (-2.0 * np.arange(reach + 1)), axis=1)[:, 1:]
        return np.asarray(r**step * turned - np.cumsum(outer, axis=1)[:, 1:])


def nearer_order(
    pairs: Pairs, order: _Ints, decay: float, reach: int, rounds: int, least: float = 1e-4
) -> _Ints:
    """Move single rows and reverse stretches while nearness grows.

    Parameters
    ----------
    pairs : of the (m, m) similarity
    order : (m,) rows to start from
    decay : between 0 and 1, of the similarity per position
    reach : farthest move, in positions
    rounds : most rounds; each makes all moves over disjoint stretches, best first
    least : share of nearness a round must win to be followed by another

    Returns
    -------
    (m,) rows, never with less nearness
    """
    reach = min(reach, len(order) - 1)
    if reach < 1 or not len(pairs.weight):
        return order
    seen = Neighbourhood(pairs, order, decay, reach)
    for _ in range(rounds):
        moves = best_moves(seen)
        before = seen.value
        while len(moves):
            checkpoint()
            moved = moves.apply(order)
            after = Neighbourhood(pairs, moved, decay, reach)
            if after.value > seen.value:
                order, seen = moved, after
                break
            moves = moves[: len(moves) // 2]
        if seen.value <= before * (1 + least):
            break
    return order


def best_moves(seen: Neighbourhood) -> Moves:
    """Return the best moves over disjoint stretches."""
    rightward = seen.insertion_gains()
    leftward = seen.mirrored().insertion_gains()[::-1]
    turned = seen.reversal_gains()
    m = len(rightward)
    row = np.arange(m)
    step = [gains.argmax(axis=1) for gains in (rightward, leftward, turned)]
    gain = np.concatenate(
        [g[row, s] for g, s in zip((rightward, leftward, turned), step, strict=True)]
    )
    first = np.concatenate([row, row - step[1] - 1, row])
    last = np.concatenate([row + step[0] + 1, row, row + step[2] + 1])
    helpful = np.flatnonzero(gain > 1e-12 * max(seen.value, 1e-300))
    helpful = helpful[np.argsort(-gain[helpful], kind="stable")]
    free = np.ones(m, bool)
    kept = []
    for k, low, high in zip(
        helpful.tolist(), first[helpful].tolist(), last[helpful].tolist(), strict=True
    ):
        if free[low : high + 1].all():
            free[low : high + 1] = False
            kept.append(k)
    chosen = np.array(kept, np.int64)
    return Moves(first[chosen], last[chosen], chosen // m)
