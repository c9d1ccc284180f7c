"""Classes, hierarchy, cells and rows: what the browser loads once per result set."""

import numpy as np

from classblocks.app.context import Context
from classblocks.app.filters import read_filter, shown_counts
from classblocks.app.parameters import Parameters
from classblocks.app.wire import Reply, id_dtype

ALIAS_SEPARATOR = " › "


def classes(context: Context, parameters: Parameters) -> Reply:
    """Names and keys by class id."""
    parameters.finish()
    known = context.study.classes
    return Reply("classes", {"name": known.names, "key": known.keys})


def hierarchy(context: Context, parameters: Parameters) -> Reply:
    """Preorder arrays of one tree."""
    hierarchies = context.hierarchies
    tree = hierarchies[parameters.text("hierarchy", hierarchies, "hierarchy")]
    parameters.finish()
    return Reply(
        "hierarchy",
        {
            "parent": tree.parent,
            "start": tree.start,
            "stop": tree.stop,
            "depth": tree.depth,
            "class": tree.class_of_node,
            "name": tree.name,
            "aliases": [ALIAS_SEPARATOR.join(aliases) for aliases in tree.aliases],
        },
    )


def cells(context: Context, parameters: Parameters) -> Reply:
    """Non-empty cells, by true class, then predicted class."""
    result = context.result(parameters)
    parameters.finish()
    counted = context.cells(result)
    class_id = id_dtype(counted.n_classes)
    return Reply(
        "cells",
        {
            "true": counted.true.astype(class_id),
            "pred": counted.pred.astype(class_id),
            "count": counted.count.astype(np.int32),
        },
        {"n_samples": str(result.n_samples), "n_classes": str(counted.n_classes)},
    )


def rows(context: Context, parameters: Parameters) -> Reply:
    """Give what the browser filters by, one row per sample, in the order of ``cells``."""
    result = context.result(parameters)
    parameters.finish()
    sorted_rows = context.rows(result)
    return Reply(
        "rows",
        {
            "sample": sorted_rows.sample,
            "p_true": sorted_rows.p_true,
            "p_pred": sorted_rows.p_pred,
            "true_rank": sorted_rows.true_rank,
        },
    )


def filtered(context: Context, parameters: Parameters) -> Reply:
    """Give the samples a filter leaves in each cell, for results too large for the browser."""
    asked = read_filter(context, parameters)
    parameters.finish()
    count = shown_counts(context, asked)
    return Reply("filtered", {"count": count}, {"n_shown": str(int(count.sum()))})
