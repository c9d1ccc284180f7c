"""Numbers as JSON values and as readers see them; unknown is null and a dash."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from classblocks.core.interval import Estimate

LONGEST = 40
# They turn around what is printed after them.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def json_number(value: Any) -> float | None:  # noqa: ANN401
    """Give NaN and infinity as None."""
    return float(value) if math.isfinite(value) else None


def json_estimate(found: Estimate) -> dict[str, float | None]:
    """Give a value and the limits of its interval."""
    names = ("value", "low", "high")
    return {name: json_number(value) for name, value in zip(names, found, strict=True)}


def percent(rate: float | None) -> str:
    """Write a share."""
    return "–" if rate is None or math.isnan(rate) else f"{rate * 100:.1f} %"


def plain(value: float | None) -> str:
    """Write a number of any size."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.0f}"


def percent_interval(found: Mapping[str, Any], name: str = "value") -> str:
    """Write a share and its limits."""
    return _interval(found, name, 100, 1, " %")


def plain_interval(found: Mapping[str, Any]) -> str:
    """Write a mean and its limits."""
    return _interval(found, "value", 1, 3, "")


def _interval(found: Mapping[str, Any], name: str, scale: float, digits: int, unit: str) -> str:
    if found[name] is None:
        return "–"
    value = f"{found[name] * scale:.{digits}f}{unit}"
    if found["low"] is None:
        return value
    return f"{value} ({found['low'] * scale:.{digits}f}–{found['high'] * scale:.{digits}f})"


def counted(number: int, what: str, several: str | None = None) -> str:
    """Write a number of things."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def short(name: str) -> str:
    """Give the first of several synonyms, as WordNet lists them; it cannot steer a terminal."""
    first = name.split(", ")[0]
    cut = first if len(first) <= LONGEST else f"{first[: LONGEST - 1]}…"
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(letter) else letter for letter in cut)


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _DIRECTIONS
