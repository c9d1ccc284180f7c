"""The class order as a whole: its blocks, what crosses them, and how good it is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.criteria import TABLE, criteria_of, order_step
from classblocks.app.filters import read_filter, shown_cells
from classblocks.app.parameters import Parameters, RequestError, answering, short
from classblocks.app.trees import read_tree
from classblocks.app.wire import Column, Reply
from classblocks.core.block_score import OBJECTIVES
from classblocks.core.outliers import block_outliers
from classblocks.core.partition import ALONG, Partition
from classblocks.core.partition import partition as find_partition

MOST_BLOCKS = 1_000
MOST_OUTLIERS = 10_000


def partition(context: Context, parameters: Parameters) -> Reply:
    """Divide the order of a tree into blocks."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    n_blocks = _n_blocks(parameters, tree.n_classes)
    objective = parameters.text("objective", OBJECTIVES, "objective")
    along = parameters.text("along", ALONG, "way to divide")
    parameters.finish()
    step = 1 if along == "tree" else order_step(tree.n_classes)

    def make() -> Partition:
        with answering("partition"):
            return find_partition(
                shown_cells(context, asked), tree, n_blocks, objective, along=along, step=step
            )

    key = ("partition", asked, tree, n_blocks, objective, along)
    found = context.cache.get(key, make, lambda made: 64 * len(made.cuts))
    columns: dict[str, Column] = {"cut": found.cuts}
    for name, values in (
        ("sum", found.block_sum),
        ("area", found.block_area),
        ("density", found.density),
    ):
        columns[name] = np.append(values, np.nan).astype(np.float32)
    note = f"cuts lie at multiples of {step} classes" if step > 1 else ""
    return Reply(
        "partition",
        columns,
        {
            "value": str(found.value),
            "in_block_mass": str(found.in_block_mass),
            "n_blocks": str(found.n_blocks),
            "note": note,
        },
    )


def outliers(context: Context, parameters: Parameters) -> Reply:
    """List the errors that cross the blocks."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    n_classes = tree.n_classes
    cuts = parameters.ids("cuts", n_classes + 1, "leaf positions", n_classes + 1)
    limit = parameters.integer("limit", MOST_OUTLIERS + 1, "limits", 1)
    parameters.finish()

    def make() -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
        cells = shown_cells(context, asked)
        with answering("outliers"):
            found = block_outliers(cells, cuts, tree)
        errors = int(cells.count[cells.true != cells.pred].sum())
        mass = int(found["count"].sum())
        most = {
            name: np.asarray(found[name][:MOST_OUTLIERS], dtype)
            for name, dtype in (
                ("true", np.int32),
                ("pred", np.int32),
                ("count", np.int32),
                ("expected", np.float32),
                ("surprise", np.float32),
                ("lca_height", np.int32),
            )
        }
        return most, {
            "n_outliers": str(len(found["count"])),
            "mass": str(mass),
            "share": str(mass / errors if errors else float("nan")),
        }

    key = ("outliers", asked, tree, cuts.tobytes())
    columns, metadata = context.cache.get(key, make, lambda made: 32 * len(made[0]["true"]))
    return Reply("outliers", {name: column[:limit] for name, column in columns.items()}, metadata)


def criteria(context: Context, parameters: Parameters) -> Reply:
    """Report every criterion of an order and its tree."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    parameters.finish()

    def make() -> dict[str, float]:
        with answering("criteria"):
            return criteria_of(shown_cells(context, asked), tree)

    values = context.cache.get(("criteria", asked, tree), make, lambda _: 1_000)
    return Reply(
        "criteria",
        {
            "name": [row.name for row in TABLE],
            "value": np.array([values[row.name] for row in TABLE], np.float32),
            "better": [row.better for row in TABLE],
            "text": [row.text for row in TABLE],
        },
    )


def _n_blocks(parameters: Parameters, n_classes: int) -> int | str:
    value = parameters.value("n_blocks")
    if value == "auto":
        return "auto"
    most = min(n_classes, MOST_BLOCKS)
    if type(value) is not int or not 1 <= value <= most:
        raise RequestError(
            f"partition: 'n_blocks' must be \"auto\" or 1..{most}, got {short(value)}"
        )
    return value
