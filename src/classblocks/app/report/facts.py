"""The findings about one result set as JSON values."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.context import Context
from classblocks.app.report.against import against_facts
from classblocks.app.report.blocks import block_facts, blocks_of, criteria_facts, outlier_facts
from classblocks.app.report.calibration import calibration_facts
from classblocks.app.report.findings import finding_facts
from classblocks.app.report.hierarchical import hierarchical_facts
from classblocks.app.report.inside import inside_facts
from classblocks.app.report.number import json_number
from classblocks.app.report.probes import probe_facts
from classblocks.core.metrics import cut_accuracy, group_metrics, level_mass, pair_mass, wilson

if TYPE_CHECKING:
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result

REPORT_VERSION = 1
_COUNTS = ("n_true", "n_pred", "tp", "fp", "fn")
_RATES = (
    "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high",
    "f1", "f1_low", "f1_high",
)  # fmt: skip


def report(
    context: Context,
    result: "Result",
    hierarchy: str,
    *,
    levels: int = 2,
    worst: int = 10,
    against: "Result | None" = None,
) -> dict[str, Any]:
    """Collect everything the report tells, unrounded; unknown numbers are None."""
    study, cells = context.study, result.cells()
    tree, names = context.hierarchies[hierarchy], context.study.classes.names
    blocks = blocks_of(cells, tree)
    return {
        "kind": "report",
        "version": REPORT_VERSION,
        "study": study.name,
        "result": result.name,
        "coordinates": result.coordinates.to_json(),
        "hierarchy": hierarchy,
        "n_samples": result.n_samples,
        "n_classes": cells.n_classes,
        "n_classes_without_samples": cells.n_classes - np.unique(cells.true).size,
        "accuracy": {"top1": _accuracy(result, 1), "top5": _accuracy(result, 5)},
        "against": None if against is None else against_facts(study, result, against, tree),
        "calibration": calibration_facts(result),
        "groups": _groups(cells, tree, levels),
        "confused_inside": inside_facts(cells, tree, worst),
        "hierarchical": hierarchical_facts(result, cells, tree),
        "levels": _levels(cells, tree),
        "probes": probe_facts(study, result, tree, worst),
        "blocks": block_facts(tree, blocks, names),
        "outliers": outlier_facts(cells, tree, blocks, names, worst),
        "criteria": criteria_facts(cells, context.hierarchies),
        "findings": finding_facts(cells, hierarchy, context.hierarchies, blocks),
        "worst_confusions": _worst(cells, names, worst),
    }


def _accuracy(result: "Result", k: int) -> dict[str, Any] | None:
    if k == 1:
        right = int(np.count_nonzero(result.true == result.pred))
    elif not result.has_rank:
        return None
    else:
        right = int(np.count_nonzero((result.true_rank >= 0) & (result.true_rank < k)))
    n = result.n_samples
    low, high = wilson(right, n)
    rate = right / n if n else math.nan
    return {
        "correct": right,
        "n_samples": n,
        "rate": json_number(rate),
        "low": json_number(low),
        "high": json_number(high),
    }


def _groups(cells: "Cells", tree: "Hierarchy", levels: int) -> list[dict[str, Any]]:
    metrics = group_metrics(cells, tree)
    inner = (tree.class_of_node < 0) & (tree.depth >= 1) & (tree.depth <= levels)
    return [
        {
            "name": tree.name[node],
            "path": list(tree.path(node)),
            "depth": int(tree.depth[node]),
            "n_classes": int(tree.stop[node] - tree.start[node]),
            **{name: int(metrics[name][node]) for name in _COUNTS},
            **{name: json_number(metrics[name][node]) for name in _RATES},
        }
        for node in np.flatnonzero(inner).tolist()
    ]


def _levels(cells: "Cells", tree: "Hierarchy") -> list[dict[str, Any]]:
    levels = []
    chances = pair_mass(tree).tolist()
    for depth, share in enumerate(level_mass(cells, tree).tolist()):
        nodes = tree.cut(depth)
        accuracy = cut_accuracy(cells, tree, nodes)
        n = cells.n_samples
        low, high = wilson(round(accuracy * n) if n else 0, n)
        levels.append(
            {
                "depth": depth,
                "n_groups": int(nodes.size),
                "error_share_inside": json_number(share),
                "error_share_by_chance": json_number(chances[depth]),
                "cut_accuracy": json_number(accuracy),
                "cut_accuracy_low": json_number(low),
                "cut_accuracy_high": json_number(high),
            }
        )
    return levels


def _worst(cells: "Cells", names: tuple[str, ...], most: int) -> list[dict[str, Any]]:
    n_true = np.bincount(cells.true, weights=cells.count, minlength=cells.n_classes)
    wrong = np.flatnonzero(cells.true != cells.pred)
    order = wrong[np.argsort(-cells.count[wrong], kind="stable")][:most]
    return [
        {
            "true": names[cells.true[cell]],
            "pred": names[cells.pred[cell]],
            "count": int(cells.count[cell]),
            "rate": float(cells.count[cell] / n_true[cells.true[cell]]),
        }
        for cell in order.tolist()
    ]
