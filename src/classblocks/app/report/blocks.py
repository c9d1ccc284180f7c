"""The blocks of an order, what lies outside them, and how good each order of a study is."""

from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.criteria import criteria_of, order_step
from classblocks.app.report.number import json_number
from classblocks.core.outliers import block_outliers
from classblocks.core.partition import Partition, partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy


def blocks_of(cells: "Cells", tree: "Hierarchy", n_blocks: int | str = "auto") -> Partition:
    """Divide an order; exact up to a few thousand classes."""
    return partition(cells, tree, n_blocks, step=order_step(tree.n_classes))


def pair_chance(size: "NDArray[np.integer]", n_classes: int) -> float:
    """Share of all ordered pairs of classes that lie in one of the groups; NaN below 2 classes."""
    pairs = n_classes * (n_classes - 1)
    return float((size * (size - 1.0)).sum()) / pairs if pairs else float("nan")


def block_facts(tree: "Hierarchy", found: Partition, names: tuple[str, ...]) -> dict[str, Any]:
    """List the blocks of the automatic partition with their share of errors."""
    size = np.diff(found.cuts)
    ends = [
        (names[tree.class_of_leaf[start]], names[tree.class_of_leaf[stop - 1]])
        for start, stop in zip(found.cuts[:-1], found.cuts[1:], strict=True)
    ]
    return {
        "n_blocks": found.n_blocks,
        "in_block_mass": json_number(found.in_block_mass),
        "by_chance": json_number(pair_chance(size, tree.n_classes)),
        "blocks": [
            {
                "start": int(found.cuts[block]),
                "stop": int(found.cuts[block + 1]),
                "first": ends[block][0],
                "last": ends[block][1],
                "errors": int(found.block_sum[block]),
                "share": json_number(found.block_mass[block]),
                "density": json_number(found.density[block]),
            }
            for block in range(found.n_blocks)
        ],
    }


def outlier_facts(
    cells: "Cells", tree: "Hierarchy", blocks: Partition, names: tuple[str, ...], most: int
) -> dict[str, Any]:
    """List the most surprising errors between blocks."""
    found = block_outliers(cells, blocks, tree)
    surprise = np.asarray(found["surprise"], np.float64)
    order = np.argsort(-surprise, kind="stable")[:most]
    n_errors = int(cells.count[cells.true != cells.pred].sum())
    n_outside = int(found["count"].sum())
    return {
        "n_cells": found.n_rows,
        "errors": n_outside,
        "share": json_number(n_outside / n_errors if n_errors else float("nan")),
        "most_surprising": [
            {
                "true": names[found["true"][row]],
                "pred": names[found["pred"][row]],
                "count": int(found["count"][row]),
                "expected": json_number(found["expected"][row]),
                "surprise": json_number(surprise[row]),
                "lca_height": int(found["lca_height"][row]),
            }
            for row in order.tolist()
        ],
    }


def criteria_facts(
    cells: "Cells", trees: "Mapping[str, Hierarchy]"
) -> dict[str, dict[str, float | None]]:
    """Compute every criterion of METHODS §4.2 for every hierarchy."""
    return {
        name: {key: json_number(value) for key, value in criteria_of(cells, tree).items()}
        for name, tree in trees.items()
    }
