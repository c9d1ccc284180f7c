"""Sums over pairs of centred columns: all of them, or what random directions see."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_WORD = 64
_GOLDEN = 0x9E3779B97F4A7C15


class PairProducts:
    """The centred product sum of every pair of columns, as an upper triangle."""

    def __init__(self, n_columns: int) -> None:
        self._upper = np.zeros((n_columns, n_columns))

    def described(self) -> str:
        """Name what must agree between sums that are merged."""
        return "all pairs"

    def add(
        self,
        centred: NDArray[np.float64],
        sample_id: NDArray[np.int64],
        gap: NDArray[np.float64],
        before: int,
    ) -> None:
        """Add rows about their own mean, which is ``gap`` above that of the ``before`` rows."""
        here = len(centred)
        weight = np.sqrt(before * here / (before + here))
        self._square_up(np.concatenate([centred, (gap * weight)[None]]))

    def merge(self, other: Self, gap: NDArray[np.float64], before: int, here: int) -> None:
        """Add the sums over other rows."""
        self._upper += other._upper
        weight = np.sqrt(before * here / (before + here))
        self._square_up((gap * weight)[None])

    def _square_up(self, rows: NDArray[np.float64]) -> None:
        """Add ``rowsᵀ rows`` in place, half the work of a product."""
        from scipy.linalg.blas import dsyrk

        dsyrk(1.0, rows.T, 1.0, self._upper.T, lower=1, overwrite_c=1)

    def square(self) -> NDArray[np.float64]:
        """Sum of squares of each centred column."""
        return np.array(np.diagonal(self._upper))

    def cosine(self, rows: slice | NDArray[np.int64]) -> NDArray[np.floating]:
        """Cosine of the columns ``rows`` with all."""
        full = self._upper + np.triu(self._upper, 1).T
        length = np.sqrt(np.maximum(self.square(), np.finfo(np.float64).tiny))
        found: NDArray[np.floating] = full[rows] / (length[rows, None] * length)
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Pack the triangle row by row."""
        n = len(self._upper)
        return {"product": np.concatenate([self._upper[i, i:] for i in range(n)])}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Unpack the triangle."""
        packed, n = arrays["product"], len(self._upper)
        if packed.shape != (n * (n + 1) // 2,):
            raise ValueError(f"logit sums: product has shape {packed.shape} for {n} classes")
        start = 0
        for i in range(n):
            self._upper[i, i:] = packed[start : start + n - i]
            start += n - i


class PairProjections:
    """What random signs, one vector per sample, make of the centred columns."""

    def __init__(self, n_columns: int, n_directions: int, seed: int) -> None:
        if n_directions < 1 or n_directions % _WORD:
            raise ValueError(f"n_directions: expected a multiple of {_WORD}, got {n_directions}")
        self._seed = seed
        self._projection = np.zeros((n_columns, n_directions), np.float32)
        self._signs = np.zeros(n_directions, np.int64)
        self._square = np.zeros(n_columns)

    @property
    def n_directions(self) -> int:
        """Number of random directions."""
        return len(self._signs)

    def described(self) -> str:
        """Name what must agree between sums that are merged."""
        return f"{self.n_directions} directions of seed {self._seed}"

    def add(
        self,
        centred: NDArray[np.float64],
        sample_id: NDArray[np.int64],
        gap: NDArray[np.float64],
        before: int,
    ) -> None:
        """Add rows about their own mean, which is ``gap`` above that of the ``before`` rows."""
        here = len(centred)
        total = before + here
        signs = random_signs(sample_id, self.n_directions, self._seed)
        added = signs.sum(axis=0, dtype=np.int64)
        self._shift(
            np.concatenate(
                [centred, (gap * (-here / total))[None], (gap * (before / total))[None]]
            ),
            np.concatenate([signs, self._signs[None], added[None]]),
        )
        self._signs += added
        self._square += np.einsum("ij,ij->j", centred, centred) + gap**2 * (before * here / total)

    def merge(self, other: Self, gap: NDArray[np.float64], before: int, here: int) -> None:
        """Add the sums over other rows."""
        total = before + here
        self._projection += other._projection
        self._shift(
            np.stack([gap * (-here / total), gap * (before / total)]),
            np.stack([self._signs, other._signs]),
        )
        self._signs += other._signs
        self._square += other._square + gap**2 * (before * here / total)

    def _shift(self, columns: NDArray[Any], signs: NDArray[Any]) -> None:
        """Add ``columnsᵀ signs`` in place."""
        from scipy.linalg.blas import sgemm

        left = np.ascontiguousarray(signs, np.float32).T
        right = np.ascontiguousarray(columns, np.float32).T
        sgemm(1.0, left, right, 1.0, self._projection.T, trans_b=1, overwrite_c=1)

    def square(self) -> NDArray[np.float64]:
        """Sum of squares of each centred column, exact."""
        return self._square

    def cosine(self, rows: slice | NDArray[np.int64]) -> NDArray[np.floating]:
        """Cosine of the projections of the columns ``rows`` with all."""
        length = np.sqrt(np.einsum("ij,ij->i", self._projection, self._projection))
        unit = self._projection / np.maximum(length, np.finfo(np.float32).tiny)[:, None]
        found: NDArray[np.floating] = unit[rows] @ unit.T
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Name the arrays."""
        return {"projection": self._projection, "signs": self._signs, "square": self._square}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the arrays back."""
        for name, own in self.to_arrays().items():
            if arrays[name].shape != own.shape:
                raise ValueError(
                    f"logit sums: {name} has shape {arrays[name].shape}, expected {own.shape}"
                )
            own[...] = arrays[name]


def random_signs(sample_id: NDArray[np.int64], n_directions: int, seed: int) -> NDArray[np.float32]:
    """Draw (n, n_directions) signs ±1 that depend on id and seed alone.

    Notes
    -----
    Bits of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) with the id, mixed once, as its start.
    """
    words = np.arange(1, n_directions // _WORD + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    start = _mixed(sample_id.astype(np.uint64) + _mixed(np.array([seed], np.int64).view(np.uint64)))
    bits = _mixed(start[:, None] + words)
    spread = np.unpackbits(bits.astype("<u8").view(np.uint8).reshape(len(bits), -1), axis=1)
    return spread.astype(np.float32) * 2 - 1


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed
