"""What a study holds, as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from classblocks.app.saving import can_save
from classblocks.study.format import StudyError

if TYPE_CHECKING:
    from classblocks.app.context import Context
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.responses import LayerResponses
    from classblocks.study.result import Result

MANIFEST_VERSION = 1
_SCALARS = (str, int, float, bool)


def manifest(context: "Context") -> dict[str, Any]:
    """Describe a study, its results and hierarchies; damaged ones are left out and named."""
    study = context.study
    problems = [f"result {name!r}: {reason}" for name, reason in study.damaged.items()]
    hierarchies = []
    for name in context.hierarchies:
        try:
            hierarchies.append(_hierarchy(name, context.hierarchies[name]))
        except StudyError as error:
            problems.append(str(error))
    has_thumbnails = False
    try:
        has_thumbnails = len(study.thumbnails) > 0
    except StudyError as error:
        problems.append(str(error))
    findings: list[dict[str, Any]] = []
    try:
        findings = [asdict(finding) for finding in study.findings]
    except StudyError as error:
        problems.append(str(error))
    default = context.default_hierarchy
    names = [tree["name"] for tree in hierarchies]
    if default not in names and names:
        default = names[0]
    return {
        "kind": "manifest",
        "version": MANIFEST_VERSION,
        "study": {
            "name": study.name,
            "n_classes": len(study.classes),
            "n_samples": study.samples.n,
            "has_thumbnails": has_thumbnails,
        },
        "results": [_result(result) for result in study.results.values()],
        "hierarchies": hierarchies,
        "default_hierarchy": default,
        "activity": study.activity(),
        "findings": findings,
        "branches": list(study.branches),
        "can_save": can_save(context),
        "problems": problems,
    }


def _result(result: "Result") -> dict[str, Any]:
    return {
        "name": result.name,
        "coordinates": result.coordinates.to_json(),
        "n_samples": result.n_samples,
        "has_probabilities": result.has_probabilities,
        "has_rank": result.has_rank,
        "has_logits": result.has_logits,
        "layers": [_layer(layer) for layer in result.layers.values()],
    }


def _layer(layer: "LayerResponses") -> dict[str, Any]:
    return {
        "name": layer.name,
        "n_neurons": layer.n_neurons,
        "side": layer.side,
        "n_top": layer.n_top,
        "nonnegative": layer.nonnegative,
    }


def _hierarchy(name: str, tree: "Hierarchy") -> dict[str, Any]:
    return {
        "name": name,
        "how": {key: value for key, value in tree.how.items() if isinstance(value, _SCALARS)},
        "n_nodes": tree.n_nodes,
        "depth": int(tree.depth.max(initial=0)),
    }
