"""One titled table of a report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One table; `left` are the columns of words, the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: tuple[int, ...] = (0,)
    notes: tuple[str, ...] = ()
