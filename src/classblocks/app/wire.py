"""Columns to one Arrow IPC stream, by the rules that make decoding in the browser zero-copy."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

WIRE_VERSION = 1

Column = NDArray[Any] | Sequence[str]

_FIXED_WIDTH = frozenset(
    np.dtype(name) for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32")
)


@dataclass(frozen=True)
class Reply:
    """Answer to one request: equally long columns and text metadata."""

    kind: str
    columns: Mapping[str, Column]
    metadata: Mapping[str, str] = field(default_factory=dict)


def id_dtype(n_classes: int) -> np.dtype[Any]:
    """Return the integer type of class ids on the wire."""
    return np.dtype(np.uint16 if n_classes <= 65_535 else np.int32)


def rank_dtype(n_classes: int) -> np.dtype[Any]:
    """Return the integer type of ranks on the wire; -1 must fit."""
    return np.dtype(np.int16 if n_classes <= 32_767 else np.int32)


def encode(reply: Reply) -> bytes:
    """Write a reply as one uncompressed Arrow stream with exactly one batch."""
    return b"".join(pieces(reply))


def pieces(reply: Reply) -> list[memoryview]:
    """Write a reply as ``encode`` does, in pieces that share the memory of its columns."""
    arrays = {name: _array(name, column) for name, column in reply.columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise TypeError(f"columns of {reply.kind!r} differ in length: {lengths}")
    metadata = {**reply.metadata, "kind": reply.kind, "version": str(WIRE_VERSION)}
    schema = pa.schema(
        [pa.field(name, array.type, nullable=False) for name, array in arrays.items()],
        metadata=metadata,
    )
    batch = pa.record_batch(list(arrays.values()), schema=schema)
    sink = _Pieces()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as writer:
        writer.write_batch(batch)
    return sink.written


class _Pieces(io.RawIOBase):
    """A file that keeps what is written to it, without copies of large buffers."""

    def __init__(self) -> None:
        self.written: list[memoryview] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401
        # Arrow gives away its buffers, which live on with their views; bytes are its own copies.
        piece = memoryview(data).cast("B")
        self.written.append(piece)
        return len(piece)


def arrow_numbers(values: NDArray[Any]) -> pa.Array:
    """Wrap a NumPy array; unlike ``pa.array`` this does not import pandas where there is one."""
    contiguous = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(contiguous.dtype)
    return pa.Array.from_buffers(kind, contiguous.size, [None, pa.py_buffer(contiguous)])


def _arrow_texts(texts: Sequence[str]) -> pa.Array:
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _array(name: str, column: Column) -> pa.Array:
    if isinstance(column, np.ndarray):
        if column.dtype not in _FIXED_WIDTH or column.ndim != 1:
            raise TypeError(f"column {name!r} is {column.dtype} with shape {column.shape}")
        return arrow_numbers(column)
    if None in column:
        raise TypeError(f"column {name!r} has nulls")
    return _arrow_texts(column)
