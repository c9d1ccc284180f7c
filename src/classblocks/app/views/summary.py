"""A result set in a dozen numbers, as one tree sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.filters import Filter, read_filter, shown_cells, shown_rows
from classblocks.app.parameters import Parameters
from classblocks.app.trees import read_tree
from classblocks.app.wire import Reply
from classblocks.core.confusion import Cells
from classblocks.core.hierarchical import (
    HierarchicalIntervals,
    hierarchical_intervals,
    least_heights,
    top_heights,
)
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.interval import Estimate, ratio
from classblocks.core.metrics import wilson

_TOP = 5
_CHUNK = 1 << 20
_NAN = float("nan")


@dataclass(frozen=True)
class Number:
    """One row of the reply; the interval is NaN where there is none."""

    name: str
    value: float
    unit: str
    text: str
    low: float = _NAN
    high: float = _NAN


def summary(context: Context, parameters: Parameters) -> Reply:
    """Measure the samples shown."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    parameters.finish()
    rows = context.cache.get(
        ("summary", asked, tree), lambda: list(_numbers(context, asked, tree)), lambda _: 10_000
    )
    return Reply(
        "summary",
        {
            "name": [row.name for row in rows],
            "value": np.array([row.value for row in rows], np.float32),
            "low": np.array([row.low for row in rows], np.float32),
            "high": np.array([row.high for row in rows], np.float32),
            "unit": [row.unit for row in rows],
            "text": [row.text for row in rows],
        },
    )


def _numbers(context: Context, asked: Filter, tree: Hierarchy) -> Iterator[Number]:
    cells = shown_cells(context, asked)
    n = cells.n_samples
    keep = shown_rows(context, asked)
    yield Number("samples", n, "samples", "Samples that the filters leave.")
    right = int(cells.count[cells.true == cells.pred].sum())
    yield _share("accuracy", right, n, "Share of right predictions.")
    rank = context.rows(asked.result).true_rank[keep]
    known = asked.result.has_rank
    yield _share(
        f"top-{_TOP} accuracy",
        int((rank < _TOP).sum()) if known else 0,
        n if known else 0,
        f"Share of samples whose true class is among the {_TOP} best.",
    )
    yield from _hierarchical(hierarchical_intervals(cells, tree))
    hd, best = _top_distance(context, asked, keep, tree)
    yield _estimate(f"HD@{_TOP}", hd, "levels", f"The same over the {_TOP} best classes of each.")
    yield Number(
        f"best HD@{_TOP}", best, "levels", f"The least HD@{_TOP} that any ranking can have."
    )
    yield from _cut_accuracies(cells, tree)


def _hierarchical(found: HierarchicalIntervals) -> Iterator[Number]:
    yield _estimate(
        "hierarchical precision",
        found.hp,
        "share",
        "Share of the groups of the predicted classes, themselves included and the root left out, "
        "that are also groups of the true ones.",
    )
    yield _estimate(
        "hierarchical recall", found.hr, "share", "The same of the groups of the true classes."
    )
    yield _estimate("hierarchical F", found.hf, "share", "Harmonic mean of the two.")
    yield _estimate(
        "mistake severity",
        found.severity,
        "levels",
        "Mean height of the lowest common group of true and predicted class, over the mistakes.",
    )
    yield _estimate("HD@1", found.hd_1, "levels", "The same over all samples: 0 for a right one.")


def _cut_accuracies(cells: Cells, tree: Hierarchy) -> Iterator[Number]:
    """Give the share of samples that stay in their group, for the groups of each depth."""
    deepest = int(tree.depth[tree.class_of_node < 0].max())
    right = cells.true == cells.pred
    joint = tree.depth[tree.lca(cells.true[~right], cells.pred[~right])]
    at_depth = np.zeros(deepest + 1, np.int64)
    np.add.at(at_depth, joint, cells.count[~right])
    inside = int(cells.count[right].sum()) + at_depth[::-1].cumsum()[::-1]
    for depth in range(1, deepest + 1):
        yield _share(
            f"cut accuracy, level {depth}",
            int(inside[depth]),
            cells.n_samples,
            f"Share of predictions in the right one of the {len(tree.cut(depth))} groups of depth "
            f"{depth}; classes above stand for themselves.",
        )


def _top_distance(
    context: Context, asked: Filter, keep: NDArray[np.bool_], tree: Hierarchy
) -> tuple[Estimate, float]:
    """Return HD@5 and its least possible value; NaN where the best classes are unknown."""
    result, rows = asked.result, context.rows(asked.result)
    unknown = Estimate(_NAN, _NAN, _NAN), _NAN
    if result.top(np.empty(0, np.int64))[0].shape[1] < _TOP:
        return unknown
    true = result.true
    least_of_class = least_heights(tree, _TOP)
    # How many samples have each sum of heights: few numbers, however many samples.
    n_of_sum = np.zeros(_TOP * int(tree.height[0]) + 1, np.int64)
    least = 0
    shown = np.zeros(len(rows), bool)
    shown[rows.row[keep]] = True
    for first in range(0, len(rows), _CHUNK):
        part = first + np.flatnonzero(shown[first : first + _CHUNK])
        top = result.top(part)[0]
        if (top[:, :_TOP] < 0).any():
            result.release()
            return unknown
        height = top_heights(true[part], top[:, :_TOP], tree)
        n_of_sum += np.bincount(height, minlength=len(n_of_sum))
        least += int(least_of_class[true[part]].sum())
    del true
    result.release()
    n = int(n_of_sum.sum())
    distance = ratio(np.arange(len(n_of_sum)), np.full(len(n_of_sum), _TOP), n_of_sum)
    return distance, (least / (n * _TOP) if n else _NAN)


def _estimate(name: str, found: Estimate, unit: str, text: str) -> Number:
    return Number(name, found.value, unit, text, found.low, found.high)


def _share(name: str, part: int, whole: int, text: str) -> Number:
    low, high = wilson(part, whole)
    value = part / whole if whole else _NAN
    return Number(name, value, "share", text, float(low), float(high))
