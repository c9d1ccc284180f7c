"""Features of one layer on disk: rows in parts, standardised in place."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK_BYTES = 32 << 20


class FeatureFile:
    """Float32 rows of one layer, each in a named part; memory does not grow with the rows.

    Parameters
    ----------
    folder : where the files go, one for each part; made if it is not there
    width : features of a sample
    parts : names of the parts
    fitted : the parts over whose rows mean and spread are taken

    Raises
    ------
    OSError
        Rows cannot be written, such as on a full disk; names the file.

    Notes
    -----
    Mean and spread are merged batch by batch (Chan, Golub and LeVeque, 1979), which does not
    cancel. The spread is over n, not n − 1, as in scikit-learn's StandardScaler.
    """

    def __init__(
        self, folder: Path, width: int, parts: Sequence[str], fitted: Sequence[str]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.width = width
        self.rows = dict.fromkeys(parts, 0)
        self._fitted = set(fitted)
        self._paths = {part: folder / f"{part}.f32" for part in parts}
        self._open = {part: path.open("wb") for part, path in self._paths.items()}
        self._mapped: dict[str, NDArray[np.float32]] = {}
        self._n = 0
        self._mean = np.zeros(width)
        self._squares = np.zeros(width)
        self._low = np.full(width, np.inf, np.float32)
        self._high = np.full(width, -np.inf, np.float32)

    def append(self, part: str, values: NDArray[np.float32]) -> None:
        """Add rows (B, width)."""
        if not len(values):
            return
        try:
            self._open[part].write(np.ascontiguousarray(values).data)
        except OSError as error:
            raise _unwritable(self._paths[part], error) from error
        self.rows[part] += len(values)
        if part in self._fitted:
            self._take_in(values)

    def _take_in(self, values: NDArray[np.float32]) -> None:
        n = len(values)
        mean = values.mean(0, dtype=np.float64)
        squares = np.square(values - mean).sum(0)
        step = mean - self._mean
        total = self._n + n
        self._mean += step * (n / total)
        self._squares += squares + step**2 * (self._n * n / total)
        self._n = total
        np.minimum(self._low, values.min(0), out=self._low)
        np.maximum(self._high, values.max(0), out=self._high)

    @property
    def scale(self) -> NDArray[np.float64]:
        """(width,), standard deviation; 0 where a feature is constant."""
        spread = np.sqrt(self._squares / max(self._n, 1))
        # Rounding leaves a little spread where there is none.
        return np.where(self._low < self._high, spread, 0.0)

    @property
    def n_constant(self) -> int:
        """How many features are the same for all fitted rows."""
        return int((self.scale == 0).sum())

    def standardise(self) -> None:
        """Complete the files, and bring every row to mean 0 and spread 1.

        Constant features become 0, in all parts.
        """
        scale = self.scale
        factor = np.divide(1.0, scale, out=np.zeros(self.width), where=scale > 0)
        mean, factor = self._mean.astype(np.float32), factor.astype(np.float32)
        for part, file in self._open.items():
            try:
                file.close()
            except OSError as error:
                raise _unwritable(self._paths[part], error) from error
            shape = (self.rows[part], self.width)
            self._mapped[part] = (
                np.memmap(self._paths[part], np.float32, "r+", shape=shape)
                if self.rows[part]
                else np.empty(shape, np.float32)
            )
            for rows in self._steps(part):
                values = self._mapped[part][rows]
                values -= mean
                values *= factor

    def blocks(self, parts: Sequence[str]) -> Iterator[Tensor]:
        """Give the standardised rows of the parts in order, (b, width) each, mapped from disk."""
        for part in parts:
            for rows in self._steps(part):
                yield torch.from_numpy(np.asarray(self._mapped[part][rows]))

    def take(self, parts: Sequence[str], rows: NDArray[np.int64]) -> Tensor:
        """Copy some rows, (len(rows), width); they are counted through the parts."""
        found = np.empty((len(rows), self.width), np.float32)
        start = 0
        for part in parts:
            inside = (rows >= start) & (rows < start + self.rows[part])
            found[inside] = self._mapped[part][rows[inside] - start]
            start += self.rows[part]
        return torch.from_numpy(found)

    def _steps(self, part: str) -> Iterator[slice]:
        step = max(1, BLOCK_BYTES // max(4 * self.width, 1))
        for start in range(0, self.rows[part], step):
            yield slice(start, min(start + step, self.rows[part]))

    def close(self) -> None:
        """Let go of the files."""
        self._mapped.clear()
        for file in self._open.values():
            file.close()

    def remove(self) -> None:
        """Delete the files."""
        self.close()
        for path in self._paths.values():
            path.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> OSError:
    return OSError(f"{path} cannot be written: {error.strerror or error}")
