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
from classblocks.core.hierarchical import hierarchical_metrics
from classblocks.core.hierarchy import Hierarchy
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
    true, pred = np.repeat(cells.true, cells.count), np.repeat(cells.pred, cells.count)
    all_of = hierarchical_metrics(true, pred, tree)
    yield Number("samples", n, "samples", "Samples that the filters leave.")
    right = n - all_of.n_mistakes
    yield _share("accuracy", right, n, "Share of right predictions.")
    rank = context.rows(asked.result).true_rank[keep]
    known = asked.result.has_rank
    yield _share(
        f"top-{_TOP} accuracy",
        int((rank < _TOP).sum()) if known else 0,
        n if known else 0,
        f"Share of samples whose true class is among the {_TOP} best.",
    )
    yield from _hierarchical(all_of.hp, all_of.hr, all_of.hf)
    yield Number(
        "mistake severity",
        all_of.severity,
        "levels",
        "Mean height of the lowest common group of true and predicted class, over the mistakes.",
    )
    yield Number("HD@1", all_of.hd_1, "levels", "The same over all samples: 0 for a right one.")
    hd, best = _top_distance(context, asked, keep, tree)
    yield Number(f"HD@{_TOP}", hd, "levels", f"The same over the {_TOP} best classes of each.")
    yield Number(
        f"best HD@{_TOP}", best, "levels", f"The least HD@{_TOP} that any ranking can have."
    )
    yield from _cut_accuracies(cells, tree)


def _hierarchical(hp: float, hr: float, hf: float) -> Iterator[Number]:
    yield Number(
        "hierarchical precision",
        hp,
        "share",
        "Share of the groups of the predicted classes, themselves included and the root left out, "
        "that are also groups of the true ones.",
    )
    yield Number("hierarchical recall", hr, "share", "The same of the groups of the true classes.")
    yield Number("hierarchical F", hf, "share", "Harmonic mean of the two.")


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
) -> tuple[float, float]:
    """Return HD@5 and its least possible value; NaN where the best classes are unknown."""
    result, rows = asked.result, context.rows(asked.result)
    if result.top(np.empty(0, np.int64))[0].shape[1] < _TOP:
        return _NAN, _NAN
    true, pred = result.true, result.pred
    shown = np.zeros(len(rows), bool)
    shown[rows.row[keep]] = True
    n, distance, least = 0, 0.0, 0.0
    for first in range(0, len(rows), _CHUNK):
        part = first + np.flatnonzero(shown[first : first + _CHUNK])
        top = result.top(part)[0]
        if (top[:, :_TOP] < 0).any():
            n = 0
            break
        found = hierarchical_metrics(true[part], pred[part], tree, top[:, :_TOP])
        n += found.n_samples
        if found.n_samples:
            distance += found.hd_k * found.n_samples
            least += found.best_hd_k * found.n_samples
    del true, pred
    result.release()
    return (distance / n, least / n) if n else (_NAN, _NAN)


def _share(name: str, part: int, whole: int, text: str) -> Number:
    low, high = wilson(part, whole)
    value = part / whole if whole else _NAN
    return Number(name, value, "share", text, float(low), float(high))
