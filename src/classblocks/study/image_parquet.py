"""Images as bytes in Parquet files, read one row group at a time."""

from __future__ import annotations

import json
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from classblocks.study.format import StudyError
from classblocks.study.image_source import ImageSource
from classblocks.study.numbers import is_text
from classblocks.study.pixels import UnreadableImage
from classblocks.study.predictions import checked_ids

_CACHE_BYTES = 256 << 20
_KEY_COLUMN = "wnid"
_TAKEN = ("image", "label", "sample_id", _KEY_COLUMN)


class ParquetImages(ImageSource):
    """Rows of all files, one after the other; `image` holds bytes, or a struct with `bytes`."""

    def __init__(self, paths: list[Path], root: Path) -> None:
        self._names = [path.relative_to(root).as_posix() for path in paths]
        self._files = [_open(path) for path in paths]
        self._schema: pa.Schema = self._files[0].schema_arrow
        for path, file in zip(paths, self._files, strict=True):
            _check_columns(path, file.schema_arrow, self._schema)
        self._file_start = _starts([file.metadata.num_rows for file in self._files])
        groups = [
            (number, group)
            for number, file in enumerate(self._files)
            for group in range(file.num_row_groups)
        ]
        self._groups = groups
        self._group_start = _starts(
            [self._files[f].metadata.row_group(g).num_rows for f, g in groups]
        )
        self._lock = Lock()
        self._cache: OrderedDict[int, pa.Array] = OrderedDict()
        super().__init__(*self._labels())

    @property
    def sample_id(self) -> NDArray[np.int64]:
        """(n,), the column of that name, else row numbers."""
        if "sample_id" in self._schema.names:
            return checked_ids(self._column("sample_id").to_numpy())
        return super().sample_id

    @cached_property
    def columns(self) -> pa.Table | None:
        """Texts and numbers beside image and label."""
        names = [
            field.name
            for field in self._schema
            if field.name not in _TAKEN and _is_scalar(field.type)
        ]
        if not names:
            return None
        return pa.table({name: self._column(name) for name in names})

    def uri(self, i: int) -> str:
        """File and row in it, such as `val.parquet#123`."""
        number = int(np.searchsorted(self._file_start, i, side="right")) - 1
        return f"{self._names[number]}#{i - self._file_start[number]}"

    def read_bytes(self, i: int) -> bytes:
        """Take the bytes out of the row group, which stays in memory for its neighbours."""
        if not 0 <= i < self.n:
            raise IndexError(f"image {i} of {self.n}")
        group = int(np.searchsorted(self._group_start, i, side="right")) - 1
        value = self._images(group)[i - int(self._group_start[group])].as_py()
        data = value["bytes"] if isinstance(value, dict) else value
        if data is None:
            raise UnreadableImage(f"{self.uri(i)}: no image bytes")
        return bytes(data)

    def _images(self, group: int) -> pa.Array:
        with self._lock:
            if group in self._cache:
                self._cache.move_to_end(group)
                return self._cache[group]
            file, number = self._groups[group]
            try:
                table = self._files[file].read_row_group(number, columns=["image"])
            except (pa.ArrowException, OSError) as error:
                raise UnreadableImage(f"{self._names[file]}: row group {number}: {error}") from None
            images = table.column("image").combine_chunks()
            self._cache[group] = images
            while (
                len(self._cache) > 1 and sum(a.nbytes for a in self._cache.values()) > _CACHE_BYTES
            ):
                self._cache.popitem(last=False)
            return images

    def _column(self, name: str) -> pa.ChunkedArray:
        parts = [file.read(columns=[name]).column(0) for file in self._files]
        plain = [_plain(part) for part in parts]
        return pa.chunked_array([chunk for part in plain for chunk in part.chunks], plain[0].type)

    def _labels(self) -> tuple[NDArray[np.int64], tuple[str, ...] | None]:
        column = self._column("label")
        if column.null_count:
            row = int(np.flatnonzero(column.is_null().to_numpy())[0])
            raise StudyError(f"{self.uri(row)} has no label")
        if pa.types.is_integer(column.type):
            labels = column.to_numpy().astype(np.int64)
            return labels, self._names_of(labels)
        if not is_text(column.type):
            raise StudyError(
                f"{self._names[0]}: label is {column.type}, expected whole numbers or text"
            )
        return _numbered_texts(column)

    def _names_of(self, labels: NDArray[np.int64]) -> tuple[str, ...] | None:
        """Names for whole-number labels: what the file says of itself, or the key column."""
        names = _hugging_face_names(self._schema)
        if names is None and _KEY_COLUMN in self._schema.names and len(labels):
            names = self._keys_of(labels)
        if (
            names is not None
            and len(labels)
            and not (labels.min() >= 0 and labels.max() < len(names))
        ):
            return None
        return names

    def _keys_of(self, labels: NDArray[np.int64]) -> tuple[str, ...] | None:
        column = self._column(_KEY_COLUMN)
        if column.null_count or labels.min() < 0:
            return None
        key_number, keys = _numbered_texts(column)
        # Only a one-to-one relation without gaps gives every label one name.
        pairs = np.unique(np.stack([labels, key_number]), axis=1)
        if pairs.shape[1] != len(keys) or not np.array_equal(pairs[0], np.arange(len(keys))):
            return None
        return tuple(keys[number] for number in pairs[1])


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{path} is not complete Parquet: {error}") from None


def _check_columns(path: Path, schema: pa.Schema, first: pa.Schema) -> None:
    missing = [name for name in ("image", "label") if name not in schema.names]
    if missing:
        raise StudyError(
            f"{path}: column {' and '.join(missing)} missing; found {', '.join(schema.names)}"
        )
    kind = schema.field("image").type
    inner = (
        kind.field("bytes").type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
        else kind
    )
    if not (pa.types.is_binary(inner) or pa.types.is_large_binary(inner)):
        raise StudyError(f"{path}: image is {kind}, expected bytes or a struct with bytes")
    if set(schema.names) != set(first.names):
        raise StudyError(f"{path}: columns {schema.names}, the first file has {first.names}")


def _hugging_face_names(schema: pa.Schema) -> tuple[str, ...] | None:
    try:
        described: Any = json.loads((schema.metadata or {})[b"huggingface"])
        names = described["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    is_texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if is_texts else None


def _numbered_texts(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    encoded = column.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks)
    found = encoded.dictionary.to_pylist()
    names = sorted(found)
    rank = {name: number for number, name in enumerate(names)}
    order = np.array([rank[name] for name in found], np.int64)
    numbers = encoded.indices.to_numpy(zero_copy_only=False)
    return order[numbers] if len(names) else numbers.astype(np.int64), tuple(names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_scalar(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        is_text(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
    )


def _starts(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])[:-1]
