"""Decode images ahead of the network, in a fixed order."""

import os
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from classblocks.nn.arrays import ArrayImages
from classblocks.nn.preprocess import Preprocess
from classblocks.study.images import ImageSource, UnreadableImage

AHEAD = 3  # batches that are decoded while the network works on one
CHUNK = 16  # images that one thread decodes in a row


@dataclass(frozen=True)
class Batch:
    """What could be read of the source's images ``start`` to ``stop``.

    Attributes
    ----------
    position : (B,) positions in the source, ascending
    inputs : (B, 3, H, W) float32; None if no image could be read
    pictures : those that were asked for as thumbnails, by position
    unreadable : reason by position
    """

    start: int
    stop: int
    position: NDArray[np.int64]
    inputs: Tensor | None
    pictures: dict[int, Image.Image] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)


def batches(
    source: ImageSource,
    preprocess: Callable[[Image.Image], Tensor],
    *,
    start: int = 0,
    batch_size: int = 256,
    keep_picture: Callable[[int], bool] = lambda position: False,
) -> Generator[Batch, None, None]:
    """Yield batches over source positions ``start`` to n; their bounds depend on nothing else.

    Parameters
    ----------
    keep_picture : whether the picture at a position is wanted too, for a thumbnail; called from
        several threads

    Raises
    ------
    ValueError
        Images of a batch have different sizes after preprocessing; names the first.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
    bounds = [(a, min(a + batch_size, source.n)) for a in range(start, source.n, batch_size)]
    if isinstance(source, ArrayImages) and isinstance(preprocess, Preprocess):
        if preprocess.fits(*source.images.shape[1:3]):
            yield from (_sliced(source, preprocess, a, b, keep_picture) for a, b in bounds)
            return
    pool = ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 2)), "decode")
    try:
        waiting: deque[tuple[int, int, list[Future[_Part]]]] = deque()
        for a, b in bounds:
            parts = [
                pool.submit(_decode, source, preprocess, c, min(c + CHUNK, b), keep_picture)
                for c in range(a, b, CHUNK)
            ]
            waiting.append((a, b, parts))
            if len(waiting) > AHEAD:
                yield _gathered(source, *waiting.popleft())
        while waiting:
            yield _gathered(source, *waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Part:
    inputs: dict[int, Tensor] = field(default_factory=dict)
    pictures: dict[int, Image.Image] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)


def _decode(
    source: ImageSource,
    preprocess: Callable[[Image.Image], Tensor],
    start: int,
    stop: int,
    keep_picture: Callable[[int], bool],
) -> _Part:
    part = _Part()
    for i in range(start, stop):
        try:
            picture = source.read(i)
        except UnreadableImage as error:
            part.unreadable[i] = str(error)
            continue
        part.inputs[i] = preprocess(picture)
        if keep_picture(i):
            part.pictures[i] = _small(picture)
    return part


def _small(picture: Image.Image) -> Image.Image:
    """Keep no more pixels than a thumbnail can use: a batch of photographs would be gigabytes."""
    if max(picture.size) > 128:
        picture.thumbnail((128, 128), Image.Resampling.LANCZOS)
    return picture


def _gathered(source: ImageSource, start: int, stop: int, parts: list[Future[_Part]]) -> Batch:
    whole = _Part()
    for future in parts:
        part = future.result()
        whole.inputs.update(part.inputs)
        whole.pictures.update(part.pictures)
        whole.unreadable.update(part.unreadable)
    first = next(iter(whole.inputs.values()), None)
    for i, tensor in whole.inputs.items():
        if first is not None and tensor.shape != first.shape:
            raise ValueError(
                f"{source.uri(i)} gives an input of shape {tuple(tensor.shape)}, the images before "
                f"it {tuple(first.shape)}: give a size that all images are brought to"
            )
    stacked = None if first is None else torch.stack(list(whole.inputs.values()))
    position = np.fromiter(whole.inputs, np.int64, len(whole.inputs))
    return Batch(start, stop, position, stacked, whole.pictures, whole.unreadable)


def _sliced(
    source: ArrayImages,
    preprocess: Preprocess,
    start: int,
    stop: int,
    keep_picture: Callable[[int], bool],
) -> Batch:
    position = np.arange(start, stop, dtype=np.int64)
    pictures = {i: source.read(i) for i in range(start, stop) if keep_picture(i)}
    return Batch(start, stop, position, preprocess.scale(source.images[start:stop]), pictures)
