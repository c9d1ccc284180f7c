"""Many thumbnails as one JPEG."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from classblocks.app.parameters import Parameters, RequestError

if TYPE_CHECKING:
    from classblocks.study.study import Study

MOST_TILES = 4_000
SIDES = range(8, 257)
_MOST_JPEG_SIDE = 65_500
_MOST_PIXELS = 64 * 2**20
_GROUND, _STRIPE = (128, 128, 128), (104, 104, 104)
_THREADS = 4


def reply(study: "Study", message: Any) -> bytes:  # noqa: ANN401
    """Answer one ``/api/sheet`` request, given as decoded JSON."""
    if not isinstance(message, dict):
        raise RequestError(f"a request is a JSON object, got {type(message).__name__}")
    parameters = Parameters("sheet", message)
    positions = parameters.ids("samples", study.samples.n, "samples of this study", MOST_TILES)
    side = parameters.integer("side", SIDES.stop, "sides", SIDES.start)
    columns = parameters.integer("columns", MOST_TILES + 1, "columns", 1)
    parameters.finish()
    return compose(study, positions.tolist(), side, columns)


def compose(study: "Study", positions: Sequence[int], side: int, columns: int) -> bytes:
    """Draw thumbnails as tiles of ``side`` pixels, row by row; a missing one is hatched."""
    if not positions:
        raise RequestError("sheet: 'samples' is empty")
    width = min(columns, len(positions)) * side
    height = -(-len(positions) // columns) * side
    if max(width, height) > _MOST_JPEG_SIDE or width * height > _MOST_PIXELS:
        raise RequestError(
            f"sheet: {width} x {height} pixels, at most {_MOST_JPEG_SIDE} a side and "
            f"{_MOST_PIXELS >> 20} million in all"
        )
    page = Image.new("RGB", (width, height), _GROUND)
    sample_ids = study.samples.sample_id[list(positions)].tolist()

    def draw(slots: range) -> None:
        for slot in slots:
            tile = _tile(study.thumbnails.read(sample_ids[slot]), side)
            page.paste(tile, (slot % columns * side, slot // columns * side))

    with ThreadPoolExecutor(_THREADS) as pool:
        shares = [range(first, len(positions), _THREADS) for first in range(_THREADS)]
        for _ in pool.map(draw, shares):
            pass
    encoded = io.BytesIO()
    page.save(encoded, "JPEG", quality=85)
    return encoded.getvalue()


def _tile(jpeg: bytes | None, side: int) -> Image.Image:
    if jpeg is None:
        return _hatched(side)
    try:
        image = Image.open(io.BytesIO(jpeg))
        image.draft("RGB", (side, side))
        tile = image.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return _hatched(side)
    if tile.size == (side, side):
        return tile
    scale = side / max(tile.size)
    size = (max(1, round(tile.width * scale)), max(1, round(tile.height * scale)))
    fitted = tile.resize(size, Image.Resampling.BILINEAR)
    if size == (side, side):
        return fitted
    ground = Image.new("RGB", (side, side), _GROUND)
    ground.paste(fitted, ((side - size[0]) // 2, (side - size[1]) // 2))
    return ground


@lru_cache(maxsize=16)
def _hatched(side: int) -> Image.Image:
    tile = Image.new("RGB", (side, side), _GROUND)
    pen = ImageDraw.Draw(tile)
    step = max(4, side // 8)
    for offset in range(-side, side, step):
        pen.line([(offset, side), (offset + side, 0)], fill=_STRIPE, width=max(1, step // 4))
    return tile
