"""The ``tree`` of a request: a hierarchy of the study by name, or one that the browser edits."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.parameters import Parameters, RequestError, short
from classblocks.core.build import Draft, name_groups
from classblocks.core.hierarchy import Hierarchy

if TYPE_CHECKING:
    from classblocks.app.context import Context

_BYTES_PER_NODE = 200


def read_tree(context: "Context", parameters: Parameters, name: str = "tree") -> Hierarchy:
    """Read a tree; the same arrays give the same object while it is remembered."""
    given = parameters.value(name)
    if not isinstance(given, Mapping):
        raise RequestError(f"{name!r} must be an object, got {short(given)}")
    inside = Parameters(name, given)
    if "hierarchy" in given:
        hierarchies = context.hierarchies
        tree = hierarchies[inside.text("hierarchy", hierarchies, "hierarchy")]
        inside.finish()
        return tree
    names = context.study.classes.names
    parent, class_of_node = read_arrays(inside, len(names))
    inside.finish()
    key = ("tree", hashlib.sha256(parent.tobytes() + class_of_node.tobytes()).digest())
    return context.cache.get(
        key,
        lambda: preorder_tree(name, parent, class_of_node, names),
        lambda tree: _BYTES_PER_NODE * tree.n_nodes,
    )


def preorder_tree(
    what: str,
    parent: NDArray[np.int32],
    class_of_node: NDArray[np.int32],
    class_names: tuple[str, ...],
    names: list[str] | None = None,
    aliases: list[tuple[str, ...]] | None = None,
    how: Mapping[str, Any] | None = None,
) -> Hierarchy:
    """Make a hierarchy from preorder arrays; without ``names`` groups are named after a class."""
    _check_preorder(what, parent)
    is_nameless = names is None
    if names is None:
        names = [class_names[c] if c >= 0 else "" for c in class_of_node.tolist()]
    draft = Draft(names, parent.tolist(), class_of_node.tolist(), aliases or [()] * len(parent))
    if is_nameless:
        draft = name_groups(draft)
    try:
        return Hierarchy.from_draft(draft, len(class_names), how or {"source": "page"})
    except ValueError as error:
        raise RequestError(f"{what}: {error}") from None


def read_arrays(
    parameters: Parameters, n_classes: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Read ``parent`` and ``class``, equally long."""
    # A contracted tree has fewer inner nodes than classes; chains of single children have more.
    most = 16 * n_classes + 16
    parent = parameters.ids("parent", most, "nodes", most, start=-1)
    class_of_node = parameters.ids("class", n_classes, "classes", most, start=-1)
    if len(parent) != len(class_of_node):
        raise RequestError(
            f"'parent' has {len(parent)} entries and 'class' {len(class_of_node)}: "
            "expected one of each for every node"
        )
    return parent, class_of_node


def _check_preorder(what: str, parent: NDArray[np.int32]) -> None:
    """Refuse a node whose parent is neither the node before nor above it."""
    path: list[int] = []
    for node, above in enumerate(parent.tolist()):
        while path and path[-1] != above:
            path.pop()
        if (above == -1) != (node == 0) or (node and not path):
            raise RequestError(
                f"{what}: 'parent'[{node}] is {above}: expected nodes in preorder, −1 for the "
                "first and else the node before or one above it"
            )
        path.append(node)
