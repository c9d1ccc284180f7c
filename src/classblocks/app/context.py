"""What every view gets: the study and the values computed from its immutable results."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from classblocks.app.cache import Cache
from classblocks.app.parameters import Parameters
from classblocks.app.sorted_rows import SortedRows, sort_rows
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy

if TYPE_CHECKING:
    from classblocks.study.responses import LayerResponses
    from classblocks.study.result import Result
    from classblocks.study.study import Study

_CACHE_BYTES = 512 * 2**20

Array = TypeVar("Array", bound="NDArray[np.generic] | Mapping[str, NDArray[np.generic]]")


@dataclass(frozen=True)
class Context:
    """A study and its cache."""

    study: "Study"
    cache: Cache = field(default_factory=lambda: Cache(_CACHE_BYTES))

    @cached_property
    def _flat(self) -> Mapping[str, Hierarchy]:
        return {"flat": Hierarchy.flat(self.study.classes.names)}

    @property
    def hierarchies(self) -> Mapping[str, Hierarchy]:
        """Hierarchies of the study; where it has none, its classes in file order."""
        return self.study.hierarchies or self._flat

    @property
    def default_hierarchy(self) -> str:
        """Name of the hierarchy to show first."""
        return self.study.default_hierarchy or next(iter(self._flat))

    def result(self, parameters: Parameters) -> "Result":
        """Return the result set a request names."""
        results = self.study.results
        return results[parameters.text("result", results, "result")]

    def layer(self, parameters: Parameters, result: "Result") -> "LayerResponses":
        """Return the layer a request names."""
        layers = result.layers
        if not layers:
            parameters.text("layer", (), f"layer; result {result.name!r} has no responses, layer")
        return layers[parameters.text("layer", layers, f"layer of result {result.name!r}")]

    def once(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return arrays computed once for an immutable result."""
        return self.cache.get(key, make, _n_bytes)

    def rows(self, result: "Result") -> SortedRows:
        """Return the rows by cell, then by sample; a second thread waits instead of sorting."""
        return self.cache.get(
            (result, "rows"), lambda: sort_rows(result), lambda rows: rows.n_bytes
        )

    def cells(self, result: "Result") -> Cells:
        """Return the non-empty cells, without their rows."""
        return self.rows(result).cells

    def response(self, result: "Result", layer: str, neuron: int) -> NDArray[np.float32]:
        """Return the collective response of one neuron in the order of ``rows``."""

        def make() -> NDArray[np.float32]:
            value = result.layers[layer].collective[:, neuron]
            return np.asarray(value[self.rows(result).row], dtype=np.float32)

        return self.once((result, "response", layer, neuron), make)


def _n_bytes(value: NDArray[np.generic] | Mapping[str, NDArray[np.generic]]) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(array.nbytes for array in value.values())
