"""A network beside another one on the same samples: what was gained, where, and how soon."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.report.number import json_estimate, json_number
from classblocks.core.confusion import count_cells
from classblocks.core.hierarchical import hierarchical_intervals
from classblocks.core.interval import Estimate, ratio
from classblocks.core.metrics import wilson
from classblocks.core.significance import mcnemar, paired_interval
from classblocks.study.format import StudyError

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result
    from classblocks.study.study import Study

# Blocks, Table 1: AlexNet on ILSVRC-2012 with and without branches.
PUBLISHED = {"top1": 34.33 / 42.6 - 1, "top5": 13.02 / 19.6 - 1}
TOP = {"top1": 1, "top5": 5}

Flags = NDArray[np.bool_]


def against_facts(
    study: "Study", result: "Result", baseline: "Result", tree: "Hierarchy"
) -> dict[str, Any]:
    """Compare two result sets on the samples that both have (METHODS §16.5, §22).

    ``errors``: relative change of the top-1 and top-5 error with its 95 % interval, the exact
    McNemar test, and the published change. ``levels``: accuracy at every level of the tree.
    ``mistakes``: severity and HD@1. ``course``: error by epoch of both networks, and the first
    epoch with at most the final error of the baseline.
    """
    first, second = _common(result, baseline)
    if not len(first):
        raise StudyError(f"{result.name} and {baseline.name} have no sample in common")
    return {
        "baseline": baseline.name,
        "n_samples": len(first),
        "errors": [
            _error(name, _right(result, k)[first], _right(baseline, k)[second])
            for name, k in TOP.items()
            if k == 1 or (result.has_rank and baseline.has_rank)
        ],
        "levels": _levels(result, baseline, first, second, tree),
        "mistakes": _mistakes(result, baseline, first, second, tree),
        "course": _course(study, result, baseline),
    }


def _common(result: "Result", baseline: "Result") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the samples that both have, in the same order."""
    _, first, second = np.intersect1d(
        result.sample_id, baseline.sample_id, assume_unique=True, return_indices=True
    )
    return first, second


def _right(result: "Result", k: int) -> Flags:
    if k == 1:
        return np.asarray(result.true == result.pred)
    return (result.true_rank >= 0) & (result.true_rank < k)


def _error(name: str, right: Flags, before: Flags) -> dict[str, Any]:
    wrong, wrong_before = (~right).astype(float), (~before).astype(float)
    change = ratio(wrong, wrong_before)
    gained, lost = int((right & ~before).sum()), int((before & ~right).sum())
    return {
        "name": name,
        "error": json_number(wrong.mean()),
        "baseline_error": json_number(wrong_before.mean()),
        "change": json_estimate(Estimate(*(limit - 1 for limit in change))),
        "gained": gained,
        "lost": lost,
        "p_value": float(mcnemar(gained, lost)),
        "published": PUBLISHED[name],
    }


def _levels(
    result: "Result",
    baseline: "Result",
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    tree: "Hierarchy",
) -> list[dict[str, Any]]:
    found = []
    for depth in range(1, int(tree.depth.max()) + 1):
        nodes = tree.cut(depth)
        group = np.searchsorted(np.sort(tree.start[nodes]), tree.leaf_of_class, "right")
        right = group[result.true[first]] == group[result.pred[first]]
        before = group[baseline.true[second]] == group[baseline.pred[second]]
        table = [
            int(np.count_nonzero(flags))
            for flags in (right & before, right & ~before, before & ~right, ~right & ~before)
        ]
        low, high = paired_interval(*table)
        found.append(
            {
                "depth": depth,
                "n_groups": int(nodes.size),
                "accuracy": float(right.mean()),
                "baseline_accuracy": float(before.mean()),
                "value": float(right.mean() - before.mean()),
                "low": float(low),
                "high": float(high),
            }
        )
    return found


def _mistakes(
    result: "Result",
    baseline: "Result",
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    tree: "Hierarchy",
) -> list[dict[str, Any]]:
    found = {
        one.name: hierarchical_intervals(
            count_cells(one.true[rows], one.pred[rows], tree.n_classes), tree
        )._asdict()
        for one, rows in ((result, first), (baseline, second))
    }
    return [
        {
            "name": name,
            "result": json_estimate(found[result.name][name]),
            "baseline": json_estimate(found[baseline.name][name]),
        }
        for name in ("severity", "hd_1")
    ]


def _course(study: "Study", result: "Result", baseline: "Result") -> dict[str, Any] | None:
    """Follow both networks over the epochs; None unless both were recorded at several."""
    courses = [_epochs(study, one) for one in (result, baseline)]
    if any(len(course) < 2 for course in courses):
        return None
    own, before = courses
    goal = before[max(before)]["error"]
    reached = [epoch for epoch in sorted(own) if own[epoch]["error"] <= goal]
    return {
        "baseline_epoch": max(before),
        "baseline_error": goal,
        "reached": reached[0] if reached else None,
        "epochs": [
            {"epoch": epoch, "result": own.get(epoch), "baseline": before.get(epoch)}
            for epoch in sorted(own.keys() | before.keys())
        ],
    }


def _epochs(study: "Study", like: "Result") -> dict[float, dict[str, Any]]:
    wanted = like.coordinates
    found = {}
    for one in study.results.values():
        at = one.coordinates
        same = (at.model, at.layer, at.transform, at.split) == (
            wanted.model, wanted.layer, wanted.transform, wanted.split,
        )  # fmt: skip
        if same and at.epoch is not None and not one.is_reranked:
            n, wrong = one.n_samples, int(np.count_nonzero(one.true != one.pred))
            low, high = wilson(wrong, n)
            found[at.epoch] = {
                "error": wrong / n if n else None,
                "low": json_number(low),
                "high": json_number(high),
                "top5_error": 1 - float(_right(one, 5).mean()) if n and one.has_rank else None,
            }
    return found
