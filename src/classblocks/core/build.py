"""Trees from what people have: nested objects, paths, parent–child rows, flat lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.core.validate import unique_names

ROOT_NAME = "all"


@dataclass
class Draft:
    """A tree being built: any node order, children in order of their numbers."""

    name: list[str] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    class_id: list[int] = field(default_factory=list)
    aliases: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, name: str, parent: int, class_id: int = -1, aliases: tuple[str, ...] = ()) -> int:
        """Append a node and return its number; ``parent`` is −1 for a root."""
        self.name.append(name)
        self.parent.append(parent)
        self.class_id.append(class_id)
        self.aliases.append(aliases)
        return len(self.name) - 1


@dataclass(frozen=True)
class Arrangement:
    """A checked draft in preorder; ``node`` gives each row's number in the draft."""

    node: NDArray[np.int64]
    parent: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    depth: NDArray[np.int32]


def arrange(draft: Draft, n_classes: int) -> Arrangement:
    """Check a draft and put it in preorder.

    Raises
    ------
    ValueError
        No or two roots, a cycle, an inner node without a class below, a class on two leaves,
        a missing or unknown class, a class that has children.
    """
    n = len(draft.name)
    roots = [v for v in range(n) if draft.parent[v] < 0]
    children = _children(draft.parent)
    order: list[int] = []
    todo = roots[:1]
    while todo:
        v = todo.pop()
        order.append(v)
        todo.extend(reversed(children[v]))
    if len(roots) > 1:
        names = ", ".join(repr(draft.name[v]) for v in roots[:3])
        raise ValueError(f"hierarchy: expected one root, got {len(roots)}: {names}")
    if len(order) < n:
        raise ValueError(f"hierarchy: cycle {_cycle(draft, set(order))}")
    _check_classes(draft, children, n_classes)

    position = np.empty(n, np.int64)
    position[order] = np.arange(n)
    parent = [-1] * n
    depth = [0] * n
    start = [0] * n
    n_leaves = [0] * n
    seen = 0
    for row, v in enumerate(order):
        start[row] = seen
        if draft.class_id[v] >= 0:
            n_leaves[row] = 1
            seen += 1
        if row:
            parent[row] = int(position[draft.parent[v]])
            depth[row] = depth[parent[row]] + 1
    for row in range(n - 1, 0, -1):
        n_leaves[parent[row]] += n_leaves[row]
    first = np.array(start, np.int32)
    return Arrangement(
        np.array(order, np.int64),
        np.array(parent, np.int32),
        first,
        first + np.array(n_leaves, np.int32),
        np.array(depth, np.int32),
    )


def _children(parent: Sequence[int]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in parent]
    for v, p in enumerate(parent):
        if p >= 0:
            children[p].append(v)
    return children


def _cycle(draft: Draft, reached: set[int]) -> str:
    v = next(v for v in range(len(draft.name)) if v not in reached)
    seen: dict[int, int] = {}
    while v not in seen:
        seen[v] = len(seen)
        v = draft.parent[v]
    loop = [u for u in seen if seen[u] >= seen[v]]
    names = [draft.name[u] for u in [*loop, v]]
    if len(names) > 6:
        names = [*names[:5], "…", names[-1]]
    return " → ".join(names)


def _check_classes(draft: Draft, children: list[list[int]], n_classes: int) -> None:
    if n_classes < 1:
        raise ValueError("hierarchy: expected at least one class, got none")
    leaf: dict[int, int] = {}
    for v, (name, class_id) in enumerate(zip(draft.name, draft.class_id, strict=True)):
        if draft.parent[v] < 0 and class_id >= 0:
            raise ValueError(
                f"hierarchy: expected a node above class {class_id}, got {name!r} alone"
            )
        if class_id < 0:
            if not children[v]:
                raise ValueError(f"hierarchy: no class below the inner node {name!r}")
            continue
        if class_id >= n_classes:
            raise ValueError(
                f"hierarchy: expected classes 0 to {n_classes - 1}, got {class_id} on leaf {name!r}"
            )
        if children[v]:
            raise ValueError(f"hierarchy: class {class_id} ({name!r}) has children")
        if class_id in leaf:
            raise ValueError(
                f"hierarchy: class {class_id} is on two leaves, "
                f"{_path(draft, leaf[class_id])} and {_path(draft, v)}"
            )
        leaf[class_id] = v
    missing = [c for c in range(n_classes) if c not in leaf]
    if missing:
        listing = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        raise ValueError(f"hierarchy: {len(missing)} of {n_classes} classes missing: {listing}")


def _path(draft: Draft, v: int) -> str:
    names = []
    while v >= 0:
        names.append(draft.name[v])
        v = draft.parent[v]
    return "/".join(reversed(names))


