"""A report for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from classblocks.app.report.section import Section
from classblocks.app.report.sections import sections


def text(facts: Mapping[str, Any]) -> str:
    """Lay a report out in lines."""
    lines = [f"{facts['study']} · {facts['result']}", heading(facts)]
    for section in sections(facts):
        lines += ["", *section_lines(section)]
    return "\n".join(lines)


def heading(facts: Mapping[str, Any]) -> str:
    """Tell how much there is."""
    empty = facts["n_classes_without_samples"]
    return (
        f"{facts['n_samples']:,} samples, {facts['n_classes']:,} classes"
        + (f" ({empty:,} without samples)" if empty else "")
        + f", hierarchy {facts['hierarchy']}"
    )


def section_lines(section: Section) -> Iterator[str]:
    """Lay one table out in lines."""
    yield section.title
    table = [section.columns, *section.rows] if any(section.columns) else list(section.rows)
    widths = [max(len(row[column]) for row in table) for column in range(len(section.columns))]
    for row in table:
        cells = [
            f"{cell:<{width}}" if column in section.left else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
    yield from section.notes
