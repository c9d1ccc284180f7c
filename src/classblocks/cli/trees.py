"""Reading the hierarchy a user names on the command line."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.format import Classes

FORMS = "'wordnet', nested JSON, CSV or TSV of child and parent, or TXT with one path per class"


def read_tree(source: str, classes: "Classes") -> "Hierarchy":
    """Return the contracted hierarchy over the classes of a study."""
    from classblocks.core.hierarchy import Hierarchy

    if source == "wordnet":
        if not all(classes.keys):
            missing = classes.names[[bool(key) for key in classes.keys].index(False)]
            raise ValueError(
                f"wordnet needs a synset id such as n01443537 as key of every class; "
                f"class {missing!r} has none (give --classes a TSV with name and key)"
            )
        return Hierarchy.from_wordnet(classes.keys, classes.names)
    path = Path(source)
    readers = {".json": _json, ".csv": _parents, ".tsv": _parents, ".txt": _paths}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{source}: a hierarchy is {FORMS}")
    try:
        tree = readers[path.suffix.lower()](path, classes)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{source}: {error}") from error
    return replace(tree.contract(), how={**tree.how, "file": path.name})


def _json(path: Path, classes: "Classes") -> "Hierarchy":
    from classblocks.core import nested_json
    from classblocks.core.hierarchy import Hierarchy

    obj = nested_json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(obj, dict) and "tree" in obj and "version" in obj:
        return Hierarchy.from_json(obj, len(classes))
    return _by_name_or_key(lambda names: Hierarchy.from_nested(obj, names), classes)


def _parents(path: Path, classes: "Classes") -> "Hierarchy":
    from classblocks.core.hierarchy import Hierarchy

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as stream:
        table = [row for row in csv.reader(stream, delimiter=delimiter) if any(row)]
    child, parent = 0, 1
    if table:
        header = [cell.strip().lower() for cell in table[0]]
        if "child" in header and "parent" in header:
            child, parent = header.index("child"), header.index("parent")
            table = table[1:]
    for number, row in enumerate(table):
        if len(row) <= child:
            raise ValueError(f"row {number} has {len(row)} columns, expected child and parent")
    rows = [(row[child], row[parent] if len(row) > parent else None) for row in table]
    return _by_name_or_key(lambda names: Hierarchy.from_parents(rows, names), classes)


def _paths(path: Path, classes: "Classes") -> "Hierarchy":
    from classblocks.core.hierarchy import Hierarchy

    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if len(lines) != len(classes):
        raise ValueError(f"expected one path for each of {len(classes)} classes, got {len(lines)}")
    return Hierarchy.from_paths(lines)


def _by_name_or_key(
    build: Callable[[Sequence[str]], "Hierarchy"], classes: "Classes"
) -> "Hierarchy":
    """Find the classes in a file by name, else by key; leaves are called by name either way."""
    try:
        return build(classes.names)
    except ValueError:
        if not all(classes.keys):
            raise
        try:
            tree = build(classes.keys)
        except ValueError:
            tree = None
        if tree is None:
            raise
    names = [
        classes.names[class_id] if class_id >= 0 else name
        for name, class_id in zip(tree.name, tree.class_of_node.tolist(), strict=True)
    ]
    return replace(tree, name=tuple(names))
