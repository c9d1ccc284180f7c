"""Images decoded once and kept as uint8 in a file that is mapped into memory."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from classblocks.nn.arrays import ArrayImages
from classblocks.study.format import Classes
from classblocks.study.images import ImageSource, UnreadableImage

CHUNK = 64  # images that one thread decodes in a row
LOOKED_AT = 32  # images whose bytes decide whether decoded pixels are still those of the source


@dataclass(frozen=True)
class Pixels:
    """One split, decoded.

    Attributes
    ----------
    images : (n, side, side, 3) uint8, mapped from a file
    true : (n,) int64 class ids
    rows : (n,) int64, positions in the source; images that cannot be read are left out
    unreadable : how many were left out
    """

    images: NDArray[np.uint8]
    true: NDArray[np.int64]
    rows: NDArray[np.int64]
    unreadable: int

    def source(self, images: ImageSource) -> ArrayImages:
        """Give these pixels the ids, places and columns of the source they were decoded from."""
        uris = images.uris()
        columns = images.columns
        return ArrayImages(
            self.images,
            self.true,
            sample_id=images.sample_id[self.rows],
            uris=[uris[i] for i in self.rows],
            columns=None if columns is None else columns.take(self.rows),
        )


def decoded(
    images: ImageSource,
    true: NDArray[np.int32],
    side: int,
    cache: Path,
    *,
    rows: NDArray[np.int64] | None = None,
    progress: bool = True,
) -> Pixels:
    """Decode images, or map what an earlier run decoded.

    Parameters
    ----------
    true : (n,) class ids of the source's images
    side : pixels of the kept middle square, after the shorter side is resized to it
    cache : folder for the decoded pixels; files are named after what they were made from
    rows : positions in the source; None means all

    Raises
    ------
    ValueError
        None of the images can be read.
    """
    rows = np.arange(images.n, dtype=np.int64) if rows is None else np.asarray(rows, np.int64)
    name = _key(images, side, rows)
    pixels, kept = cache / f"{name}.npy", cache / f"{name}-rows.npy"
    if not (pixels.exists() and kept.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        _write(images, side, rows, pixels, kept, progress)
    found = np.load(kept)
    if not len(found):
        raise ValueError(f"none of the {len(rows)} images can be read")
    mapped = np.load(pixels, mmap_mode="r")[: len(found)]
    return Pixels(mapped, true[found].astype(np.int64), found, len(rows) - len(found))


def stratified(
    true: NDArray[np.int32], share: float, seed: int, classes: Classes
) -> NDArray[np.int64]:
    """Positions of a share of the images, the same in every class and at least one each.

    Returns
    -------
    (m,) int64, ascending; a smaller share of the same seed is part of a larger one
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(true))
    chosen = []
    by_class = order[np.argsort(true[order], kind="stable")]
    counts = np.bincount(true, minlength=len(classes))
    first = 0
    for count in counts.tolist():
        if count:
            chosen.append(by_class[first : first + max(1, round(share * count))])
        first += count
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _key(images: ImageSource, side: int, rows: NDArray[np.int64]) -> str:
    """Name what the pixels are made from: places of all images, bytes of some of them."""
    what = hashlib.sha256(json.dumps([side, images.n]).encode())
    for uri in images.uris():
        what.update(f"{uri}\0".encode())
    what.update(rows.tobytes())
    for row in np.unique(np.linspace(0, len(rows) - 1, LOOKED_AT).round().astype(int)):
        try:
            what.update(images.read_bytes(int(rows[row])))
        except UnreadableImage:
            continue
    return what.hexdigest()[:16]


def _write(
    images: ImageSource,
    side: int,
    rows: NDArray[np.int64],
    pixels: Path,
    kept: Path,
    progress: bool,
) -> None:
    part = pixels.with_suffix(f".{os.getpid()}.part")
    try:
        array = np.lib.format.open_memmap(part, "w+", np.uint8, (len(rows), side, side, 3))
        good = np.zeros(len(rows), bool)
        bar = tqdm(total=len(rows), desc="decoding", unit="image", disable=not progress)

        def chunk(first: int) -> int:
            stop = min(first + CHUNK, len(rows))
            for i in range(first, stop):
                try:
                    array[i] = _square(images.read(int(rows[i])), side)
                    good[i] = True
                except UnreadableImage:
                    continue
            return stop - first

        with bar, ThreadPoolExecutor(os.cpu_count() or 2, "decode") as pool:
            for done in pool.map(chunk, range(0, len(rows), CHUNK)):
                bar.update(done)
        if not good.all():  # the readable ones move together, in place
            for place, i in enumerate(np.flatnonzero(good)):
                array[place] = array[i]
        array.flush()
        listed = kept.with_suffix(f".{os.getpid()}.part")
        with listed.open("wb") as file:
            np.save(file, rows[good])
        part.replace(pixels)
        listed.replace(kept)
    finally:
        part.unlink(missing_ok=True)


def _square(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    width, height = picture.size
    if (width, height) != (side, side):
        scale = side / min(width, height)
        size = (max(side, round(width * scale)), max(side, round(height * scale)))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
        left, top = (size[0] - side) // 2, (size[1] - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
    return np.asarray(picture.convert("RGB"), np.uint8)
