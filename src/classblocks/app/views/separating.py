"""What the layers of a network separate: probes of its layers beside the network itself."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from classblocks.app.context import Context
from classblocks.app.parameters import Parameters, RequestError, answering, short
from classblocks.app.probes import same_samples
from classblocks.app.trees import read_tree
from classblocks.app.wire import Reply
from classblocks.core.branch_cuts import choose_cuts, nodes_of_groups, note_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.separability import Separability
from classblocks.core.separability import separability as separability_of
from classblocks.core.validate import whole

if TYPE_CHECKING:
    from classblocks.study.result import Result

MOST_LAYERS = 64


def separability(context: Context, parameters: Parameters) -> Reply:
    """Count for every layer and group what was kept, what there is and what was predicted."""
    probes, final = _read_probes(context, "separability", parameters)
    tree = read_tree(context, parameters)
    parameters.finish()

    found = measured(context, probes, final, tree)
    counts = {"tp": found.tp, "support": found.support, "predicted": found.predicted}
    return Reply(
        "separability",
        {name: values.astype(np.int32).ravel() for name, values in counts.items()},
        {
            "shape": f"{len(probes) + 1},{tree.n_nodes}",
            "layers": _layer_names(probes),
            "n_samples": str(found.support[-1, 0]),
        },
    )


def suggest(context: Context, parameters: Parameters) -> Reply:
    """Choose the groups of branches by what the layers separate."""
    probes, final = _read_probes(context, "suggest", parameters)
    tree = read_tree(context, parameters)
    tau = parameters.number("tau")
    weight = parameters.number("weight")
    most = parameters.optional("most", None)
    parameters.finish()
    if not 0 <= weight < float("inf"):
        raise RequestError(f"suggest: 'weight' must be a number of at least 0, got {weight!r}")
    with answering("suggest"):
        cuts = choose_cuts(
            tree,
            measured(context, probes, final, tree),
            tau=tau,
            most=None if most is None else whole(most, "most", 2),
        )
    branch = np.repeat(np.arange(len(cuts)), [len(cut.nodes) for cut in cuts])
    return Reply(
        "suggest",
        {
            "branch": branch.astype(np.int32),
            "node": np.concatenate([cut.nodes for cut in cuts]).astype(np.int32),
        },
        {"layers": _layer_names(probes), "note": note_of(tree, cuts, tau)},
    )


def branches(context: Context, parameters: Parameters) -> Reply:
    """Find the groups of saved branches in a tree."""
    saved = context.study.branches
    name = parameters.text("name", saved, "branches")
    plan = saved[name]
    tree = read_tree(context, parameters)
    parameters.finish()
    nodes = [nodes_of_groups(tree, branch.group_of_class) for branch in plan.branches]
    for branch, found in zip(plan.branches, nodes, strict=True):
        if (found < 0).any():
            group = branch.names[int(np.flatnonzero(found < 0)[0])]
            made = plan.how.get("hierarchy")
            raise RequestError(
                f"branches: {short(name)} has the group {short(group)} at {branch.layer!r}, which "
                "the hierarchy shown has not"
                + (f"; they were made with {made!r}" if isinstance(made, str) else "")
            )
    branch_of_group = np.repeat(np.arange(len(nodes)), [len(found) for found in nodes])
    return Reply(
        "branches",
        {
            "branch": branch_of_group.astype(np.int32),
            "node": np.concatenate([np.sort(found) for found in nodes]),
        },
        {
            "layers": json.dumps([branch.layer for branch in plan.branches], ensure_ascii=False),
            "weights": json.dumps([branch.weight for branch in plan.branches]),
        },
    )


def measured(
    context: Context, probes: Mapping[str, "Result"], final: "Result", tree: Hierarchy
) -> Separability:
    """Measure the probes of layers, and the network on their samples; remembered."""

    def make() -> Separability:
        found = same_samples(probes, final)
        return separability_of(found.layer_cells, found.final_cells, tree)

    key = ("separability", tuple(probes.items()), final, tree)
    return context.cache.get(key, make, lambda made: 7 * made.tp.nbytes)


def _read_probes(
    context: Context, view: str, parameters: Parameters
) -> tuple[dict[str, "Result"], "Result"]:
    names = parameters.value("results")
    if not isinstance(names, list) or not 0 < len(names) <= MOST_LAYERS:
        raise RequestError(
            f"{view}: 'results' must be a list of 1 to {MOST_LAYERS} names, got {short(names)}"
        )
    results = context.study.results
    probes: dict[str, Result] = {}
    for name in names:
        result = results[Parameters(view, {"result": name}).text("result", results, "result")]
        layer = result.coordinates.layer or result.name
        if layer in probes:
            raise RequestError(
                f"{view}: results {probes[layer].name!r} and {name!r} are both of layer {layer!r}"
            )
        probes[layer] = result
    return probes, results[parameters.text("final", results, "result")]


def _layer_names(probes: Mapping[str, "Result"]) -> str:
    return json.dumps(list(probes), ensure_ascii=False)
