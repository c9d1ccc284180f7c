"""Small JPEGs of the samples: many in one shard, found by sample id or by content."""

from __future__ import annotations

import hashlib
import io
import os
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from classblocks.study.atomic import locked, remove_temporaries, sync_directory, write_table
from classblocks.study.format import THUMBNAILS, StudyError
from classblocks.study.numbers import numbers
from classblocks.study.pixels import decode

if TYPE_CHECKING:
    from classblocks.study.study import Study

INDEX_FILE = "index.parquet"
SHARD_BYTES = 64 << 20
_QUALITY = 85
# A small JPEG can carry large metadata; beyond this it is encoded anew.
_MOST_BYTES_PER_PIXEL = 4
_SCHEMA = pa.schema(
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
            return {field.name: np.empty(0, field.type.to_pandas_dtype()) for field in _SCHEMA}
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


class ThumbnailWriter:
    """Adds thumbnails in a shard of its own; what is committed stays readable throughout."""

    def __init__(self, study: Study, side: int = 64) -> None:
        if not 1 <= side <= 1024:
            raise StudyError(f"thumbnail side: expected 1 to 1024 pixels, got {side}")
        self._directory = study.path / THUMBNAILS
        self._directory.mkdir(exist_ok=True)
        self._study = study
        self._side = side
        columns = read_index(self._directory)
        self._known = set(columns.column("sample_id").to_pylist())
        self._new: list[tuple[int, int, int, int, int]] = []
        self._place_of_hash: dict[int, tuple[int, int, int]] = {}
        self._file: BinaryIO | None = None
        self._shard = -1

    def __contains__(self, sample_id: int) -> bool:
        return sample_id in self._known

    def add(self, sample_id: int, image: Image.Image | bytes) -> None:
        """Add one image, scaled down to fit; nothing happens if the sample has a thumbnail."""
        if sample_id not in self._known:
            self.put(sample_id, self.encode(image))

    def encode(self, image: Image.Image | bytes, name: str = "thumbnail") -> bytes:
        """Scale down and encode; several threads may do this at once."""
        return _jpeg(image, self._side, name)

    def put(self, sample_id: int, data: bytes) -> None:
        """Add what `encode` gave."""
        if sample_id in self._known:
            return
        content_hash = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
        place = self._place_of_hash.get(content_hash)
        if place is None:
            place = self._append(data)
            self._place_of_hash[content_hash] = place
        self._known.add(sample_id)
        self._new.append((sample_id, *place, content_hash))

    def checkpoint(self) -> None:
        """Make everything added so far readable and safe."""
        if not self._new:
            return
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            sync_directory(self._directory)
        fresh = pa.table(
            [
                pa.array(column, field.type)
                for column, field in zip(zip(*self._new, strict=True), _SCHEMA, strict=True)
            ],
            schema=_SCHEMA,
        )
        with locked(self._directory / ".lock"):
            remove_temporaries(self._directory / INDEX_FILE)
            index = read_index(self._directory)
            there = np.isin(fresh.column("sample_id").to_numpy(), index.column("sample_id"))
            index = pa.concat_tables([index, fresh.filter(pa.array(~there))])
            write_table(self._directory / INDEX_FILE, index.combine_chunks())
        self._new.clear()

    def finish(self) -> None:
        """Commit and close."""
        self.checkpoint()
        self.close()
        self._study.refresh()

    def close(self) -> None:
        """Close without committing what was added since the last checkpoint."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _append(self, data: bytes) -> tuple[int, int, int]:
        if self._file is not None and self._file.tell() + len(data) > SHARD_BYTES:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None
        if self._file is None:
            self._shard, self._file = _new_shard(self._directory, self._shard + 1)
        offset = self._file.tell()
        self._file.write(data)
        return self._shard, offset, len(data)


def shard_name(shard: int) -> str:
    """Name of the file that holds shard number `shard`."""
    return f"{shard:03d}.bin"


def read_index(directory: Path) -> pa.Table:
    """Return the rows that say where each thumbnail lies; no rows where there is no index."""
    path = directory / INDEX_FILE
    if not path.exists():
        return _SCHEMA.empty_table()
    try:
        # Not mapped: the file is replaced while others read it, which some systems refuse.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise StudyError(f"{path} is not complete Parquet: {error}") from None
    if not table.schema.equals(_SCHEMA):
        raise StudyError(f"{path}: expected columns {_SCHEMA.names}, got {table.schema.names}")
    return table


def _new_shard(directory: Path, first: int) -> tuple[int, BinaryIO]:
    shard = first
    while True:
        try:
            return shard, (directory / shard_name(shard)).open("xb")
        except FileExistsError:
            shard += 1


def _jpeg(image: Image.Image | bytes, side: int, name: str) -> bytes:
    if isinstance(image, bytes):
        if _is_thumbnail(image, side):
            return image
        image = decode(image, name)
    small = image if image.mode in ("L", "RGB") else image.convert("RGB")
    if max(small.size) > side:
        small = small.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _is_thumbnail(data: bytes, side: int) -> bool:
    """Whether `data` already is a whole JPEG, small and light enough to be kept as it is."""
    if len(data) > max(4096, _MOST_BYTES_PER_PIXEL * side * side):
        return False
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if image.mode not in ("L", "RGB") or max(image.size) > side:
                return False
            image.load()
            return True
    # Pillow's decoders raise what they like on damaged files; decode says what is wrong.
    except Exception:
        return False


def _sorted(keys: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    return keys[order], order
