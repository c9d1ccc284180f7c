"""One tree beside another, and what would make it better."""

import json

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.filters import read_filter, shown_cells
from classblocks.app.parameters import Parameters, RequestError, answering, short
from classblocks.app.trees import read_tree
from classblocks.app.wire import Reply
from classblocks.core.columns import Columns
from classblocks.core.compare import (
    compare_hierarchies,
    compare_levels,
    dasgupta_cost,
    error_mass,
)
from classblocks.core.repair import repair_moves

MOST_MOVES = 200


def compare(context: Context, parameters: Parameters) -> Reply:
    """Find for every node the most similar group of another hierarchy, and score both."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    given = parameters.value("with")
    if not isinstance(given, dict) or "hierarchy" not in given:
        raise RequestError(f"compare: 'with' must be {{\"hierarchy\": name}}, got {short(given)}")
    other = read_tree(context, parameters, "with")
    parameters.finish()

    def match() -> Columns:
        with answering("compare"):
            return compare_hierarchies(tree, other)

    matched = context.cache.get(("matched", tree, other), match, _n_bytes)

    def levels() -> dict[str, str]:
        cells = shown_cells(context, asked)
        level = compare_levels(cells, tree, other)
        return {
            "dasgupta": json.dumps([_known(dasgupta_cost(cells, one)) for one in (tree, other)]),
            "level_mass": json.dumps([_list(level["mass_a"]), _list(level["mass_b"])]),
            "pair_mass": json.dumps([_list(level["chance_a"]), _list(level["chance_b"])]),
        }

    key = (asked, tree, other)
    metadata = context.cache.get(("levels", *key), levels, lambda _: 10_000)
    mass = context.once(
        ("error mass", asked, tree),
        lambda: error_mass(shown_cells(context, asked), tree).astype(np.float32),
    )
    return Reply(
        "compare",
        {
            "best": np.asarray(matched["best"], np.int32),
            "jaccard": np.asarray(matched["jaccard"], np.float32),
            "mass": mass,
            "best_name": [str(name) for name in matched["best_name"]],
        },
        metadata,
    )


def repair(context: Context, parameters: Parameters) -> Reply:
    """List the moves of groups that lower the Dasgupta cost most."""
    asked = read_filter(context, parameters)
    tree = read_tree(context, parameters)
    limit = parameters.integer("limit", MOST_MOVES + 1, "limits", 1)
    parameters.finish()

    def make() -> dict[str, NDArray[np.generic]]:
        with answering("repair"):
            moves = repair_moves(shown_cells(context, asked), tree, limit)
        return {
            "node": moves["node"].astype(np.int32),
            "beside": moves["beside"].astype(np.int32),
            "change": moves["change"].astype(np.float32),
            "mass": moves["mass"].astype(np.int32),
        }

    return Reply("repair", context.once(("repair", asked, tree, limit), make))


def _list(values: NDArray[np.float64]) -> list[float | None]:
    return [_known(float(value)) for value in values]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _n_bytes(columns: Columns) -> int:
    return sum(values.nbytes for values in columns.values())
