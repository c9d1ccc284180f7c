"""Class names and keys from a text file or a table."""

from __future__ import annotations

from pathlib import Path

from classblocks.study.format import Classes, StudyError
from classblocks.study.table_file import read_lines, read_rows

_NUMBER_HEADERS = ("label", "class_id", "class", "id", "index")
_KEY_HEADERS = ("key", "wnid")


def read_classes(path: Path) -> Classes:
    """Read one name per line, or a table with `name` and, if known, `key` or `wnid` and `label`."""
    delimiter = {".tsv": "\t", ".csv": ","}.get(path.suffix.lower())
    if delimiter is None:
        lines = read_lines(path)
        if not lines:
            raise StudyError(f"{path} is empty: expected one class name per line")
        if "name" not in lines[0].split("\t"):
            return _classes(path, [(line, "") for line in lines])
        delimiter = "\t"
    header, rows = read_rows(path, delimiter)
    if "name" not in header:
        raise StudyError(f"{path}: column name missing; found {', '.join(header)}")
    name = header.index("name")
    key = next((header.index(h) for h in _KEY_HEADERS if h in header), None)
    number = next((header.index(h) for h in _NUMBER_HEADERS if h in header), None)
    if number is not None:
        rows = _sorted(path, rows, number)
    return _classes(path, [(row[name], "" if key is None else row[key]) for row in rows])


def _sorted(path: Path, rows: list[list[str]], column: int) -> list[list[str]]:
    """Put rows in the order of their class ids, which must be 0 … n − 1."""
    by_id: dict[int, list[str]] = {}
    for number, row in enumerate(rows):
        text = row[column]
        class_id = int(text) if text.isascii() and text.isdigit() else -1
        if class_id in by_id or not 0 <= class_id < len(rows):
            raise StudyError(
                f"{path}, row {number}: class number {text!r} is repeated or not in 0 to "
                f"{len(rows) - 1}"
            )
        by_id[class_id] = row
    return [by_id[class_id] for class_id in range(len(rows))]


def _classes(path: Path, pairs: list[tuple[str, str]]) -> Classes:
    try:
        return Classes.of(pairs)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
