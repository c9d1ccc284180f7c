"""The class hierarchy as flat arrays; its leaves from top to bottom are the class order."""

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import build, nested_json
from classblocks.core.lca import RangeMinimum

VERSION = 1


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A rooted tree whose leaves are the classes.

    Nodes are in preorder, the root is node 0. A node is the half-open leaf range ``start, stop``.
    Arrays are read-only; every change makes a new hierarchy.

    Attributes
    ----------
    parent : (n_nodes,) int32, −1 for the root
    start, stop : (n_nodes,) int32, leaf range
    depth : (n_nodes,) int32, edges from the root
    class_of_node : (n_nodes,) int32, −1 for inner nodes
    name : n_nodes names; need not be unique
    aliases : for each node the names of the groups contraction merged into it, outer to inner
    how : JSON-serialisable provenance
    """

    parent: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    depth: NDArray[np.int32]
    class_of_node: NDArray[np.int32]
    name: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...]
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for array in (self.parent, self.start, self.stop, self.depth, self.class_of_node):
            array.setflags(write=False)

    @classmethod
    def from_nested(cls, obj: object, class_names: Sequence[str]) -> Self:
        """Read nested dicts and lists, such as a parsed JSON file.

        Parameters
        ----------
        obj : a node is ``{"name": …, "children": […]}`` or ``{"name": …, "class": id}``, or an
            object of children by name, or a list of children; a leaf is a class name, a class id,
            or ``{name: None}``
        class_names : (n_classes,)

        Returns
        -------
        Hierarchy in the order of ``obj``, not contracted

        Raises
        ------
        ValueError
            An unknown, missing or repeated class, an ambiguous name, an inner node without classes.
        """
        return cls.from_draft(
            build.from_nested(obj, class_names), len(class_names), {"source": "nested"}
        )

    @classmethod
    def from_paths(cls, paths: Sequence[str | Sequence[str]]) -> Self:
        """Join one path per class.

        Parameters
        ----------
        paths : (n_classes,), names from the outermost group to the class: a list, or one string
            split at ``/``; groups keep the order in which they first appear

        Returns
        -------
        Hierarchy, not contracted; a class whose path is also a group gets a leaf in that group

        Raises
        ------
        ValueError
            An empty name, or no path at all.
        """
        return cls.from_draft(build.from_paths(paths), len(paths), {"source": "paths"})

    @classmethod
    def from_parents(cls, rows: Iterable[Sequence[str | None]], class_names: Sequence[str]) -> Self:
        """Join (child, parent) rows, such as a CSV file.

        Parameters
        ----------
        rows : pairs of unique node names; the root has an empty or no parent
        class_names : (n_classes,), unique

        Returns
        -------
        Hierarchy, not contracted; a class that has children gets a leaf of its own among them

        Raises
        ------
        ValueError
            A cycle, two roots, two parents, a missing class, an inner node without classes.
        """
        return cls.from_draft(
            build.from_parents(rows, class_names), len(class_names), {"source": "parents"}
        )

    @classmethod
    def from_wordnet(cls, keys: Sequence[str], names: Sequence[str] | None = None) -> Self:
        """Join noun synsets of WordNet 3.0 by hypernymy and contract.

        Parameters
        ----------
        keys : (n_classes,), unique synset ids such as ``n01443537``
        names : (n_classes,) class names; the first word of each synset if left out

        Returns
        -------
        Hierarchy, contracted; a class that is an ancestor of another gets a leaf of its own.
        ``how["dropped_edges"]`` lists the (child, parent) edges not used

        Raises
        ------
        ValueError
            Keys that are repeated or not in WordNet; names the first.

        Notes
        -----
        Of several parents the one on the shortest path to the root is kept, ties by label
        (METHODS §2.1).
        """
        from classblocks.core import wordnet

        draft, how = wordnet.hypernym_tree(keys, names)
        return cls.from_draft(draft, len(keys), how).contract()

    @classmethod
    def from_json(cls, obj: nested_json.Json, n_classes: int) -> Self:
        """Read what ``to_json`` wrote.

        Parameters
        ----------
        obj : ``{"version": 1, "how": {…}, "tree": nested}``
        n_classes : number of classes the tree must have

        Raises
        ------
        ValueError
            Another version, or a tree that is not one over these classes.
        """
        if not isinstance(obj, Mapping) or "tree" not in obj:
            raise ValueError('hierarchy: expected {"version", "how", "tree"}')
        if obj.get("version") != VERSION:
            raise ValueError(
                f"hierarchy: expected format version {VERSION}, got {obj.get('version')!r}"
            )
        names = [str(class_id) for class_id in range(n_classes)]
        return cls.from_draft(
            build.from_nested(obj["tree"], names), n_classes, dict(obj.get("how") or {})
        )

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Self:
        """Read a file written by ``save``.

        Raises
        ------
        ValueError
            Not such a file; names it.
        """
        text = Path(file).read_text(encoding="utf-8")
        try:
            obj = nested_json.loads(text)
            return cls.from_json(obj, build.count_leaves(obj))
        except ValueError as error:
            raise ValueError(f"{os.fspath(file)}: {error}") from error

    @classmethod
    def flat(cls, names: Sequence[str]) -> Self:
        """All classes right below the root, in the given order."""
        return cls.from_draft(build.flat(names), len(names), {"source": "flat"})

    @classmethod
    def from_draft(cls, draft: build.Draft, n_classes: int, how: Mapping[str, Any]) -> Self:
        """Check a draft and arrange it; ``ValueError`` says what is wrong with the tree."""
        rows = build.arrange(draft, n_classes)
        nodes = rows.node.tolist()
        return cls(
            rows.parent,
            rows.start,
            rows.stop,
            rows.depth,
            np.array([draft.class_id[v] for v in nodes], np.int32),
            tuple(draft.name[v] for v in nodes),
            tuple(draft.aliases[v] for v in nodes),
            how,
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes, leaves included."""
        return len(self.parent)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.stop[0])

    @cached_property
    def node_of_leaf(self) -> NDArray[np.int32]:
        """(n_classes,), node at each position of the class order."""
        return _frozen(np.flatnonzero(self.class_of_node >= 0).astype(np.int32))

    @cached_property
    def class_of_leaf(self) -> NDArray[np.int32]:
        """(n_classes,), the class order: class id at each leaf position."""
        return _frozen(self.class_of_node[self.node_of_leaf])

    @cached_property
    def leaf_of_class(self) -> NDArray[np.int32]:
        """(n_classes,), leaf position of each class."""
        return _frozen(_inverse(self.class_of_leaf))

    @cached_property
    def node_of_class(self) -> NDArray[np.int32]:
        """(n_classes,), leaf node of each class."""
        return _frozen(self.node_of_leaf[self.leaf_of_class])

    @cached_property
    def node_stop(self) -> NDArray[np.int32]:
        """(n_nodes,), the nodes below and at ``v`` are ``v … node_stop[v] − 1``."""
        # In preorder a node's subtree ends where the next node of its depth or above begins; that
        # node is the first one whose leaf range starts at or after this one's stop.
        stop: NDArray[np.int32] = np.searchsorted(self.start, self.stop).astype(np.int32)
        return _frozen(stop)

    @cached_property
    def height(self) -> NDArray[np.int32]:
        """(n_nodes,), edges on the longest path down to a leaf (METHODS §22.1)."""
        height = [0] * self.n_nodes
        above = self.parent.tolist()
        for v in range(self.n_nodes - 1, 0, -1):
            height[above[v]] = max(height[above[v]], height[v] + 1)
        return _frozen(np.array(height, np.int32))

    @cached_property
    def _child_list(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.parent, kind="stable")
        return order, np.searchsorted(self.parent[order], np.arange(self.n_nodes + 1))

    def children(self, node: int) -> NDArray[np.int32]:
        """Return the child nodes of ``node`` in order; empty for a leaf."""
        order, first = self._child_list
        return order[first[node] : first[node + 1]].astype(np.int32)

    def ancestors(self, node: int) -> NDArray[np.int32]:
        """Return the nodes above ``node``, from its parent to the root; empty for the root."""
        above = []
        node = int(self.parent[node])
        while node >= 0:
            above.append(node)
            node = int(self.parent[node])
        return np.array(above, np.int32)

    def path(self, node: int) -> tuple[str, ...]:
        """Return the names from the root to ``node``, both included."""
        return tuple(self.name[v] for v in [*self.ancestors(node)[::-1].tolist(), node])

    def cut(self, depth: int) -> NDArray[np.int32]:
        """Return the nodes at ``depth`` and the leaves above it: a partition of the classes."""
        return np.flatnonzero(
            (self.depth == depth) | ((self.class_of_node >= 0) & (self.depth < depth))
        ).astype(np.int32)

    def lca(self, class_a: ArrayLike, class_b: ArrayLike) -> NDArray[np.int32]:
        """Lowest common ancestors.

        Parameters
        ----------
        class_a, class_b : (m,) class ids

        Returns
        -------
        (m,) nodes; the leaf itself where both are one class
        """
        a = self.leaf_of_class[np.asarray(class_a)]
        b = self.leaf_of_class[np.asarray(class_b)]
        node: NDArray[np.int32] = self.node_of_leaf[a]
        apart = np.flatnonzero(a != b)
        low, high = np.minimum(a[apart], b[apart]), np.maximum(a[apart], b[apart])
        node[apart] = self._joints.minimum(low, high)
        return node

    @cached_property
    def _joints(self) -> RangeMinimum:
        """Range minima over the LCAs of neighbouring leaves; above means a smaller node number."""
        first = np.searchsorted(self.start, np.arange(1, self.n_classes))
        return RangeMinimum(self.parent[first])

    def contract(self) -> Self:
        """Splice out every inner node with a single child.

        Returns
        -------
        Hierarchy with the same class order. A survivor keeps the child's name and children and
        has as aliases the names of the groups it stands for, outer to inner; the root survives
        above a single class (Blocks §3.1, METHODS §2.2)
        """
        return self.from_draft(build.contract(self._draft()), self.n_classes, self.how)

    def sort_children(self, key: ArrayLike, descending: bool = False) -> Self:
        """Sort the children of every node.

        Parameters
        ----------
        key : (n_nodes,); NaN goes last in both directions, ties keep the current order

        Returns
        -------
        Hierarchy with nodes renumbered to preorder
        """
        values = np.asarray(key, np.float64)
        if values.shape != (self.n_nodes,):
            raise ValueError(f"key: expected {self.n_nodes} values, got shape {values.shape}")
        undefined = np.isnan(values)
        signed = np.where(undefined, 0, -values if descending else values)
        rank = np.lexsort((signed, undefined))
        return self.from_draft(self._draft(rank), self.n_classes, self.how)

    def _draft(self, order: NDArray[np.int64] | None = None) -> build.Draft:
        """Nodes in the given order, by default preorder."""
        nodes = np.arange(self.n_nodes) if order is None else order
        number = _inverse(nodes)
        above = self.parent[nodes]
        return build.Draft(
            [self.name[v] for v in nodes.tolist()],
            np.where(above < 0, -1, number[above]).tolist(),
            self.class_of_node[nodes].tolist(),
            [self.aliases[v] for v in nodes.tolist()],
        )

    def to_json(self) -> dict[str, Any]:
        """Return ``{"version", "how", "tree"}`` with the tree as nested dicts."""
        rows: list[dict[str, Any]] = []
        for v in range(self.n_nodes):
            row: dict[str, Any] = {"name": self.name[v]}
            if self.aliases[v]:
                row["aliases"] = list(self.aliases[v])
            if self.class_of_node[v] >= 0:
                row["class"] = int(self.class_of_node[v])
            else:
                row["children"] = []
            rows.append(row)
            if v:
                rows[int(self.parent[v])]["children"].append(row)
        return {"version": VERSION, "how": dict(self.how), "tree": rows[0]}

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the hierarchy as JSON; the file is replaced as a whole or not at all."""
        target = Path(file)
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(target.parent))
        part = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with part.open("w", encoding="utf-8") as stream:
                stream.write(nested_json.dumps(self.to_json()) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return (
            f"Hierarchy({self.n_classes} classes, {self.n_nodes} nodes, "
            f"depth {int(self.depth.max())}, root {self.name[0]!r})"
        )


def _frozen(array: NDArray[np.int32]) -> NDArray[np.int32]:
    array.setflags(write=False)
    return array


def _inverse(order: NDArray[Any]) -> NDArray[np.int32]:
    inverse = np.empty(len(order), np.int32)
    inverse[order] = np.arange(len(order), dtype=np.int32)
    return inverse
