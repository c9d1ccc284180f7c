"""Which result sets are probes of a network's layers, and all of them on the same samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.app.parameters import RequestError
from classblocks.core.confusion import Cells, count_cells

if TYPE_CHECKING:
    from classblocks.study.result import Result
    from classblocks.study.study import Study

_Ids = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Probed:
    """Predictions of every layer's probe and of the network, for the samples of the probes.

    Attributes
    ----------
    true, final : (n,) int32, true classes and the network's predictions
    layers : (n,) int32 predictions by layer, from the input to the output
    n_classes : number of classes
    """

    true: _Ids
    final: _Ids
    layers: Mapping[str, _Ids]
    n_classes: int

    @cached_property
    def final_cells(self) -> Cells:
        """Confusions of the network."""
        return count_cells(self.true, self.final, self.n_classes)

    @cached_property
    def layer_cells(self) -> dict[str, Cells]:
        """Confusions of the probes."""
        return {
            layer: count_cells(self.true, pred, self.n_classes)
            for layer, pred in self.layers.items()
        }


def same_samples(probes: Mapping[str, "Result"], final: "Result") -> Probed:
    """Bring results into one order; ``RequestError`` where they are of other samples."""
    first = next(iter(probes.values()))
    order = np.argsort(first.sample, kind="stable")
    sample = first.sample[order]
    layers = {layer: _pred_of(result, sample, first) for layer, result in probes.items()}
    place = np.argsort(final.sample, kind="stable")
    at = np.searchsorted(final.sample, sample, sorter=place).clip(max=max(len(place) - 1, 0))
    found = final.sample[place[at]] == sample if len(place) else np.zeros(len(sample), bool)
    if not found.all():
        raise RequestError(
            f"result {final.name!r} lacks {np.count_nonzero(~found)} of the {len(sample)} samples "
            f"of {first.name!r}"
        )
    return Probed(first.true[order], final.pred[place[at]], layers, first.n_classes)


def probes_of(study: "Study", result: "Result") -> tuple["Result | None", dict[str, "Result"]]:
    """Find a network's own result and its probes from the input to the output, given either."""
    same = [other for other in study.results.values() if _network(other) == _network(result)]
    networks = [other for other in same if not other.coordinates.layer and not other.is_reranked]
    own = next((other for other in networks if _belongs(result, other)), None)
    if own is None and result.coordinates.model is not None:
        own = next(iter(networks), None)
    probes: dict[str, Result] = {}
    for other in same:
        layer = other.coordinates.layer
        if not layer or other.is_reranked:
            continue
        is_named = other is result or (own is not None and other.name == _probe_name(own, layer))
        if is_named or (layer not in probes and result.coordinates.model is not None):
            probes[layer] = other
    return own, probes


def _pred_of(result: "Result", sample: NDArray[np.int64], first: "Result") -> _Ids:
    order = np.argsort(result.sample, kind="stable")
    if not np.array_equal(result.sample[order], sample):
        raise RequestError(
            f"results {first.name!r} and {result.name!r} are of other samples: probes are compared "
            "on the same ones"
        )
    return result.pred[order]


def _network(result: "Result") -> tuple[object, ...]:
    found = result.coordinates
    transform = found.transform if found.transform not in (None, "none") else ""
    return found.model, found.epoch, transform, found.split


def _belongs(result: "Result", network: "Result") -> bool:
    layer = result.coordinates.layer
    return network is result or bool(layer and result.name == _probe_name(network, layer))


def _probe_name(network: "Result", layer: str) -> str:
    return f"{network.name}-probe-{layer}"
