"""Read CSV, TSV, Parquet and NPZ files into columns, with errors that say where."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from classblocks.study.format import StudyError

Column: TypeAlias = pa.ChunkedArray | NDArray[Any]
FORMATS = ".csv, .tsv (also .gz), .parquet or .npz"


def read_columns(path: Path, texts: Sequence[str] = ()) -> Mapping[str, Column]:
    """Read columns by name; those in `texts` stay text in CSV even if they look like numbers."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2 if packed else -1] if len(suffixes) > packed else ""
    if not path.is_file():
        raise StudyError(f"{path}: no such file")
    if kind in (".csv", ".tsv"):
        return _read_csv(path, "\t" if kind == ".tsv" else ",", texts)
    if kind == ".parquet" and not packed:
        return _read_parquet(path)
    if kind == ".npz" and not packed:
        return _read_npz(path)
    raise StudyError(f"{path}: expected {FORMATS}")


def _read_csv(path: Path, delimiter: str, texts: Sequence[str]) -> Mapping[str, Column]:
    try:
        table = pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in texts}
            ),
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StudyError(_csv_fault(path, delimiter) or f"{path}: {error}") from None
    return _by_name(path, table)


def _csv_fault(path: Path, delimiter: str) -> str | None:
    """Find the first line with another number of values than the header."""
    opened = gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")
    try:
        with opened as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, delimiter=delimiter)
            header = next(reader, None)
            if header is None:
                return f"{path} is empty"
            for row in reader:
                if row and len(row) != len(header):
                    return (
                        f"{path}, line {reader.line_num}: expected {len(header)} values as in the "
                        f"header, got {len(row)}"
                    )
    except UnicodeDecodeError as error:
        return f"{path} is not UTF-8 text: {error.reason} at byte {error.start}"
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        return f"{path} is not a complete file: {error}"
    return None


def _read_parquet(path: Path) -> Mapping[str, Column]:
    try:
        return _by_name(path, pq.read_table(path, memory_map=True))
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{path} is not complete Parquet: {error}") from None


def _by_name(path: Path, table: pa.Table) -> Mapping[str, Column]:
    columns: dict[str, Column] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name.strip() in columns:
            raise StudyError(f"{path}: column {name.strip()!r} occurs twice")
        columns[name.strip()] = (
            column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        )
    return columns


def _read_npz(path: Path) -> Mapping[str, Column]:
    columns: dict[str, Column] = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if not isinstance(arrays, np.lib.npyio.NpzFile):
                raise StudyError(f"{path}: expected named arrays, got a single one")
            for name in arrays.files:
                try:
                    columns[name] = arrays[name]
                except ValueError:
                    raise StudyError(
                        f"{path}: array {name!r} holds Python objects, which are not read; save "
                        "numbers or fixed-width text"
                    ) from None
    except StudyError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise StudyError(f"{path} is not a complete NPZ file: {error}") from None
    return columns


def read_rows(path: Path, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """Read a small text table: its header and its rows."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, delimiter=delimiter)
            header = [name.strip() for name in next(reader, [])]
            rows = []
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise StudyError(
                        f"{path}, line {reader.line_num}: expected {len(header)} values as in the "
                        f"header, got {len(row)}"
                    )
                rows.append([value.strip() for value in row])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StudyError(f"{path} cannot be read: {error}") from None
    if not header:
        raise StudyError(f"{path} is empty")
    return header, rows


def read_lines(path: Path) -> list[str]:
    """Read the lines of a small text file that are not empty."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from None
    return [line.strip() for line in lines if line.strip()]
