"""The sample table: who the rows of all results are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, DTypeLike, NDArray

from classblocks.study.format import SAMPLES_FILE, StudyError
from classblocks.study.numbers import arrow, numbers
from classblocks.study.row_groups import MOST_KEPT_ROWS, take_rows

FIXED = ("sample_id", "true", "split", "uri")
_SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.int64(), nullable=False),
        pa.field("true", pa.int32(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("uri", pa.string(), nullable=False),
    ]
)


class Samples:
    """Rows only grow at the end, so a position means the same sample for good."""

    def __init__(self, path: Path) -> None:
        self.path = path / SAMPLES_FILE

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        return self._metadata.schema.to_arrow_schema() if self.path.exists() else _SCHEMA

    @cached_property
    def n(self) -> int:
        """Number of samples."""
        return int(self._metadata.num_rows) if self.path.exists() else 0

    def __len__(self) -> int:
        return self.n

    @cached_property
    def sample_id(self) -> NDArray[np.int64]:
        """(n,), the user's own numbers, each once."""
        return self._numbers("sample_id", np.int64)

    @cached_property
    def true(self) -> NDArray[np.int32]:
        """(n,), class ids."""
        return self._numbers("true", np.int32)

    @cached_property
    def split(self) -> pa.ChunkedArray:
        """Name of the split each sample belongs to."""
        return self._table(["split"]).column(0)

    @cached_property
    def uri(self) -> pa.ChunkedArray:
        """Where each sample's image came from; empty where unknown."""
        return self._table(["uri"]).column(0)

    @cached_property
    def columns(self) -> pa.Table:
        """The user's own columns."""
        return self._table([name for name in self.schema.names if name not in FIXED])

    @cached_property
    def is_counted(self) -> bool:
        """Whether sample ids are simply 0 .. n − 1."""
        ids = self.sample_id
        return self.n == 0 or bool(
            ids[0] == 0 and ids[-1] == self.n - 1 and np.array_equal(ids, np.arange(self.n))
        )

    @cached_property
    def _by_id(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.sample_id, kind="stable")
        return self.sample_id[order], order

    def find(self, sample_id: ArrayLike) -> NDArray[np.int64]:
        """Position of each sample, −1 where there is none."""
        wanted = np.asarray(sample_id, np.int64)
        if self.is_counted:
            return np.where((wanted >= 0) & (wanted < self.n), wanted, -1)
        ids, order = self._by_id
        place = np.minimum(np.searchsorted(ids, wanted), self.n - 1)
        return np.where(ids[place] == wanted, order[place], -1)

    def position(self, sample_id: ArrayLike) -> NDArray[np.int64]:
        """Position of each sample; raises on the first id that is not in the study."""
        found = self.find(sample_id)
        if (found < 0).any():
            row = int((found < 0).argmax())
            raise StudyError(
                f"sample id {np.asarray(sample_id).reshape(-1)[row]} (row {row}) is not among the "
                f"{self.n} samples of the study"
            )
        return found

    def take(self, positions: ArrayLike) -> pa.Table:
        """Return whole rows, user columns included, without turning the rest into objects."""
        return self._table(self.schema.names).take(arrow(np.asarray(positions, np.int64)))

    def some(self, positions: NDArray[np.integer]) -> pa.Table:
        """Return whole rows: of a large table those read from disk, else of columns kept."""
        if self.n > MOST_KEPT_ROWS:
            return take_rows(self.path, self.schema.names, positions)
        taken = arrow(positions)
        columns = [
            pa.chunked_array([arrow(self.sample_id[positions])]),
            pa.chunked_array([arrow(self.true[positions])]),
            *(column.take(taken) for column in (self.split, self.uri, *self.columns.columns)),
        ]
        return pa.table(columns, names=[*FIXED, *self.columns.column_names])

    def release(self) -> None:
        """Forget the numbers kept of a large table; they are read again when asked for."""
        if self.n > MOST_KEPT_ROWS:
            for name in ("sample_id", "true", "_by_id"):
                self.__dict__.pop(name, None)

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        try:
            metadata = pq.read_metadata(self.path, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self.path} is not complete Parquet: {error}") from None
        schema = metadata.schema.to_arrow_schema()
        for field in _SCHEMA:
            if field.name not in schema.names or schema.field(field.name).type != field.type:
                raise StudyError(
                    f"{self.path}: expected a column {field.name} of {field.type}, "
                    f"got {schema.names}"
                )
        return metadata

    def _table(self, names: Sequence[str]) -> pa.Table:
        if not self.path.exists():
            return _SCHEMA.empty_table().select([name for name in names if name in FIXED])
        _ = self._metadata
        try:
            # Unlike read_table this does not import pandas where there is one.
            with pq.ParquetFile(self.path, memory_map=True) as file:
                table = file.read(columns=list(names))
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self.path} cannot be read: {error}") from None
        # Another process may have appended rows since they were counted.
        return table.slice(0, self.n)

    def _numbers(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        return read_only(numbers(self._table([name]).column(0)).astype(dtype, copy=False))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Give a view that cannot be written to, since many share it."""
    view = array.view()
    view.setflags(write=False)
    return view


def samples_table(
    sample_id: NDArray[np.int64],
    true: NDArray[np.int32],
    split: str | Sequence[str],
    uri: Sequence[str] | None,
    columns: Mapping[str, Any] | pa.Table | None,
) -> pa.Table:
    """Make the rows of a sample table from checked ids and classes."""
    n = len(sample_id)
    splits = np.repeat(np.array([split], object), n) if isinstance(split, str) else split
    fields: list[tuple[str, Any]] = [
        ("split", splits),
        ("uri", np.repeat(np.array([""], object), n) if uri is None else uri),
    ]
    arrays = {"sample_id": pa.array(sample_id, pa.int64()), "true": pa.array(true, pa.int32())}
    for name, values in fields:
        arrays[name] = _texts(name, values, n)
    for name, values in _user_columns(columns):
        if name in FIXED:
            raise StudyError(f"user column {name!r} has the name of a fixed column")
        arrays[name] = values
        if len(values) != n:
            raise StudyError(f"user column {name!r} has {len(values)} rows, expected {n}")
    schema = _SCHEMA
    for name in list(arrays)[len(FIXED) :]:
        schema = schema.append(pa.field(name, arrays[name].type))
    return pa.table(list(arrays.values()), schema=schema)


def merge_samples(samples: Samples, fresh: pa.Table) -> pa.Table | None:
    """Append the rows of `fresh` that are new and fill what was unknown of the others.

    Gives None where nothing changes; a sample that already has another true class is an error.
    """
    fresh = _as_typed_before(samples.schema, fresh)
    position = samples.find(fresh.column("sample_id").to_numpy())
    known = np.flatnonzero(position >= 0)
    true = fresh.column("true").to_numpy()
    differs = samples.true[position[known]] != true[known]
    if differs.any():
        row = int(known[int(differs.argmax())])
        at = int(position[row])
        raise StudyError(
            f"sample id {fresh.column('sample_id')[row].as_py()} (row {row}) has true class "
            f"{true[row]} here but {samples.true[at]} in the study (split "
            f"{samples.split[at].as_py()!r}); samples of different splits need different ids"
        )
    if samples.n == 0:
        return fresh if fresh.num_rows else None
    old = samples._table(samples.schema.names)
    changed = _fill(old, fresh, position, known)
    new = np.flatnonzero(position < 0)
    if changed is None and not len(new):
        return None
    base = changed if changed is not None else old
    extra = fresh.take(pa.array(new))
    return pa.concat_tables([base, extra], promote_options="permissive").combine_chunks()


def _as_typed_before(schema: pa.Schema, fresh: pa.Table) -> pa.Table:
    for index, field in enumerate(fresh.schema):
        if field.name in schema.names and schema.field(field.name).type != field.type:
            kind = schema.field(field.name).type
            try:
                values = fresh.column(index).cast(kind)
            except pa.ArrowException:
                raise StudyError(
                    f"user column {field.name!r} holds {field.type}, in the study it is {kind}"
                ) from None
            fresh = fresh.set_column(index, schema.field(field.name), values)
    return fresh


def _fill(
    old: pa.Table, fresh: pa.Table, position: NDArray[np.int64], known: NDArray[np.int64]
) -> pa.Table | None:
    """Take uris and user columns of samples that are already there but lack them."""
    import pyarrow.compute as pc  # 60 ms that opening a study does without

    changed = False
    at = position[known]
    rows = np.full(old.num_rows, -1, np.int64)
    rows[at] = known
    pick = pa.array(rows, mask=rows < 0)
    for name in fresh.column_names:
        if name in ("sample_id", "true", "split"):
            continue
        given = fresh.column(name).take(pick)
        if name not in old.column_names:
            if len(known):
                old, changed = old.append_column(fresh.schema.field(name), given), True
            continue
        have = old.column(name)
        empty = pc.equal(have, "") if name == "uri" else pc.is_null(have)
        if name == "uri":
            usable = pc.fill_null(pc.not_equal(given, ""), False)
        else:
            usable = pc.is_valid(given)
        fill = pc.and_(empty, usable)
        if pc.any(fill).as_py():
            values = pc.if_else(fill, given, have)
            index = old.column_names.index(name)
            old, changed = old.set_column(index, old.schema.field(name), values), True
    return old if changed else None


def _texts(name: str, values: object, n: int) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        array = pa.array(values, pa.string())
    except (pa.ArrowException, TypeError) as error:
        raise StudyError(f"{name}: expected text for every sample: {error}") from None
    if len(array) != n:
        raise StudyError(f"{name} has {len(array)} rows, expected {n}")
    return array.fill_null("")


def _user_columns(columns: Mapping[str, Any] | pa.Table | None) -> list[tuple[str, pa.Array]]:
    if columns is None:
        return []
    items = (
        [(name, columns.column(name).combine_chunks()) for name in columns.column_names]
        if isinstance(columns, pa.Table)
        else list(columns.items())
    )
    made = []
    for name, values in items:
        try:
            made.append((name, pa.array(values)))
        except (pa.ArrowException, TypeError) as error:
            raise StudyError(f"user column {name!r} cannot be stored: {error}") from None
    return made
