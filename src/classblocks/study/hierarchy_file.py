"""Hierarchies that users bring: WordNet ids, nested JSON, paths, child and parent."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from classblocks.core import nested_json
from classblocks.core.hierarchy import Hierarchy
from classblocks.study.format import Classes, StudyError
from classblocks.study.table_file import read_lines, read_rows

WORDNET = "wordnet"
_SYNSET = re.compile(r"n[0-9]{8}")
_Make = Callable[[Sequence[str]], Hierarchy]


def read_hierarchy(source: str, classes: Classes) -> tuple[str, Hierarchy]:
    """Return a name and a contracted hierarchy for `wordnet` or a file."""
    if source == WORDNET:
        return WORDNET, _wordnet(classes)
    path = Path(source)
    if not path.is_file():
        raise StudyError(f"hierarchy {source!r}: expected {WORDNET!r} or a file, there is none")
    try:
        hierarchy = _from_file(path, classes)
    except StudyError:
        raise
    except ValueError as error:
        raise StudyError(f"{path}: {error}") from None
    how = {**hierarchy.how, "file": path.name}
    name = re.sub(r"[^\w .@=+-]", "_", path.stem).lstrip(" .@=+-")[:100].rstrip() or "given"
    return name, dataclasses.replace(hierarchy.contract(), how=how)


def _wordnet(classes: Classes) -> Hierarchy:
    keys = [key or name for name, key in zip(classes.names, classes.keys, strict=True)]
    for class_id, key in enumerate(keys):
        if _SYNSET.fullmatch(key) is None:
            raise StudyError(
                f"hierarchy {WORDNET!r} needs WordNet ids such as n01443537 as keys of the "
                f"classes; class {class_id} has {key!r}"
            )
    try:
        return Hierarchy.from_wordnet(keys, None if keys == list(classes.names) else classes.names)
    except ValueError as error:
        raise StudyError(f"hierarchy {WORDNET!r}: {error}") from None


def _from_file(path: Path, classes: Classes) -> Hierarchy:
    kind = path.suffix.lower()
    if kind == ".json":
        obj = nested_json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(obj, dict) and "tree" in obj and "version" in obj:
            return Hierarchy.from_json(obj, len(classes))
        return _by_name_or_key(classes, lambda names: Hierarchy.from_nested(obj, names))
    if kind in (".csv", ".tsv"):
        header, rows = read_rows(path, "\t" if kind == ".tsv" else ",")
        if "child" in header and "parent" in header:
            child, parent = header.index("child"), header.index("parent")
            pairs = [(row[child], row[parent] or None) for row in rows]
            return _by_name_or_key(classes, lambda names: Hierarchy.from_parents(pairs, names))
        if "path" in header:
            return _from_path_rows(header, rows, classes)
        raise StudyError(
            f"{path}: expected columns child and parent, or path; found {', '.join(header)}"
        )
    paths = [_parts(line) for line in read_lines(path)]
    return _by_name_or_key(classes, lambda names: _from_paths(paths, names))


def _from_path_rows(header: list[str], rows: list[list[str]], classes: Classes) -> Hierarchy:
    at = header.index("path")
    who = next((header.index(h) for h in ("name", "key", "wnid") if h in header), None)
    paths = [_parts(row[at]) for row in rows]
    if who is not None:
        paths = [
            path if path and path[-1] == row[who] else [*path, row[who]]
            for path, row in zip(paths, rows, strict=True)
        ]
    return _by_name_or_key(classes, lambda names: _from_paths(paths, names))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.strip("/").split("/")] if text.strip("/") else []


def _from_paths(paths: list[list[str]], names: Sequence[str]) -> Hierarchy:
    """Put paths in class order by their last names."""
    by_class: dict[str, list[str]] = {}
    for path in paths:
        if path and path[-1] in by_class:
            raise ValueError(f"hierarchy: class {path[-1]!r} is on two leaves")
        if path:
            by_class[path[-1]] = path
    known = set(names)
    for name in by_class:
        if name not in known:
            raise ValueError(f"hierarchy: {name!r} ends a path but is not a class")
    for name in names:
        if name not in by_class:
            raise ValueError(f"hierarchy: class {name!r} is missing")
    return Hierarchy.from_paths([by_class[name] for name in names])


def _by_name_or_key(classes: Classes, make: _Make) -> Hierarchy:
    """Try class names; where the file speaks of keys instead, put the names in their place."""
    try:
        return make(classes.names)
    except ValueError as by_name:
        if not all(classes.keys):
            raise
        try:
            hierarchy = make(classes.keys)
        except ValueError:
            raise by_name from None
    names = list(hierarchy.name)
    for class_id, node in enumerate(hierarchy.node_of_class.tolist()):
        names[node] = classes.names[class_id]
    return dataclasses.replace(hierarchy, name=tuple(names))