def flat(names: Sequence[str]) -> Draft:
    """All classes right below the root."""
    draft = Draft()
    draft.add(ROOT_NAME, -1)
    for class_id, name in enumerate(names):
        draft.add(name, 0, class_id)
    return draft


def contract(draft: Draft) -> Draft:
    """Splice out every inner node with one child (METHODS §2.2); parents come before children.

    The survivor keeps the child's name and children and gains the names of the groups it stands
    for, outer to inner, as aliases. The root survives above a single class.
    """
    children = _children(draft.parent)
    out = Draft()
    todo: list[tuple[int, int]] = [(v, -1) for v, p in enumerate(draft.parent) if p < 0]
    while todo:
        v, parent = todo.pop()
        outer: tuple[str, ...] = ()
        while len(children[v]) == 1:
            child = children[v][0]
            if parent < 0 and draft.class_id[child] >= 0:
                break
            outer += draft.aliases[v] or (draft.name[v],)
            v = child
        aliases = draft.aliases[v]
        if outer:
            inner = draft.class_id[v] < 0
            aliases = outer + (aliases or ((draft.name[v],) if inner else ()))
        node = out.add(draft.name[v], parent, draft.class_id[v], aliases)
        todo.extend((child, node) for child in reversed(children[v]))
    return out


def from_nested(obj: object, class_names: Sequence[str]) -> Draft:
    """Read nested dicts and lists; see ``Hierarchy.from_nested`` for the accepted forms."""
    index = _ClassIndex(class_names)
    draft = Draft()
    todo: list[tuple[object, str | None, int]] = [(obj, None, -1)]
    seen: set[int] = set()
    while todo:
        item, given, parent = todo.pop()
        if isinstance(item, Mapping | list | tuple) and item:
            if id(item) in seen:
                raise ValueError(f"hierarchy: the same object twice, at or below {given!r}")
            seen.add(id(item))
        name, aliases, class_id, below = _node(item, given)
        if below is None:
            class_id = index.resolve(class_id if class_id is not None else name)
            parent = draft.add(ROOT_NAME, -1) if parent < 0 else parent
            draft.add(class_names[class_id] if name is None else name, parent, class_id, aliases)
            continue
        if name is None:
            name = ROOT_NAME if parent < 0 else ""
        node = draft.add(name, parent, -1, aliases)
        todo.extend((child, key, node) for key, child in reversed(below))
    return name_groups(draft)


def name_groups(draft: Draft) -> Draft:
    """Name every nameless inner node after its class that was added first: ``robin + 13``.

    Of a name that lists synonyms ("robin, Turdus migratorius") the first is taken. Parents come
    before children.
    """
    n = len(draft.name)
    first = [v if class_id >= 0 else -1 for v, class_id in enumerate(draft.class_id)]
    n_leaves = [int(class_id >= 0) for class_id in draft.class_id]
    for v in range(n - 1, 0, -1):
        above = draft.parent[v]
        n_leaves[above] += n_leaves[v]
        if first[v] >= 0:
            first[above] = first[v]
    for v in range(n):
        if not draft.name[v]:
            rest = f" + {n_leaves[v] - 1}" if n_leaves[v] > 1 else ""
            name = draft.name[first[v]] if first[v] >= 0 else "?"
            draft.name[v] = f"{name.split(', ', 1)[0] or name}{rest}"
    return draft


_Below = list[tuple[str | None, object]]


def _node(
    item: object, given: str | None
) -> tuple[str | None, tuple[str, ...], int | None, _Below | None]:
    """Split an item into name, aliases, class id and children (None for a leaf)."""
    if isinstance(item, str):
        if given is not None:
            return given, (), None, [(None, item)]
        return item, (), None, None
    if item is None and given is not None:
        return given, (), None, None
    if isinstance(item, int) and not isinstance(item, bool):
        return given, (), item, None
    if isinstance(item, Mapping) and isinstance(item.get("name"), str) and given is None:
        return _named(item)
    if isinstance(item, Mapping):
        return given, (), None, [(str(key), child) for key, child in item.items()]
    if isinstance(item, list | tuple):
        return given, (), None, [entry for child in item for entry in _entries(child)]
    raise ValueError(f"hierarchy: expected a name, list or object, got {type(item).__name__}")


def _entries(child: object) -> _Below:
    """Let an object of children inside a list stand for its entries."""
    if isinstance(child, Mapping) and not isinstance(child.get("name"), str):
        return [(str(key), item) for key, item in child.items()]
    return [(None, child)]


