"""Some rows of a large Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from classblocks.study.format import StudyError
from classblocks.study.numbers import arrow

MOST_KEPT_ROWS = 1 << 22


def take_rows(path: Path, names: Sequence[str], rows: NDArray[np.integer]) -> pa.Table:
    """Read only the row groups that hold `rows`, one after the other; rows come as asked."""
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            start = np.concatenate([[0], np.cumsum(sizes)])
            group_of = np.searchsorted(start, rows, "right") - 1
            found, place = [], []
            for group in np.unique(group_of).tolist():
                here = np.flatnonzero(group_of == group)
                table = file.read_row_group(group, columns=list(names))
                found.append(table.take(arrow(rows[here] - start[group])))
                place.append(here)
            if not found:
                return file.schema_arrow.empty_table().select(list(names))
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from None
    return pa.concat_tables(found).take(arrow(np.argsort(np.concatenate(place))))
