"""Image bytes to pixels, refusing what cannot or must not be decoded."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 64_000_000
# The limit above is lower than the one Pillow warns of.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


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
            return _rgb(image, name)
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(f"{name}: not an image ({len(data)} bytes)") from None
    # Pillow's decoders raise what they like on damaged files: OSError, SyntaxError, struct.error …
    except Exception as error:
        raise UnreadableImage(f"{name}: {error or type(error).__name__}") from None


def _rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow would turn everything above 255 of 65,535 into white.
        grey = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("I", "F"):
        raise UnreadableImage(f"{name}: pixels of 32 bits, whose range is unknown")
    # Pillow warns about palettes with transparency unless they pass through RGBA.
    return (image.convert("RGBA") if image.mode == "P" else image).convert("RGB")
