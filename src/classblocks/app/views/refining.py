"""A proposal: another tree for the classes of one group."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.criteria import criteria_of
from classblocks.app.parameters import Parameters, RequestError, answering
from classblocks.app.trees import read_tree
from classblocks.app.wire import Reply
from classblocks.core.build import Draft
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.logits import logit_similarity
from classblocks.core.naming import given_hierarchy, name_after
from classblocks.core.order import METHODS, order_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from classblocks.study.result import Result

SOURCES = ("confusions", "logits")
# Ward clusters features, which a study does not have.
REFINE_METHODS = tuple(method for method in METHODS if method != "ward")
# Above, they take more than a minute; optimal leaf ordering also holds all pairs at once.
_MOST_CLASSES = {"olo": 3_000, "greedy_merge": 5_000, "polish": 10_000}
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Proposal:
    """A tree over some classes; class ``i`` of it is ``classes[i]``."""

    tree: Hierarchy
    classes: NDArray[np.int32]
    criteria: dict[str, tuple[float, float]]
    note: str

    @property
    def n_bytes(self) -> int:
        """Memory held, roughly."""
        return 200 * self.tree.n_nodes


def refine(context: Context, parameters: Parameters) -> Reply:
    """Order the classes below one node anew; its criteria are before and after, in the group."""
    result = context.result(parameters)
    tree = read_tree(context, parameters)
    node = parameters.integer("node", tree.n_nodes, "nodes of this tree")
    method = parameters.text("method", REFINE_METHODS, "method")
    source = parameters.text("source", SOURCES, "source")
    seed = parameters.integer("seed", _INT32_MAX, "seeds")
    parameters.finish()
    if source == "logits" and not result.has_logits:
        raise RequestError(
            f"result {result.name!r} was recorded without logits: choose the confusions"
        )

    def make() -> Proposal:
        before = _subtree(tree, node)
        if len(before.classes) <= 2:
            return before
        most = _MOST_CLASSES.get(method, len(before.classes))
        if len(before.classes) > most:
            raise RequestError(
                f"refine: {method} would take too long for {len(before.classes)} classes, at most "
                f"{most}: choose a smaller group or linkage"
            )
        with answering("refine"):
            given = _similarity(context, result) if source == "logits" else "log1p"
            return _proposed(context, context.cells(result), before, method, given, seed)

    key = ("refine", result, tree, node, method, source, seed)
    made = context.cache.get(key, make, lambda made: made.n_bytes)
    class_id = made.tree.class_of_node
    leaf = class_id >= 0
    return Reply(
        "refine",
        {
            "parent": made.tree.parent,
            "class": np.where(leaf, made.classes[class_id], np.int32(-1)).astype(np.int32),
            "name": [tree.name[node], *made.tree.name[1:]],
        },
        {"criteria": json.dumps(_plain(made.criteria)), "note": made.note},
    )


def _proposed(
    context: Context,
    cells: Cells,
    before: Proposal,
    method: str,
    similarity: "str | csr_array",
    seed: int,
) -> Proposal:
    classes = before.classes
    after = order_classes(
        cells,
        method,
        seed,
        context.study.classes.names,
        similarity=similarity,
        classes=classes,
    )
    named = given_hierarchy(context.hierarchies)
    if named is not None:
        after = name_after(after, named, classes)
    inside = _restricted(cells, classes)
    old, new = criteria_of(inside, before.tree), criteria_of(inside, after)
    criteria = {name: (old[name], new[name]) for name in old}
    isolated = len(after.how["isolated"])
    what = "logits alike" if not isinstance(similarity, str) else "confusions"
    note = f"{isolated} of {len(classes)} classes have no {what}: they are last"
    return Proposal(after, classes, criteria, note if isolated else "")


def _subtree(tree: Hierarchy, node: int) -> Proposal:
    """Return what is there now."""
    stop = int(tree.node_stop[node])
    classes = np.sort(tree.class_of_leaf[tree.start[node] : tree.stop[node]])
    note = f"a group of {len(classes)} has one order only: nothing changes"
    if stop == node + 1:
        raise RequestError(f"refine: node {node} is a class, expected a group")
    class_id = tree.class_of_node[node:stop]
    local = np.where(class_id >= 0, np.searchsorted(classes, class_id), -1)
    above = tree.parent[node:stop] - node
    above[0] = -1
    draft = Draft(
        list(tree.name[node:stop]),
        above.tolist(),
        local.tolist(),
        list(tree.aliases[node:stop]),
    )
    return Proposal(Hierarchy.from_draft(draft, len(classes), {}), classes, {}, note)


def _restricted(cells: Cells, classes: NDArray[np.int32]) -> Cells:
    """Return the cells between ``classes``, which ascend, renumbered."""
    number = np.full(cells.n_classes, -1, np.int32)
    number[classes] = np.arange(len(classes), dtype=np.int32)
    true, pred = number[cells.true], number[cells.pred]
    inside = (true >= 0) & (pred >= 0)
    return Cells(len(classes), true[inside], pred[inside], cells.count[inside], cells.row_order)


def _similarity(context: Context, result: "Result") -> "csr_array":
    def make() -> "csr_array":
        sums = result.logits
        if sums is None:
            raise RequestError(f"result {result.name!r} has no logits")
        return logit_similarity(sums)

    return context.cache.get((result, "logit similarity"), make, lambda made: 16 * made.nnz)


def _plain(criteria: dict[str, tuple[float, float]]) -> dict[str, Any]:
    return {
        name: [None if np.isnan(value) else value for value in pair]
        for name, pair in criteria.items()
    }
