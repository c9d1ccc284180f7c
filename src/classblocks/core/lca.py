"""Minima of many ranges at once."""

import numpy as np
from numpy.typing import NDArray


class RangeMinimum:
    """A sparse table: O(m log m) to build, constant time a query (Bender & Farach-Colton 2000).

    Parameters
    ----------
    values : (m,) int32
    """

    def __init__(self, values: NDArray[np.int32]) -> None:
        self._levels = [values]
        width = 1
        while 2 * width <= len(values):
            previous = self._levels[-1]
            self._levels.append(np.minimum(previous[:-width], previous[width:]))
            width *= 2

    def minimum(self, start: NDArray[np.int32], stop: NDArray[np.int32]) -> NDArray[np.int32]:
        """Minimum of each non-empty half-open range.

        Parameters
        ----------
        start, stop : (k,), ``0 ≤ start < stop ≤ m``

        Returns
        -------
        (k,) int32
        """
        # frexp gives the exponent of a power of two exactly: level = floor(log2(length)).
        level = np.frexp((stop - start).astype(np.float64))[1] - 1
        out = np.empty(len(start), np.int32)
        for j, row in enumerate(self._levels):
            at = np.flatnonzero(level == j)
            out[at] = np.minimum(row[start[at]], row[stop[at] - (1 << j)])
        return out
