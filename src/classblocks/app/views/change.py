"""How the metrics of groups differ between result sets: from a baseline, and over epochs."""

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.filters import Filter, read_filter, shown_cells, shown_rows
from classblocks.app.parameters import Parameters, RequestError, short
from classblocks.app.trees import read_tree
from classblocks.app.wire import Reply
from classblocks.core.columns import Columns
from classblocks.core.confusion import count_cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import group_metrics
from classblocks.core.significance import group_differences, paired_differences

METRICS = ("recall", "precision", "f1")
MOST_RESULTS = 1000
MOST_NODES = 64

_Ids = NDArray[np.int32]


def change(context: Context, parameters: Parameters) -> Reply:
    """Compare every group with the same group in a baseline, with intervals."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    where = parameters.optional("where", {})
    baseline = parameters.text("baseline", context.study.results, "baseline")
    parameters.finish()
    before = _filter(context, "change", baseline, where)
    columns, is_paired = context.cache.get(
        ("change", asked, before, tree),
        lambda: _changes(context, asked, before, tree),
        lambda made: sum(array.nbytes for array in made[0].values()),
    )
    return Reply("change", columns, {"paired": "true" if is_paired else "false"})


def series(context: Context, parameters: Parameters) -> Reply:
    """Give the metrics of some groups in several results: by node as asked, then by result."""
    names = parameters.value("results")
    if not isinstance(names, list) or not 0 < len(names) <= MOST_RESULTS:
        raise RequestError(
            f"series: 'results' must be a list of 1 to {MOST_RESULTS} names, got {short(names)}"
        )
    tree = read_tree(context, parameters)
    nodes = parameters.ids("nodes", tree.n_nodes, "nodes", MOST_NODES)
    where = parameters.optional("where", {})
    parameters.finish()
    asked = [_filter(context, "series", name, where) for name in names]
    tables = [_metrics(context, one, tree) for one in asked]
    columns = {
        column: np.stack([table[column][nodes] for table in tables], axis=1)
        .astype(np.float32)
        .ravel()
        for metric in METRICS
        for column in (metric, f"{metric}_low", f"{metric}_high")
    }
    return Reply("series", columns, {"shape": f"{len(nodes)},{len(names)}"})


def _filter(context: Context, view: str, result: object, where: object) -> Filter:
    """Read the filter as one of that result, which may lack what it needs."""
    return read_filter(context, Parameters(view, {"result": result, "where": where}))


def _changes(
    context: Context, asked: Filter, before: Filter, tree: Hierarchy
) -> tuple[dict[str, NDArray[np.float32]], bool]:
    found = group_differences(shown_cells(context, asked), shown_cells(context, before), tree)
    columns = {
        column: found[column]
        for metric in METRICS
        for column in (metric, f"{metric}_low", f"{metric}_high")
    }
    columns["recall_p"] = np.full(tree.n_nodes, np.nan)
    both = _paired(context, asked, before)
    if both is not None:
        paired = paired_differences(*both, tree)
        for column in ("recall", "recall_low", "recall_high"):
            columns[column] = paired[column]
        has_both = paired["n_true"] > 0
        columns["recall_p"] = np.where(has_both, paired["p_value"], np.nan)
    return {name: values.astype(np.float32) for name, values in columns.items()}, both is not None


def _paired(context: Context, asked: Filter, before: Filter) -> tuple[_Ids, _Ids, _Ids] | None:
    """Return true class and both predictions by sample; None where the samples are not the same."""
    sample, true, pred = _by_sample(context, asked)
    other, _, old = _by_sample(context, before)
    return (true, pred, old) if np.array_equal(sample, other) else None


def _by_sample(context: Context, asked: Filter) -> tuple[_Ids, _Ids, _Ids]:
    rows = context.rows(asked.result)
    kept = np.flatnonzero(shown_rows(context, asked))
    kept = kept[np.argsort(rows.sample[kept], kind="stable")]
    cell = np.searchsorted(rows.start, kept, side="right") - 1
    return rows.sample[kept], rows.cells.true[cell], rows.cells.pred[cell]


def _metrics(context: Context, asked: Filter, tree: Hierarchy) -> Columns:
    def make() -> Columns:
        if not asked.keeps_all_samples or asked.where.min_count > 1:
            return group_metrics(shown_cells(context, asked), tree)
        # An epoch passed through needs no rows, which are many.
        result = asked.result
        cells = count_cells(result.true, result.pred, tree.n_classes)
        result.release()
        return group_metrics(cells, tree)

    return context.cache.get(
        ("metrics", asked, tree), make, lambda made: sum(array.nbytes for array in made.values())
    )
