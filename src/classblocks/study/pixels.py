"""Image bytes to pixels, refusing what cannot or must not be decoded."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 64_000_000


class UnreadableImage(ValueError):
    """An image cannot be decoded; says which and why."""


def decode(data: bytes, name: str, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Return the RGB pixels of an encoded image; `name` is what the error calls it."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > most_pixels:
                raise UnreadableImage(
                    f"{name}: {width} x {height} pixels, at most {most_pixels} are read"
                )
            # Pillow warns about palettes with transparency unless they pass through RGBA.
            return (image.convert("RGBA") if image.mode == "P" else image).convert("RGB")
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(f"{name}: not an image ({len(data)} bytes)") from None
    # Pillow's decoders raise what they like on damaged files: OSError, SyntaxError, struct.error …
    except Exception as error:
        raise UnreadableImage(f"{name}: {error or type(error).__name__}") from None
