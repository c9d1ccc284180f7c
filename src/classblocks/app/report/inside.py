"""Groups told from the rest but confused inside, as the report tells of them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.report.number import json_number
from classblocks.core.inside import confused_inside

if TYPE_CHECKING:
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy

_COUNTS = ("n_classes", "n_true", "tp", "correct")
_RATES = (
    "recall", "recall_low", "recall_high", "recall_by_chance",
    "inside", "inside_low", "inside_high", "inside_by_chance",
    "confused", "confused_low", "confused_high", "class_recall", "confused_beyond_chance",
)  # fmt: skip


def inside_facts(cells: "Cells", tree: "Hierarchy", most: int) -> list[dict[str, Any]]:
    """List groups below the root, those separated beyond chance but confused inside first."""
    table = confused_inside(cells, tree)
    score = table["confused_beyond_chance"]
    is_separated = table["recall_low"] > table["recall_by_chance"]
    inner = (tree.class_of_node < 0) & (tree.depth > 0) & is_separated & (score > 0)
    nodes = np.flatnonzero(inner)
    nodes = nodes[np.argsort(-score[nodes], kind="stable")][:most]
    return [
        {
            "name": tree.name[node],
            "path": list(tree.path(node)),
            **{name: int(table[name][node]) for name in _COUNTS},
            **{name: json_number(table[name][node]) for name in _RATES},
        }
        for node in nodes.tolist()
    ]
