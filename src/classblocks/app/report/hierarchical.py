"""How far wrong the predictions are in a hierarchy, with 95 % intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.report.number import json_estimate, json_number
from classblocks.core.hierarchical import hierarchical_intervals, least_heights, top_heights
from classblocks.core.interval import ratio

if TYPE_CHECKING:
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result

TOP = 5


def hierarchical_facts(result: "Result", cells: "Cells", tree: "Hierarchy") -> dict[str, Any]:
    """Collect hierarchical precision, recall and F, severity and HD@k (METHODS §22)."""
    found = hierarchical_intervals(cells, tree)
    facts: dict[str, Any] = {
        "tree_height": int(tree.height[0]),
        "n_mistakes": int(cells.count[cells.true != cells.pred].sum()),
        **{name: json_estimate(estimate) for name, estimate in found._asdict().items()},
        f"hd_{TOP}": None,
        f"best_hd_{TOP}": None,
    }
    if result.topk_class.shape[1] >= TOP and bool((result.topk_class[:, :TOP] >= 0).all()):
        n = result.n_samples
        height = top_heights(result.true, result.topk_class[:, :TOP], tree)
        facts[f"hd_{TOP}"] = json_estimate(ratio(height, np.full(n, TOP)))
        least = least_heights(tree, TOP)[result.true].sum()
        facts[f"best_hd_{TOP}"] = json_number(least / (n * TOP) if n else float("nan"))
    return facts
