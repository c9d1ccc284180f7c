"""The findings about one result set, as JSON values and as text."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.context import Context
from classblocks.core.metrics import cut_accuracy, group_metrics, level_mass, pair_mass, wilson

if TYPE_CHECKING:
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result

REPORT_VERSION = 1
_COUNTS = ("n_true", "n_pred", "tp", "fp", "fn")
_RATES = (
    "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high", "f1",
)  # fmt: skip


def report(
    context: Context, result: "Result", hierarchy: str, *, levels: int = 2, worst: int = 10
) -> dict[str, Any]:
    """Collect accuracy, group metrics, error shares by level and the worst confusions."""
    study, cells = context.study, result.cells()
    tree = context.hierarchies[hierarchy]
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
        "groups": _groups(cells, tree, levels),
        "levels": _levels(cells, tree),
        "worst_confusions": _worst(cells, study.classes.names, worst),
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
        "rate": _number(rate),
        "low": _number(low),
        "high": _number(high),
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
            **{name: _number(metrics[name][node]) for name in _RATES},
        }
        for node in np.flatnonzero(inner).tolist()
    ]


def _levels(cells: "Cells", tree: "Hierarchy") -> list[dict[str, Any]]:
    levels = []
    chances = pair_mass(tree).tolist()
    for depth, share in enumerate(level_mass(cells, tree).tolist()):
        nodes = tree.cut(depth)
        levels.append(
            {
                "depth": depth,
                "n_groups": int(nodes.size),
                "error_share_inside": _number(share),
                "error_share_by_chance": _number(chances[depth]),
                "cut_accuracy": _number(cut_accuracy(cells, tree, nodes)),
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


def _number(value: Any) -> float | None:  # noqa: ANN401
    return None if math.isnan(value) else float(value)


def text(facts: Mapping[str, Any]) -> str:
    """Lay a report out for a terminal."""
    empty = facts["n_classes_without_samples"]
    lines = [
        f"{facts['study']} · {facts['result']}",
        f"{facts['n_samples']:,} samples, {facts['n_classes']:,} classes"
        + (f" ({empty:,} without samples)" if empty else "")
        + f", hierarchy {facts['hierarchy']}",
        "",
        f"top-1 accuracy  {_with_interval(facts['accuracy']['top1'])}",
    ]
    if facts["accuracy"]["top5"] is not None:
        lines.append(f"top-5 accuracy  {_with_interval(facts['accuracy']['top5'])}")
    lines += ["", *_group_lines(facts["groups"])] if facts["groups"] else []
    lines += ["", "level  groups  errors inside  by chance  right group"]
    lines += [
        f"{level['depth']:5d}  {level['n_groups']:6,d}  {_percent(level['error_share_inside']):>13}"
        f"  {_percent(level['error_share_by_chance']):>9}  {_percent(level['cut_accuracy']):>11}"
        for level in facts["levels"]
    ]
    lines += ["", "worst confusions (true → pred)" if facts["worst_confusions"] else "no errors"]
    lines += [
        f"{row['count']:7,d}  {_percent(row['rate']):>6}  {row['true']} → {row['pred']}"
        for row in facts["worst_confusions"]
    ]
    return "\n".join(lines)


def _group_lines(groups: list[dict[str, Any]]) -> list[str]:
    names = [f"{'  ' * (group['depth'] - 1)}{group['name']}" for group in groups]
    width = max(5, *(len(name) for name in names))
    header = f"{'group':<{width}}  classes  {'recall (95 %)':>22}  {'precision (95 %)':>22}      F1"
    return [header] + [
        f"{name:<{width}}  {group['n_classes']:7,d}  {_metric(group, 'recall'):>22}  "
        f"{_metric(group, 'precision'):>22}  {_percent(group['f1']):>6}"
        for name, group in zip(names, groups, strict=True)
    ]


def _metric(group: Mapping[str, Any], name: str) -> str:
    if group[name] is None:
        return "–"
    low, high = group[f"{name}_low"] * 100, group[f"{name}_high"] * 100
    return f"{_percent(group[name])} ({low:.1f}–{high:.1f})"


def _with_interval(rate: Mapping[str, Any]) -> str:
    if rate["rate"] is None:
        return "–"
    return (
        f"{_percent(rate['rate'])} ({rate['low'] * 100:.1f}–{rate['high'] * 100:.1f})  "
        f"{rate['correct']:,} of {rate['n_samples']:,}"
    )


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate * 100:.1f} %"
