"""Raw files that grow batch by batch and can be cut back to a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from classblocks.study.atomic import npy_header
from classblocks.study.format import StudyError

HEADER = 128


class GrowingArray:
    """Rows of one width and type behind a .npy header that is filled in at the end."""

    def __init__(self, path: Path, dtype: DTypeLike, width: int | None, rows: int) -> None:
        self.path = path
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._width = width
        self._row_bytes = self._dtype.itemsize * (1 if width is None else width)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not "ab": appending ignores seek, and the header is rewritten in place.
        self._file = path.open("r+b" if path.exists() else "w+b")
        size = self._file.seek(0, os.SEEK_END)
        wanted = HEADER + rows * self._row_bytes
        if rows and size < wanted:
            self._file.close()
            raise StudyError(f"{path} has {size} bytes, its checkpoint needs {wanted}")
        if size < HEADER:
            self._file.seek(0)
            self._file.write(npy_header(self._shape(rows), self._dtype, HEADER))
        self._file.truncate(wanted)
        self._file.seek(wanted)

    def append(self, values: NDArray[Any]) -> None:
        """Write rows at the end."""
        data = np.ascontiguousarray(values, self._dtype)
        self._file.write(data.reshape(-1).view(np.uint8).data)

    def read(self, rows: int) -> NDArray[Any]:
        """Give a copy of the first `rows` rows."""
        self._file.flush()
        size = rows * (1 if self._width is None else self._width)
        flat = np.fromfile(self.path, self._dtype, size, offset=HEADER)
        return flat.reshape(self._shape(rows))

    def sync(self) -> None:
        """Wait until all rows are on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def seal(self, rows: int) -> NDArray[Any]:
        """Write the header for `rows` rows and give the finished array, mapped."""
        self._file.seek(0)
        self._file.write(npy_header(self._shape(rows), self._dtype, HEADER))
        self._file.seek(0, os.SEEK_END)
        self.sync()
        shape = self._shape(rows)
        if 0 in shape:
            return np.empty(shape, self._dtype)
        return np.memmap(self.path, self._dtype, "r", offset=HEADER, shape=shape)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _shape(self, rows: int) -> tuple[int, ...]:
        return (rows,) if self._width is None else (rows, self._width)
