"""Thumbnails of many images, made by several threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from classblocks.study.image_source import ImageSource
from classblocks.study.pixels import UnreadableImage
from classblocks.study.thumbnail_writer import ThumbnailWriter

if TYPE_CHECKING:
    from classblocks.study.study import Study

_THREADS = 4
_BATCH = 256
_COMMIT_EVERY = 64


def add_thumbnails(
    study: Study,
    source: ImageSource,
    image_of_row: NDArray[np.int64],
    sample_id: NDArray[np.int64],
    *,
    side: int = 64,
    progress: bool = True,
) -> tuple[int, list[str]]:
    """Add what is missing; return how many were added, and one line per unreadable image."""
    writer = ThumbnailWriter(study, side)
    todo = [
        (int(ids), int(image))
        for ids, image in zip(sample_id, image_of_row, strict=True)
        if image >= 0 and int(ids) not in writer
    ]
    unreadable: list[str] = []
    n_added = 0
    bar = tqdm(total=len(todo), desc="thumbnails", unit="img", disable=None if progress else True)
    with writer, bar, ThreadPoolExecutor(_THREADS) as pool:

        def encoded(pair: tuple[int, int]) -> bytes | str:
            try:
                return writer.encode(source.read_bytes(pair[1]), source.uri(pair[1]))
            except UnreadableImage as error:
                return str(error)

        for number, batch in enumerate(_batches(todo)):
            for (sample, _), data in zip(batch, pool.map(encoded, batch), strict=True):
                if isinstance(data, str):
                    unreadable.append(data)
                else:
                    writer.put(sample, data)
                    n_added += 1
            bar.update(len(batch))
            if number % _COMMIT_EVERY == _COMMIT_EVERY - 1:
                writer.checkpoint()
        writer.finish()
    return n_added, unreadable


def _batches(todo: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    for first in range(0, len(todo), _BATCH):
        yield todo[first : first + _BATCH]
