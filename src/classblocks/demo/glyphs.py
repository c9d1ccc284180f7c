"""Glyph shapes of the DejaVu faces that matplotlib carries, and what they say about classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont

from classblocks.demo.characters import Character

CANVAS = 64  # pixels; samples are drawn from these shapes at half the size
EM = 46
BASELINE = 45
NOT_A_CHARACTER = "\uffff"


@dataclass(frozen=True)
class Face:
    """One font file: its family is the latent subclass that a sample belongs to."""

    file: str
    font: str
    style: str


FACES = tuple(
    Face(f"DejaVu{part}{suffix}.ttf", font, style)
    for font, part, slanted in (
        ("sans", "Sans", "Oblique"),
        ("mono", "SansMono", "Oblique"),
        ("serif", "Serif", "Italic"),
    )
    for suffix, style in (
        ("", "regular"),
        ("-Bold", "bold"),
        (f"-{slanted}", "italic"),
        (f"-Bold{slanted}", "bold italic"),
    )
)


@dataclass(frozen=True)
class Shapes:
    """Coverage masks of every class in every face.

    Attributes
    ----------
    masks : (C, F, CANVAS, CANVAS) uint8, 255 inside the glyph; zero where the face lacks it
    has : (C, F) bool
    """

    masks: NDArray[np.uint8]
    has: NDArray[np.bool_]


def shapes(characters: Sequence[Character]) -> Shapes:
    """Render every character once in every face that has it.

    Notes
    -----
    A face lacks a character when it draws the same picture as for a code point that no font may
    define. Glyphs are centred by their ink from left to right and keep their height on the line,
    so that a comma and an apostrophe differ; classes made by direction are centred both ways.
    """
    fonts = [_font(face.file) for face in FACES]
    missing = [_ink(font, NOT_A_CHARACTER) for font in fonts]
    masks = np.zeros((len(characters), len(FACES), CANVAS, CANVAS), np.uint8)
    has = np.zeros((len(characters), len(FACES)), bool)
    for c, character in enumerate(characters):
        for f, font in enumerate(fonts):
            ink, top = _ink(font, character.glyph)
            if not ink.any() or np.array_equal(ink, missing[f][0]):
                continue
            has[c, f] = True
            masks[c, f] = np.rot90(_place(ink, None if character.upright else top), character.turn)
    absent = [
        character.name for character, row in zip(characters, has, strict=True) if not row.any()
    ]
    if absent:
        raise ValueError(f"no DejaVu face has {', '.join(absent[:5])}")
    return Shapes(masks, has)


def look_alikes(shapes: Shapes, tolerance: float = 0.02) -> list[list[int]]:
    """Group the classes that the faces draw alike.

    Parameters
    ----------
    tolerance : largest share of ink by which two glyphs of a group may differ, on average over
        the faces that have both

    Returns
    -------
    Groups of two or more class ids, each ascending, ordered by their first member
    """
    n = len(shapes.masks)
    ink = shapes.masks.sum((2, 3), dtype=np.int64) / 255  # (C, F)
    group_of = np.arange(n)
    for a in range(n):
        common = shapes.has[a] & shapes.has[a + 1 :]  # (C - a - 1, F)
        n_common = common.sum(1)
        least = (np.abs(ink[a + 1 :] - ink[a]) * common).sum(1)  # no pair differs by less
        near = least <= tolerance * (common * ink[a]).sum(1)
        for b in a + 1 + np.flatnonzero((n_common > 0) & near):
            faces = np.flatnonzero(shapes.has[a] & shapes.has[b])
            first = shapes.masks[a, faces].astype(np.int16)
            difference = np.abs(first - shapes.masks[b, faces]).sum((1, 2)) / 255
            if np.mean(difference / ink[a, faces]) <= tolerance:
                group_of[group_of == group_of[b]] = group_of[a]
    groups = [np.flatnonzero(group_of == g).tolist() for g in np.unique(group_of)]
    return sorted(group for group in groups if len(group) > 1)


def rotation_symmetric(shapes: Shapes, tolerance: float = 0.3) -> list[int]:
    """Find the classes whose centred ink looks the same after a quarter turn in every face."""
    found = []
    for c, (masks, has) in enumerate(zip(shapes.masks, shapes.has, strict=True)):
        if all(_turn_error(mask) <= tolerance for mask in masks[has]):
            found.append(c)
    return found


def _turn_error(mask: NDArray[np.uint8]) -> float:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if abs(len(rows) - len(columns)) > 2:
        return 1.0
    ink = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(ink.shape)
    square = np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BILINEAR))
    upright = square.astype(np.int16)
    return float(np.abs(upright - np.rot90(upright)).sum() / upright.sum())


def _place(ink: NDArray[np.uint8], top: int | None) -> NDArray[np.uint8]:
    """Put ink on the canvas: centred from left to right, and from the top unless ``top`` says."""
    height, width = ink.shape
    if max(height, width) > CANVAS:
        scale = CANVAS / max(height, width)
        size = int(width * scale), int(height * scale)
        ink = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR))
        height, width = ink.shape
    y = (CANVAS - height) // 2 if top is None else min(max(BASELINE + top, 0), CANVAS - height)
    x = (CANVAS - width) // 2
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    canvas[y : y + height, x : x + width] = ink
    return canvas


def _ink(font: ImageFont.FreeTypeFont, text: str) -> tuple[NDArray[np.uint8], int]:
    """Pixels of the bounding box of a text, and how far its top lies from the baseline."""
    mask, (_, top) = font.getmask2(text, mode="L", anchor="ls")
    width, height = mask.size
    if not width or not height:
        return np.zeros((0, 0), np.uint8), 0
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return np.zeros((0, 0), np.uint8), 0
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], int(top + rows[0])


@cache
def _font(file: str) -> ImageFont.FreeTypeFont:
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / file
    return ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.BASIC)
