"""Classes, hierarchy, cells and rows: what the browser loads once per result set."""

import numpy as np

from classblocks.app.context import Context
from classblocks.app.parameters import Parameters
from classblocks.app.wire import Reply, id_dtype, rank_dtype

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
    rank = rank_dtype(len(context.study.classes))

    def make() -> dict[str, np.ndarray]:
        order = context.row_order(result)
        return {
            "sample": result.sample[order].astype(np.int32),
            "p_true": result.p_true[order].astype(np.float32, copy=False),
            "p_pred": result.p_pred[order].astype(np.float32, copy=False),
            "true_rank": result.true_rank[order].astype(rank),
        }

    return Reply("rows", context.once((result, "rows"), make))
