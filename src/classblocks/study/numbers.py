"""Numbers and kinds of Arrow columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classblocks.study.format import StudyError


def numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    """Read a column without nulls; `to_numpy` would import pandas where there is one."""
    if column.null_count:
        raise StudyError(f"expected a number in every row, got {column.null_count} nulls")
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)]
    if not chunks:
        return np.empty(0, column.type.to_pandas_dtype())
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def arrow(values: NDArray[Any]) -> pa.Array:
    """Give numbers to Arrow without a copy; `pa.array` would import pandas where there is one."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
