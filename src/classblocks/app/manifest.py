"""What a study holds, as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import LayerResponses, Result
    from classblocks.study.study import Study

MANIFEST_VERSION = 1


def manifest(study: "Study") -> dict[str, Any]:
    """Describe a study, its results and hierarchies."""
    return {
        "kind": "manifest",
        "version": MANIFEST_VERSION,
        "study": {
            "name": study.name,
            "n_classes": len(study.classes),
            "n_samples": study.samples.n,
            "has_thumbnails": len(study.thumbnails) > 0,
        },
        "results": [_result(result) for result in study.results.values()],
        "hierarchies": [_hierarchy(name, tree) for name, tree in study.hierarchies.items()],
        "default_hierarchy": study.default_hierarchy,
        "activity": study.activity(),
    }


def _result(result: "Result") -> dict[str, Any]:
    return {
        "name": result.name,
        "coordinates": asdict(result.coordinates),
        "n_samples": result.n_samples,
        "has_probabilities": result.has_probabilities,
        "has_rank": result.has_rank,
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
        "how": dict(tree.how),
        "n_nodes": tree.n_nodes,
        "depth": int(tree.depth.max(initial=0)),
    }
