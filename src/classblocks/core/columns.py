"""A table: equally long arrays by name."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.core.validate import same_length


class Columns(dict[str, NDArray[Any]]):
    """A mapping of equally long one-dimensional arrays; treat it as read-only.

    A plain dict for ``pandas.DataFrame`` and ``polars.DataFrame``, an Arrow stream for
    ``pyarrow.table`` and everything else that speaks ``__arrow_c_stream__``.

    Parameters
    ----------
    columns : name → (n_rows,) array; anything else array-like is converted

    Raises
    ------
    ValueError
        Unequal lengths, or an array that is not one-dimensional.
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        super().__init__({name: np.asarray(values) for name, values in columns.items()})
        for name, values in self.items():
            if values.ndim != 1:
                raise ValueError(f"column {name!r}: expected one dimension, got {values.shape}")
        same_length(**self)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.values()), ()))

    def row(self, i: int) -> dict[str, Any]:
        """One row as plain Python values."""
        return {name: values[[i]].tolist()[0] for name, values in self.items()}

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        return pa.table(dict(self)).__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        names = ", ".join(f"{name} {values.dtype}" for name, values in self.items())
        return f"Columns({self.n_rows} rows: {names})"
