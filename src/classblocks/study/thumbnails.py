"""Small JPEGs of the samples: many in one shard, found by sample id or by content."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from classblocks.study.format import THUMBNAILS, StudyError
from classblocks.study.numbers import numbers

INDEX_FILE = "index.parquet"
SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("hash", pa.uint64(), nullable=False),
    ]
)


class ThumbnailStore:
    """Reads thumbnails; safe to use from several threads."""

    def __init__(self, study_path: Path) -> None:
        self.directory = study_path / THUMBNAILS
        self._files: dict[int, BinaryIO] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._columns["sample_id"])

    def read(self, sample_id: int) -> bytes | None:
        """Return the JPEG of a sample, None if there is none."""
        return self._bytes(self._row(self._by_id, sample_id))

    def hash(self, sample_id: int) -> str | None:
        """16 hex digits that name the content of a sample's thumbnail, None if there is none."""
        row = self._row(self._by_id, sample_id)
        return None if row is None else f"{int(self._columns['hash'][row]):016x}"

    def read_hash(self, content_hash: str) -> bytes | None:
        """Return the JPEG with this content, None if there is none."""
        if len(content_hash) != 16 or set(content_hash) - set("0123456789abcdef"):
            return None
        return self._bytes(self._row(self._by_hash, int(content_hash, 16)))

    def ids(self) -> NDArray[np.int64]:
        """Sample ids that have a thumbnail, ascending."""
        return self._by_id[0]

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        if not (self.directory / INDEX_FILE).exists():
            # An empty table would import pandas where there is one.
            return {field.name: np.empty(0, field.type.to_pandas_dtype()) for field in SCHEMA}
        table = read_index(self.directory)
        return {name: numbers(table.column(name)) for name in table.column_names}

    @cached_property
    def _by_id(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _sorted(self._columns["sample_id"])

    @cached_property
    def _by_hash(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        return _sorted(self._columns["hash"])

    def _row(self, index: tuple[NDArray[Any], NDArray[np.int64]], key: int) -> int | None:
        keys, order = index
        place = int(np.searchsorted(keys, keys.dtype.type(key)))
        return int(order[place]) if place < len(keys) and keys[place] == key else None

    def _bytes(self, row: int | None) -> bytes | None:
        if row is None:
            return None
        shard, offset, length = (
            int(self._columns[name][row]) for name in ("shard", "offset", "length")
        )
        path = self.directory / shard_name(shard)
        try:
            with self._lock:
                if shard not in self._files:
                    self._files[shard] = path.open("rb")
                file = self._files[shard]
                file.seek(offset)
                data = file.read(length)
        except FileNotFoundError:
            raise StudyError(f"{path} is missing") from None
        if len(data) != length:
            raise StudyError(f"{path} is shorter than its index says")
        return data

    def __del__(self) -> None:
        for file in getattr(self, "_files", {}).values():
            file.close()


def shard_name(shard: int) -> str:
    """Name of the file that holds shard number `shard`."""
    return f"{shard:03d}.bin"


def read_index(directory: Path) -> pa.Table:
    """Return the rows that say where each thumbnail lies; no rows where there is no index."""
    path = directory / INDEX_FILE
    if not path.exists():
        return SCHEMA.empty_table()
    try:
        # Not mapped: the file is replaced while others read it, which some systems refuse.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{path} is not complete Parquet: {error}") from None
    if not table.schema.equals(SCHEMA):
        raise StudyError(f"{path}: expected columns {SCHEMA.names}, got {table.schema.names}")
    return table


def _sorted(keys: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    return keys[order], order
