"""What probes of the layers tell of groups and classes, beside the network itself."""

from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.parameters import RequestError
from classblocks.app.probes import Probed, probes_of, same_samples
from classblocks.app.report.number import json_number
from classblocks.core.early_exits import FALSE_SHARE, early_exits
from classblocks.core.metrics import wilson
from classblocks.core.separability import NEAR, Separability, separability

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result
    from classblocks.study.study import Study

_TOLD = ("recall", "final_recall", "difference", "low", "high", "p_value")


def probe_facts(
    study: "Study", result: "Result", tree: "Hierarchy", most: int
) -> dict[str, Any] | None:
    """Collect what the probes of a network tell; None where it has none."""
    own, probes = probes_of(study, result)
    if own is None and len(probes) > 1:
        own = probes.pop(next(reversed(probes)))
    if own is None or not probes:
        return None
    unconverged = [n for n, probe in probes.items() if probe.provenance.get("converged") is False]
    facts: dict[str, Any] = {
        "final": own.name,
        "final_layer": own.coordinates.layer or "output",
        "layers": list(probes),
        "not_converged": unconverged,
        "problem": None,
    }
    try:
        probed = same_samples(probes, own)
    except RequestError as error:
        return {**facts, "problem": str(error)}
    found = separability(probed.layer_cells, probed.final_cells, tree)
    return {
        **facts,
        "n_samples": len(probed.true),
        "levels": _levels(found, tree),
        "near": NEAR,
        "separation": _separation(found, tree),
        "classes": _classes(probed, study.classes.names, most),
    }


def _levels(found: Separability, tree: "Hierarchy") -> list[dict[str, Any]]:
    """Cut accuracy of every layer below the root, and its share of the last one's beyond chance."""
    n = found.support[:, 0].astype(np.float64)
    levels = []
    for depth in range(1, found.cut_accuracy.shape[1]):
        nodes = tree.cut(depth)
        accuracy = found.cut_accuracy[:, depth]
        both = (found.support[:, nodes] * found.predicted[:, nodes].astype(np.float64)).sum(axis=1)
        chance = np.divide(both, n * n, out=np.full(len(n), np.nan), where=n > 0)
        low, high = wilson(found.tp[:, nodes].sum(axis=1), n)
        beyond = accuracy - chance
        share = beyond / beyond[-1] if beyond[-1] > 0 else np.full(len(n), np.nan)
        columns = {
            "cut_accuracy": accuracy, "low": low, "high": high, "by_chance": chance,
            "of_final": share,
        }  # fmt: skip
        levels.append(
            {
                "depth": depth,
                "n_groups": len(nodes),
                "layers": [
                    {name: json_number(values[row]) for name, values in columns.items()}
                    for row in range(len(n))
                ],
            }
        )
    return levels


def _separation(found: Separability, tree: "Hierarchy") -> list[dict[str, Any]]:
    """Count the groups of every level by the first layer that separates them."""
    rows = len(found.layers) + 1
    levels = []
    for depth in range(1, found.cut_accuracy.shape[1]):
        nodes = tree.cut(depth)
        first = found.separation[nodes]
        levels.append(
            {
                "depth": depth,
                "n_groups": len(nodes),
                "first": np.bincount(first[first >= 0], minlength=rows).tolist(),
                "n_undefined": int(np.count_nonzero(first < 0)),
            }
        )
    return levels


def _classes(probed: Probed, names: tuple[str, ...], most: int) -> dict[str, Any]:
    table = early_exits(probed.true, probed.layers, probed.final, probed.n_classes)
    layers = list(probed.layers)
    better = np.flatnonzero(table["is_better"])
    order = np.lexsort((-table["difference"][better], table["p_value"][better]))
    return {
        "n_tested": int(np.count_nonzero(table["n_true"])),
        "n_best": int(table["is_best"].sum()),
        "n_better": len(better),
        "false_share": FALSE_SHARE,
        "better": [
            {
                "name": names[class_id],
                "layer": layers[table["layer"][class_id]],
                "n_true": int(table["n_true"][class_id]),
                **{name: json_number(table[name][class_id]) for name in _TOLD},
            }
            for class_id in better[order][:most].tolist()
        ],
    }
