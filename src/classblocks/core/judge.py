"""What the ``auto`` order is judged by: errors in few blocks and errors near the diagonal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classblocks.core.criteria import usual_band, usual_blocks
from classblocks.core.nearness import Pairs

BAND_WEIGHT = 0.75
EXACT_SIZE = 400
_UNITS = 200


@dataclass(frozen=True, eq=False)
class Verdict:
    """What an order is worth; both are shares of the errors.

    Attributes
    ----------
    cuts : (n_blocks + 1,) positions, the best ``size_weighted`` partition of the similarity
    objective : what that partition makes as large as it can
    block_mass : inside these blocks
    band_mass : at most 10 positions from the diagonal, fewer for less than 120 classes
    """

    cuts: NDArray[np.int64]
    objective: float
    block_mass: float
    band_mass: float

    @property
    def value(self) -> float:
        """What the search raises."""
        return self.block_mass + BAND_WEIGHT * self.band_mass


class Judge:
    """Judges orders of the rows of a similarity graph, followed by rows without similarity.

    Parameters
    ----------
    similarity, errors : of the same rows: what is partitioned, and what is counted, not all zero
    n_isolated : rows after the last

    Notes
    -----
    The partition of METHODS §5 (``core.partition``), above ``EXACT_SIZE`` rows with cuts at about
    ``_UNITS`` places only, so that a verdict takes a few milliseconds for any number of rows.
    """

    def __init__(self, similarity: Pairs, errors: Pairs, n_isolated: int) -> None:
        self.similarity, self.errors = similarity, errors
        self.n_positions = similarity.n_rows + n_isolated
        self.n_blocks = usual_blocks(self.n_positions)
        self.band = usual_band(self.n_positions)
        self.step = 1 if similarity.n_rows <= EXACT_SIZE else -(-similarity.n_rows // _UNITS)
        self.total = float(errors.weight.sum())
        # What is not similar to anything is never worth a finer cut than blocks left over.
        rest = similarity.n_rows + np.arange(min(n_isolated, self.n_blocks))
        self.edge = np.concatenate(
            [np.arange(0, similarity.n_rows, self.step), rest, [self.n_positions]]
        ).astype(np.int64)
        self.unit = np.repeat(np.arange(len(self.edge) - 1), np.diff(self.edge))

    def __call__(self, order: NDArray[np.int64]) -> Verdict:
        """Judge an order (n_rows,)."""
        position = np.empty(len(order), np.int64)
        position[order] = np.arange(len(order))
        cuts, objective = self._cuts(position)
        one, two = position[self.errors.a], position[self.errors.b]
        block = np.repeat(np.arange(self.n_blocks), np.diff(cuts))
        together = self.errors.weight[block[one] == block[two]].sum()
        near = self.errors.weight[np.abs(one - two) <= self.band].sum()
        return Verdict(cuts, objective, float(together / self.total), float(near / self.total))

    def _cuts(self, position: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        n = len(self.edge) - 1
        one = self.unit[position[self.similarity.a]]
        two = self.unit[position[self.similarity.b]]
        key = np.maximum(one, two) * n + np.minimum(one, two)
        inside = np.bincount(key, self.similarity.weight, n * n).reshape(n, n)
        np.cumsum(inside[:, ::-1], axis=1, out=inside[:, ::-1])
        np.cumsum(inside, axis=0, out=inside)
        # Row e, column s: the block of units s … e.
        size = self.edge[1:, None] - self.edge[:-1]
        score = np.where(size > 0, inside / np.maximum(size, 1), -np.inf)
        best = [np.concatenate([[0.0], np.full(n, -np.inf)])]
        for _ in range(min(self.n_blocks, n)):
            best.append(np.append(-np.inf, (score + best[-1][:-1]).max(axis=1)))
        ends = [n]
        for before in best[-2::-1]:
            ends.append(int((score[ends[-1] - 1] + before[:-1]).argmax()))
        return self.edge[ends[::-1]], 2 * float(best[-1][-1])
