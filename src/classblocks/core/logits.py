"""How alike a network scores two classes: correlation of logit columns from streamed sums."""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.logit_pairs import PairProducts, PairProjections

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EXACT_CLASSES = 5000
DIRECTIONS = 1024
STRONGEST = 64
BLOCK = 512  # samples that enter the sums at once
_CHUNK = 1 << 22
_CONSTANT = 1e-12
_NOISE = 4.0  # standard errors of a projected correlation that a similarity must exceed


class LogitSums:
    """Streamed sums for the Pearson correlation between the logit columns of any two classes.

    Parameters
    ----------
    n_classes : number of logit columns
    seed : of the random projection; sums that are merged must share it
    n_directions : None keeps all pairs up to 5,000 classes, O(C²) memory, and 1,024 random
        directions above; a number keeps that many directions, O(C · n_directions)

    Attributes
    ----------
    mean : (n_classes,) float64, mean of the centred logits

    Notes
    -----
    METHODS §4.1. Softmax does not change when a number is added to all logits of a sample, so each
    row is centred first (its mean is subtracted): logits and log-probabilities then give the same
    correlations. Sums are kept about their means and joined after Chan, Golub & LeVeque (1979),
    so that large offsets cost no digits. Rows enter in blocks of 512, whatever the batches are:
    no bit depends on where batches end. Above 5,000 classes, sample ``s`` adds ``r_s z_sᵀ`` with
    random signs ``r_s`` drawn from its id (Achlioptas, PODS 2001); the correlation of two columns
    is then the cosine of their sums, with a standard error of at most ``1/√1024 = 0.031``.
    """

    def __init__(self, n_classes: int, seed: int = 0, *, n_directions: int | None = None) -> None:
        if n_classes < 1:
            raise ValueError(f"n_classes: expected at least 1, got {n_classes}")
        if n_directions is None and n_classes > EXACT_CLASSES:
            n_directions = DIRECTIONS
        self.seed = seed
        self.mean = np.zeros(n_classes)
        self._count = 0
        self._pairs: PairProducts | PairProjections = (
            PairProducts(n_classes)
            if n_directions is None
            else PairProjections(n_classes, n_directions, seed)
        )
        self._block = np.empty((BLOCK, n_classes))
        self._block_id = np.empty(BLOCK, np.int64)
        self._n_waiting = 0

    @property
    def n_classes(self) -> int:
        """Number of logit columns."""
        return len(self.mean)

    @property
    def n_samples(self) -> int:
        """Number of samples in the sums."""
        return self._count + self._n_waiting

    @property
    def is_exact(self) -> bool:
        """Whether all pairs are kept, so that no correlation is estimated."""
        return isinstance(self._pairs, PairProducts)

    @property
    def standard_error(self) -> float:
        """Largest standard error that the projection gives a correlation; 0 where exact."""
        if isinstance(self._pairs, PairProducts):
            return 0.0
        return float(self._pairs.n_directions**-0.5)

    def add(self, logits: ArrayLike, sample_id: ArrayLike) -> None:
        """Add a batch.

        Parameters
        ----------
        logits : (n, n_classes), finite; log-probabilities will do; n = 0 is legal
        sample_id : (n,) int, each at most once in all batches

        Raises
        ------
        ValueError
            Another shape, no numbers, or a logit that is not finite; names row and class.
        """
        values = np.asarray(logits)
        ids = np.asarray(sample_id)
        if values.shape != (len(ids), self.n_classes) or ids.ndim != 1:
            raise ValueError(
                f"logits: expected shape ({len(ids)}, {self.n_classes}), got {values.shape}"
            )
        if values.dtype.kind not in "fiu" or (ids.size and ids.dtype.kind not in "iu"):
            raise ValueError(
                f"logits: expected numbers and integer ids, got {values.dtype} and {ids.dtype}"
            )
        _finite(values)
        first = 0
        while first < len(ids):
            place = self._n_waiting
            stop = min(first + BLOCK - place, len(ids))
            rows = self._block[place : place + stop - first]
            rows[...] = values[first:stop]
            rows -= rows.mean(axis=1, keepdims=True)
            self._block_id[place : place + stop - first] = ids[first:stop]
            self._n_waiting += stop - first
            if self._n_waiting == BLOCK:
                self.flush()
            first = stop

    def flush(self) -> None:
        """Let the rows that wait for a full block enter the sums."""
        if not self._n_waiting:
            return
        rows, ids = self._block[: self._n_waiting], self._block_id[: self._n_waiting]
        before, here = self._count, self._n_waiting
        mean = rows.mean(axis=0)
        gap = mean - self.mean
        self._pairs.add(rows - mean, ids, gap, before)
        self.mean += gap * (here / (before + here))
        self._count = before + here
        self._n_waiting = 0

    def merge(self, other: Self) -> None:
        """Add the sums over other samples; the same as adding these samples, up to rounding.

        Raises
        ------
        ValueError
            Another number of classes or directions, or another seed.
        """
        if self._kind() != other._kind():
            raise ValueError(
                f"logit sums of {other._kind()} cannot be added to those of {self._kind()}"
            )
        self.flush()
        other = other._flushed()
        total = self._count + other._count
        if total == 0:
            return
        gap = other.mean - self.mean
        # Both are of one kind, as _kind has shown.
        self._pairs.merge(other._pairs, gap, self._count, other._count)  # type: ignore[arg-type]
        self.mean += gap * (other._count / total)
        self._count = total

    def _flushed(self) -> Self:
        """Give these sums without waiting rows; what waits here goes on waiting."""
        if not self._n_waiting:
            return self
        complete = copy.deepcopy(self)
        complete.flush()
        return complete

    def _kind(self) -> str:
        return f"{self.n_classes} classes, {self._pairs.described()}"

    def correlation(self, rows: slice | ArrayLike | None = None) -> NDArray[np.floating]:
        """Correlate the columns.

        Parameters
        ----------
        rows : classes whose rows are wanted, as a slice or ids; None means all

        Returns
        -------
        (n_rows, n_classes), −1 to 1, 1 on the diagonal; NaN in the row and column of a class whose
        centred logit never varies. float64, or float32 where projected
        """
        if self._n_waiting:
            return self._flushed().correlation(rows)
        wanted: Any = slice(None) if rows is None else rows
        if not isinstance(wanted, slice):
            wanted = np.asarray(wanted, np.int64)
        square = self._pairs.square()
        n = max(self._count, 1)
        scale = np.sqrt(np.max(square / n + self.mean**2))
        constant = np.sqrt(square / n) <= _CONSTANT * scale
        found = self._pairs.cosine(wanted)
        classes = np.arange(self.n_classes)[wanted]
        found[np.arange(len(classes)), classes] = 1
        np.clip(found, -1, 1, out=found)
        found[constant[wanted]] = np.nan
        found[:, constant] = np.nan
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the exact state as arrays by name.

        ``count`` (1,) int64, ``mean`` (C,) float64, and either ``product`` (C(C+1)/2,) float64, the
        upper triangle row by row, or ``projection`` (C, D) float32, ``signs`` (D,) int64 and
        ``square`` (C,) float64; ``waiting`` and ``waiting_id`` where rows wait (see ``flush``)
        """
        arrays = {
            "count": np.array([self._count], np.int64),
            "mean": self.mean,
            **self._pairs.to_arrays(),
        }
        if self._n_waiting:
            arrays["waiting"] = self._block[: self._n_waiting]
            arrays["waiting_id"] = self._block_id[: self._n_waiting]
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], seed: int = 0) -> Self:
        """Go on from what ``to_arrays`` gave.

        Raises
        ------
        ValueError
            An array is missing or has another shape than the others ask for.
        """
        try:
            n_classes = len(arrays["mean"])
            directions = arrays["signs"].shape[0] if "projection" in arrays else None
            sums = cls(n_classes, seed, n_directions=directions)
            if directions is None and n_classes > EXACT_CLASSES:
                sums._pairs = PairProducts(n_classes)
            sums._pairs.load(arrays)
            sums._count = int(arrays["count"][0])
            sums.mean = np.array(arrays["mean"], np.float64)
        except (KeyError, IndexError) as error:
            raise ValueError(f"logit sums: {error} is missing among {sorted(arrays)}") from None
        if "waiting" in arrays:
            waiting, ids = arrays["waiting"], arrays["waiting_id"]
            if waiting.shape != (len(ids), n_classes) or len(ids) >= BLOCK:
                raise ValueError(f"logit sums: {waiting.shape} rows wait, with {len(ids)} ids")
            sums._block[: len(ids)], sums._block_id[: len(ids)] = waiting, ids
            sums._n_waiting = len(ids)
        return sums


def log_probabilities(probabilities: NDArray[np.floating], lowest: float) -> NDArray[np.floating]:
    """Turn probabilities into logits, up to a number per row that ``LogitSums`` does not see.

    Parameters
    ----------
    probabilities : (n, n_classes), ≥ 0
    lowest : > 0, what smaller probabilities count as; see ``smallest_positive``

    Returns
    -------
    (n, n_classes)
    """
    logs: NDArray[np.floating] = np.log(np.maximum(probabilities, lowest))
    return logs


def smallest_positive(probabilities: NDArray[np.floating]) -> float:
    """Return the smallest probability that is not 0; in a rounded table a zero may be that much."""
    found = np.min(probabilities, initial=np.inf, where=probabilities > 0)
    return float(found) if np.isfinite(found) else 1.0


def logit_similarity(sums: LogitSums, strongest: int = STRONGEST) -> "csr_array":
    """Turn the correlations into a similarity for ``order_classes``.

    Parameters
    ----------
    sums : of any number of samples
    strongest : neighbours kept of each class where the correlations are projected

    Returns
    -------
    (n_classes, n_classes) float64 symmetric csr_array, correlations clipped at 0 with an empty
    diagonal; a class whose logit never varies has no entry. Projected correlations are kept only
    above four standard errors (of projection and samples) and where one of the two classes is among
    the strongest of the other

    Notes
    -----
    METHODS §4.1: negative correlations are clipped to 0 for graph methods.
    """
    from scipy.sparse import csr_array

    n = sums.n_classes
    if sums.is_exact:
        dense = np.nan_to_num(sums.correlation(), nan=0.0).clip(min=0)
        np.fill_diagonal(dense, 0)
        return csr_array(dense)
    noise = _NOISE * (sums.standard_error**2 + 1 / max(sums.n_samples, 1)) ** 0.5
    rows, columns, values = [], [], []
    for first in range(0, n, BLOCK):
        found = np.nan_to_num(sums.correlation(slice(first, first + BLOCK)), nan=0.0)
        here = np.arange(len(found))
        found[here, first + here] = 0
        kept = min(strongest, n)
        best = np.argpartition(-found, kept - 1, axis=1)[:, :kept]
        value = np.take_along_axis(found, best, axis=1)
        clear = value > noise
        rows.append(np.nonzero(clear)[0] + first)
        columns.append(best[clear])
        values.append(value[clear].astype(np.float64))
    index = (np.concatenate(rows), np.concatenate(columns))
    half = csr_array((np.concatenate(values), index), shape=(n, n))
    return csr_array(half.maximum(half.T))


def _finite(values: NDArray[Any]) -> None:
    step = max(1, _CHUNK // max(1, values.shape[1]))
    for first in range(0, len(values), step):
        bad = ~np.isfinite(values[first : first + step])
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"logits: expected finite numbers, got {values[first + row, column]} in row "
                f"{first + row} for class {column}"
            )
