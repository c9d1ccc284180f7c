"""Image bytes to pixels, refusing what cannot or must not be decoded."""

from __future__ import annotations

import io
import warnings

from PIL import Image

MOST_PIXELS = 64_000_000


class UnreadableImage(ValueError):
    """An image cannot be decoded; says which and why."""


def decode(data: bytes, name: str, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Return the RGB pixels of an encoded image; `name` is what the error calls it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
                if width * height > most_pixels:
                    raise UnreadableImage(
                        f"{name}: {width} x {height} pixels, at most {most_pixels} are read"
                    )
                return image.convert("RGB")
    except UnreadableImage:
        raise
    # Pillow's decoders raise what they like on damaged files: OSError, SyntaxError, struct.error …
    except Exception as error:
        raise UnreadableImage(f"{name}: {error or type(error).__name__}") from None
