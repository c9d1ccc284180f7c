"""From glyph shapes to small colour images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classblocks.demo.characters import Character, colour
from classblocks.demo.glyphs import CANVAS, FACES, Shapes

SIDE = CANVAS // 2
CHUNK = 1024  # images painted at once: arrays that fit a processor cache
BACKGROUNDS = ("flat", "gradient", "noise")
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Painted:
    """Images and how each was made; rows in the order of the drawn classes."""

    images: NDArray[np.uint8]  # (n, SIDE, SIDE, 3)
    face: NDArray[np.intp]  # (n,) index into FACES
    background: NDArray[np.intp]  # (n,) index into BACKGROUNDS


def paint(
    characters: tuple[Character, ...],
    shapes: Shapes,
    drawn: NDArray[np.int32],
    rng: np.random.Generator,
) -> Painted:
    """Draw one image per entry of ``drawn`` (class ids).

    Notes
    -----
    Foreground and background differ by at least 65 of 255 in luma. A class made by its colour has
    its hue fixed and its luma drawn as for every other class, so that grey images do not tell it.
    A class made by direction is shifted and scaled, never rotated or sheared.
    """
    parts = [
        _paint(characters, shapes, drawn[start : start + CHUNK], rng)
        for start in range(0, len(drawn), CHUNK)
    ]
    return Painted(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _paint(
    characters: tuple[Character, ...],
    shapes: Shapes,
    drawn: NDArray[np.int32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]:
    n = len(drawn)
    face = _choose_faces(shapes.has[drawn], rng)
    upright = np.array([c.upright for c in characters])[drawn]
    coverage = _distort(shapes, drawn, face, upright, rng)  # (n, SIDE, SIDE)
    ink_luma, ground_luma = _lumas(n, rng)
    hue = np.array([-1 if c.hue is None else c.hue for c in characters])[drawn]
    ink = _with_luma(_bases(hue, rng), ink_luma)  # (n, 3)
    background = rng.integers(len(BACKGROUNDS), size=n)
    images = _ground(ground_luma, background, rng)  # (n, SIDE, SIDE, 3)
    images += (ink[:, None, None].astype(np.float32) - images) * coverage[..., None]
    np.rint(images, out=images).clip(0, 255, out=images)
    return images.astype(np.uint8), face, background


def _choose_faces(has: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Pick a family first, then a style of it, each among those that have the glyph."""
    families = np.array([face.font for face in FACES])
    share = np.zeros(has.shape)
    for font in np.unique(families):
        own = has & (families == font)  # (n, F)
        share += own / np.maximum(own.sum(1, keepdims=True), 1)
    bound = np.cumsum(share, 1)
    chosen: NDArray[np.intp] = (rng.random((len(has), 1)) * bound[:, -1:] >= bound).sum(1)
    return chosen


def _distort(
    shapes: Shapes,
    drawn: NDArray[np.int32],
    face: NDArray[np.intp],
    upright: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    n = len(drawn)
    angle = np.where(upright, 0, rng.uniform(-0.16, 0.16, n))  # radians, about 9 degrees
    shear = np.where(upright, 0, rng.uniform(-0.1, 0.1, n))
    scale = rng.uniform(0.82, 1.12, n)
    shift = rng.uniform(-4, 4, (n, 2))
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    a, b, d, e = cos, sin + shear * cos, -sin, cos - shear * sin
    middle = CANVAS / 2
    c = middle - a * (middle + shift[:, 0]) - b * (middle + shift[:, 1])
    f = middle - d * (middle + shift[:, 0]) - e * (middle + shift[:, 1])
    affine = np.stack([a, b, c, d, e, f], 1).tolist()
    coverage = np.empty((n, SIDE, SIDE), np.uint8)
    for i in range(n):
        shape = Image.fromarray(shapes.masks[drawn[i], face[i]])
        turned = shape.transform(
            (CANVAS, CANVAS), Image.Transform.AFFINE, affine[i], Image.Resampling.BILINEAR
        )
        coverage[i] = np.asarray(turned.reduce(2))
    return coverage.astype(np.float32) / np.float32(255)


def _lumas(n: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Luma of ink, 40..215, and of the ground, at least 65 away from it."""
    ink = rng.uniform(40, 215, n)
    below, above = np.maximum(ink - 65 - 10, 0), np.maximum(245 - (ink + 65), 0)
    position = rng.random(n) * (below + above)
    ground = np.where(position < below, 10 + position, ink + 65 + position - below)
    return ink, ground


def _bases(hue: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.float64]:
    """Colours 0..1: full ones where the hue is given, else random and often pale."""
    bases = rng.random((len(hue), 3))
    for degrees in np.unique(hue[hue >= 0]):
        chosen = hue == degrees
        near = degrees + rng.integers(-5, 6, int(chosen.sum()))
        bases[chosen] = [colour(int(h) % 360) for h in near]
    return bases


def _with_luma(base: NDArray[np.float64], luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Darken towards black or lighten towards white until the luma is right; hue stays."""
    own = 255 * np.maximum(base @ LUMA, 1e-3)[:, None]
    luma = luma[:, None]
    darker = 255 * base * luma / own
    lighter = 255 * base + (255 - 255 * base) * (luma - own) / np.maximum(255 - own, 1e-3)
    colours: NDArray[np.float64] = np.where(luma <= own, darker, lighter)
    return colours


def _ground(
    luma: NDArray[np.float64], background: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float32]:
    n = len(luma)
    ground = np.empty((n, SIDE, SIDE, 3), np.float32)
    base = rng.random((n, 3))
    ground[:] = _with_luma(base, luma)[:, None, None]

    gradient = background == BACKGROUNDS.index("gradient")
    m = int(gradient.sum())
    direction = rng.uniform(0, 2 * np.pi, m)
    axis = np.linspace(-1, 1, SIDE)
    along = (
        np.cos(direction)[:, None, None] * axis + np.sin(direction)[:, None, None] * axis[:, None]
    )
    slope = rng.uniform(-22, 22, (m, 3))
    ground[gradient] += (along[..., None] * slope[:, None, None]).astype(np.float32)

    noisy = background == BACKGROUNDS.index("noise")
    m = int(noisy.sum())
    coarse = rng.integers(-14, 15, (m, SIDE // 4, SIDE // 4, 3), dtype=np.int8)
    fine = rng.integers(-9, 10, (m, SIDE, SIDE, 3), dtype=np.int8)
    ground[noisy] += coarse.repeat(4, 1).repeat(4, 2) + fine
    return ground
