"""Writes that are there completely or not at all, also after a power cut."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import DTypeLike, NDArray

from classblocks.study.format import StudyError
from classblocks.study.numbers import is_text

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

TEMPORARY_SUFFIX = ".tmp"
ROW_GROUP = 1 << 20
_serial = itertools.count()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it takes the place of `path`."""
    name = f".{path.name}.{os.getpid()}-{next(_serial)}{TEMPORARY_SUFFIX}"
    temporary = path.with_name(name)
    try:
        yield temporary
        sync_file(temporary)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        # Neither NumPy nor Arrow says which file it was.
        reason = error.strerror or str(error)
        raise OSError(f"{path} cannot be written: {reason}") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def remove_temporaries(path: Path) -> None:
    """Remove what killed writes of `path` left; only for who holds the lock of its writers."""
    for left in path.parent.glob(f".{path.name}.*{TEMPORARY_SUFFIX}"):
        left.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, obj: object) -> None:
    """Put `obj` at `path` as strict JSON: NaN and infinity are refused."""
    write_bytes(path, json_bytes(obj, path))


def json_bytes(obj: object, path: Path) -> bytes:
    """`obj` as the JSON text that goes to `path`."""
    try:
        text = json.dumps(obj, allow_nan=False, ensure_ascii=False, indent=1)
        return (text + "\n").encode()
    except (TypeError, ValueError) as error:
        raise StudyError(f"{path}: cannot be written as JSON: {error}") from None


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read JSON, naming the file in every error."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StudyError(f"{path} is missing") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StudyError(f"{path} is not complete JSON: {error}") from None


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    obj = read_json(path)
    if not isinstance(obj, dict):
        raise StudyError(f"{path}: expected a JSON object, got {type(obj).__name__}")
    return obj


def write_table(path: Path, table: pa.Table) -> None:
    """Put `table` at `path` as Parquet that reads back at the speed of memory."""
    with replacing(path) as temporary, parquet_writer(temporary, table.schema) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet file whose numbers are plain and uncompressed; only texts are compressed."""
    texts = [field.name for field in schema if is_text(field.type)]
    compression = {field.name: "LZ4" if field.name in texts else "NONE" for field in schema}
    return pq.ParquetWriter(path, schema, compression=compression, use_dictionary=texts)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Put `array` at `path` as .npy."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(npy_header(array.shape, array.dtype))
        # ndarray.tofile reports a full disk as a plain count; write raises OSError.
        file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any], size: int = 128) -> bytes:
    """Make a .npy header of exactly `size` bytes, to be written before the length is known."""
    descr = np.lib.format.dtype_to_descr(dtype)
    text = repr({"descr": descr, "fortran_order": False, "shape": tuple(shape)})
    body = text.encode("latin1").ljust(size - 11) + b"\n"
    if len(body) + 10 != size:
        raise StudyError(f"array header for shape {shape} does not fit {size} bytes")
    return np.lib.format.magic(1, 0) + len(body).to_bytes(2, "little") + body


def read_array(
    path: Path, shape: tuple[int, ...], dtype: DTypeLike, mmap: bool = True
) -> NDArray[Any]:
    """Open a .npy file that must hold `shape` and `dtype`; never unpickles."""
    try:
        mode: Literal["r"] | None = "r" if mmap and 0 not in shape else None
        array = np.load(path, mmap_mode=mode, allow_pickle=False)
    except FileNotFoundError:
        raise StudyError(f"{path} is missing") from None
    except (ValueError, EOFError, OSError) as error:
        raise StudyError(f"{path} is not a complete array: {error}") from None
    if array.shape != shape or array.dtype != np.dtype(dtype):
        raise StudyError(
            f"{path}: expected {np.dtype(dtype)} {shape}, got {array.dtype} {array.shape}"
        )
    return array  # type: ignore[no-any-return]


def sync_file(path: Path) -> None:
    """Wait until the content of `path` is on disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until the names in the directory `path` are on disk."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, busy: str | None = None) -> Iterator[None]:
    """Hold the lock file `path`; wait for it, or raise `busy` if another holder has it."""
    with path.open("ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
            except BlockingIOError:
                raise StudyError(busy) from None
        yield
