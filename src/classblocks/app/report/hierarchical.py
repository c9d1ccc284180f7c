"""How far wrong the predictions are in a hierarchy, with 95 % intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.report.number import json_estimate, json_number
from classblocks.core.hierarchical import least_heights
from classblocks.core.interval import ratio

if TYPE_CHECKING:
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result

TOP = 5
_CHUNK = 1 << 20


def hierarchical_facts(result: "Result", cells: "Cells", tree: "Hierarchy") -> dict[str, Any]:
    """Collect hierarchical precision, recall and F, severity and HD@k (METHODS §22)."""
    joint = tree.lca(cells.true, cells.pred)
    shared = tree.depth[joint].astype(np.int64)
    above_pred = tree.depth[tree.node_of_class[cells.pred]].astype(np.int64)
    above_true = tree.depth[tree.node_of_class[cells.true]].astype(np.int64)
    height = tree.height[joint].astype(np.int64)
    count, one = cells.count, np.ones(len(cells.count))
    wrong = (cells.true != cells.pred).astype(np.int64)
    facts: dict[str, Any] = {
        "tree_height": int(tree.height[0]),
        "n_mistakes": int(count @ wrong),
        "hp": json_estimate(ratio(shared, above_pred, count)),
        "hr": json_estimate(ratio(shared, above_true, count)),
        "hf": json_estimate(ratio(2 * shared, above_pred + above_true, count)),
        "severity": json_estimate(ratio(height * wrong, wrong, count)),
        "hd_1": json_estimate(ratio(height, one, count)),
        f"hd_{TOP}": None,
        f"best_hd_{TOP}": None,
    }
    if result.topk_class.shape[1] >= TOP and bool((result.topk_class[:, :TOP] >= 0).all()):
        mean = _mean_heights(result.true, result.topk_class[:, :TOP], tree)
        facts[f"hd_{TOP}"] = json_estimate(ratio(mean, np.ones(len(mean))))
        least = least_heights(tree, TOP)[result.true].sum()
        n = result.n_samples
        facts[f"best_hd_{TOP}"] = json_number(least / (n * TOP) if n else float("nan"))
    return facts


def _mean_heights(
    true: NDArray[np.int32], top: NDArray[np.int32], tree: "Hierarchy"
) -> NDArray[np.float64]:
    total = np.zeros(len(true))
    for first in range(0, len(true), _CHUNK):
        rows = slice(first, first + _CHUNK)
        for column in top[rows].T:
            total[rows] += tree.height[tree.lca(true[rows], column)]
    mean: NDArray[np.float64] = total / top.shape[1]
    return mean
