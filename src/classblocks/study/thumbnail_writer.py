"""Add thumbnails to a study: scaled down, encoded, and appended to a shard."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np
import pyarrow as pa
from PIL import Image

from classblocks.study.atomic import locked, remove_temporaries, sync_directory, write_table
from classblocks.study.format import THUMBNAILS, StudyError
from classblocks.study.pixels import decode
from classblocks.study.thumbnails import INDEX_FILE, SCHEMA, read_index, shard_name

if TYPE_CHECKING:
    from classblocks.study.study import Study

SHARD_BYTES = 64 << 20
_QUALITY = 85
# A small JPEG can carry large metadata; beyond this it is encoded anew.
_MOST_BYTES_PER_PIXEL = 4


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
                for column, field in zip(zip(*self._new, strict=True), SCHEMA, strict=True)
            ],
            schema=SCHEMA,
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