def _named(
    item: Mapping[str, Any],
) -> tuple[str | None, tuple[str, ...], int | None, _Below | None]:
    name: str = item["name"]
    aliases = tuple(str(alias) for alias in item.get("aliases") or ())
    if "children" in item:
        below = item["children"]
        if not isinstance(below, list | tuple):
            raise ValueError(
                f"hierarchy: expected a list of children of {name!r}, got {type(below).__name__}"
            )
        return name, aliases, None, [(None, child) for child in below]
    class_id = item.get("class")
    if class_id is not None and (isinstance(class_id, bool) or not isinstance(class_id, int)):
        raise ValueError(f"hierarchy: expected a class id on leaf {name!r}, got {class_id!r}")
    return name, aliases, class_id, None


class _ClassIndex:
    """Class ids by name; a name that two classes share must be given as an id."""

    def __init__(self, names: Sequence[str]) -> None:
        self._n = len(names)
        self._ids: dict[str, list[int]] = {}
        for class_id, name in enumerate(names):
            self._ids.setdefault(name, []).append(class_id)

    def resolve(self, leaf: str | int | None) -> int:
        """Find the class of a leaf given by name or id."""
        if isinstance(leaf, int):
            if not 0 <= leaf < self._n:
                raise ValueError(f"hierarchy: expected classes 0 to {self._n - 1}, got {leaf}")
            return leaf
        found = self._ids.get(leaf or "", [])
        if not found:
            raise ValueError(f"hierarchy: leaf {leaf!r} is not one of the {self._n} classes")
        if len(found) > 1:
            raise ValueError(
                f"hierarchy: leaf {leaf!r} names classes {found[0]} and {found[1]}; "
                'give the class id ("class": id)'
            )
        return found[0]


def from_paths(paths: Sequence[str | Sequence[str]]) -> Draft:
    """Join the paths of all classes; see ``Hierarchy.from_paths``."""
    split = [_split(path, class_id) for class_id, path in enumerate(paths)]
    inner = {path[:i] for path in split for i in range(1, len(path))}
    draft = Draft()
    node: dict[tuple[str, ...], int] = {}
    shared = {path[0] for path in split}
    if len(shared) == 1 and (split[0][0],) in inner:
        node[split[0][:1]] = draft.add(split[0][0], -1)
    else:
        node[()] = draft.add(ROOT_NAME, -1)
    for class_id, path in enumerate(split):
        above = path if path in inner else path[:-1]
        depth = len(above)
        while above[:depth] not in node:
            depth -= 1
        for d in range(depth, len(above)):
            node[above[: d + 1]] = draft.add(above[d], node[above[:d]])
        draft.add(path[-1], node[above], class_id)
    return draft


def count_leaves(obj: object) -> int:
    """Count the leaves of a parsed hierarchy file."""
    todo: list[object] = [obj.get("tree")] if isinstance(obj, Mapping) else []
    n_leaves = 0
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping) and isinstance(item.get("children"), list):
            todo.extend(item["children"])
        else:
            n_leaves += 1
    return n_leaves


def _split(path: str | Sequence[str], class_id: int) -> tuple[str, ...]:
    names = tuple(path.strip("/").split("/") if isinstance(path, str) else map(str, path))
    if not names or not all(name.strip() for name in names):
        raise ValueError(f"hierarchy: empty name in the path of class {class_id}: {path!r}")
    return names


def from_parents(rows: Iterable[Sequence[str | None]], class_names: Sequence[str]) -> Draft:
    """Join child–parent rows; see ``Hierarchy.from_parents``."""
    class_of = unique_names(list(class_names), "classes")
    parent: dict[str, str] = {}
    names: dict[str, None] = {}
    for i, row in enumerate(rows):
        child, above = row if len(row) == 2 else (None, None)
        if not child:
            raise ValueError(f"hierarchy: expected (child, parent) in row {i}, got {row!r}")
        names.setdefault(child)
        if not above:
            continue
        names.setdefault(above)
        if parent.setdefault(child, above) != above:
            what = "class" if child in class_of else "node"
            both = f"{parent[child]!r} and {above!r}"
            raise ValueError(f"hierarchy: {what} {child!r} is below both {both} (row {i})")
    absent = [name for name in class_of if name not in names]
    if absent:
        raise ValueError(
            f"hierarchy: {len(absent)} of {len(class_of)} classes are in no row, "
            f"first {absent[0]!r}"
        )
    return link(parent, list(names), class_of, {})


def link(
    parent: Mapping[str, str],
    nodes: Sequence[str],
    class_of: Mapping[str, int],
    label: Mapping[str, str],
) -> Draft:
    """Join nodes by key; a class with nodes below it gets a leaf of its own among them."""
    draft = Draft()
    number = {key: i for i, key in enumerate(nodes)}
    has_children = set(parent.values())
    for key in nodes:
        above = number[parent[key]] if key in parent else -1
        leaf = key in class_of and key not in has_children
        draft.add(label.get(key, key), above, class_of[key] if leaf else -1)
    for key, class_id in class_of.items():
        if key in has_children:
            draft.add(label.get(key, key), number[key], class_id)
    return draft
