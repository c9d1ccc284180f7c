"""A report as one page that needs nothing else."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from classblocks.app.report.section import Section
from classblocks.app.report.sections import sections
from classblocks.app.report.text import heading

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 }
h2 { font-size: 1rem; margin: 2rem 0 .4rem }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { padding: .15rem .9rem .15rem 0; text-align: right; white-space: pre; font-weight: 400 }
th { opacity: .65; border-bottom: 1px solid color-mix(in srgb, currentColor 30%, transparent) }
.words { text-align: left }
p { margin: .3rem 0; opacity: .75 }
"""


def html(facts: Mapping[str, Any]) -> str:
    """Lay a report out as a page; all names are escaped."""
    title = escape(f"{facts['study']} · {facts['result']}")
    body = "\n".join(line for section in sections(facts) for line in _part(section))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n<p>{escape(heading(facts))}</p>\n{body}\n</body>\n</html>\n"
    )


def _part(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    if section.rows:
        yield "<table>"
        if any(section.columns):
            yield _row(section, section.columns, "th", ' scope="col"')
        for row in section.rows:
            yield _row(section, row, "td", "")
        yield "</table>"
    for note in section.notes:
        yield f"<p>{escape(note)}</p>"


def _row(section: Section, cells: tuple[str, ...], tag: str, more: str) -> str:
    parts = (
        f"<{tag}{more}{' class=words' if column in section.left else ''}>{escape(cell)}</{tag}>"
        for column, cell in enumerate(cells)
    )
    return f"<tr>{''.join(parts)}</tr>"
