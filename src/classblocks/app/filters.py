"""The ``where`` of a request, and the cells it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.parameters import Parameters, RequestError, is_number, listed, short
from classblocks.app.sorted_rows import Keep
from classblocks.core.confusion import Cells
from classblocks.core.where import EVERYTHING, Where

if TYPE_CHECKING:
    from classblocks.app.context import Context
    from classblocks.study.result import Result

_KEYS = ("top_k", "p_pred", "p_true", "min_count", "activation")
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class Filter:
    """A result set, what to keep of it, and the least response of one neuron, if any."""

    result: "Result"
    where: Where
    activation: tuple[str, int, float] | None

    @property
    def keeps_all_samples(self) -> bool:
        """Whether every sample is kept."""
        return self.activation is None and replace(self.where, min_count=1) == Where()


def read_filter(context: "Context", parameters: Parameters) -> Filter:
    """Read ``result`` and ``where``; what ``where`` leaves out keeps everything."""
    result = context.result(parameters)
    given = parameters.optional("where", {})
    if not isinstance(given, Mapping):
        raise RequestError(f"'where' must be an object, got {short(given)}")
    for name in given:
        if name not in _KEYS:
            raise RequestError(f"where: unknown filter {short(name)} (known: {listed(_KEYS)})")
    where = Where(
        _whole(given, "top_k", 0, 0),
        _range(given, "p_pred"),
        _range(given, "p_true"),
        _whole(given, "min_count", 1, 0),
    )
    if where.top_k > 1 and result.n_samples and not result.has_rank:
        raise RequestError(
            f"where: top_k is {where.top_k}, but result {result.name!r} does not know the rank of "
            "every true class: only 0 and 1 work"
        )
    return Filter(result, where, _activation(result, given.get("activation")))


def shown_counts(context: "Context", asked: Filter) -> NDArray[np.int32]:
    """Count the samples left in each cell, by the sample filters and then by ``min_count``."""
    rows = context.rows(asked.result)

    def make() -> NDArray[np.int32]:
        count = rows.cells.count.astype(np.int32)
        if not asked.keeps_all_samples:
            count = _counted(context, asked)
        return np.where(count >= asked.where.min_count, count, np.int32(0))

    return context.once(("shown", asked), make)


def shown_cells(context: "Context", asked: Filter) -> Cells:
    """Cells with samples left; the same object for the same filter."""
    cells = context.rows(asked.result).cells
    if asked.keeps_all_samples and asked.where.min_count <= 1:
        return cells

    def make() -> Cells:
        count = shown_counts(context, asked)
        some = count > 0
        return Cells(
            cells.n_classes,
            cells.true[some],
            cells.pred[some],
            count[some].astype(np.int64),
            cells.row_order,
        )

    return context.cache.get(("shown cells", asked), make, lambda made: 16 * len(made.count))


def shown_rows(context: "Context", asked: Filter) -> NDArray[np.bool_]:
    """Whether each row, in the order of cells, is shown."""
    rows = context.rows(asked.result)
    keep = _keep(context, asked)(slice(0, len(rows)))
    if asked.where.min_count > 1:
        keep &= np.repeat(shown_counts(context, asked) > 0, rows.cells.count)
    return keep


def _counted(context: "Context", asked: Filter) -> NDArray[np.int32]:
    return context.rows(asked.result).counts(_keep(context, asked))


def _keep(context: "Context", asked: Filter) -> Keep:
    rows = context.rows(asked.result)
    wrong = rows.wrong
    response = least = None
    if asked.activation is not None:
        layer, neuron, least = asked.activation
        response = context.response(asked.result, layer, neuron)

    def keep(part: slice) -> NDArray[np.bool_]:
        kept = asked.where.passes(
            wrong=wrong[part],
            p_pred=rows.p_pred[part],
            p_true=rows.p_true[part],
            true_rank=rows.true_rank[part],
        )
        if response is not None:
            kept &= response[part] >= np.float32(least)
        return kept

    return keep


def _whole(given: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = given.get(name, default)
    if type(value) is not int or not least <= value <= _INT32_MAX:
        raise RequestError(
            f"where: {name!r} must be a whole number of at least {least}, got {short(value)}"
        )
    return value


def _range(given: Mapping[str, Any], name: str) -> tuple[float, float]:
    value: object = given.get(name)
    if name not in given:
        return EVERYTHING
    if not isinstance(value, list) or len(value) != 2 or not all(map(is_number, value)):
        raise RequestError(f"where: {name!r} must be [low, high], got {short(value)}")
    low, high = map(float, value)
    if not low <= high:
        raise RequestError(f"where: {name!r} must be [low, high] with low ≤ high, got {value}")
    # As in the browser: what bounds nothing also passes unknown probabilities.
    return EVERYTHING if low <= 0 and high >= 1 else (low, high)


def _activation(result: "Result", given: object) -> tuple[str, int, float] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise RequestError(f"where: 'activation' must be an object, got {short(given)}")
    parameters = Parameters("where: activation", given)
    layers = result.layers
    name = parameters.text("layer", layers, f"layer of result {result.name!r}")
    neuron = parameters.integer("neuron", layers[name].n_neurons, "neurons")
    least = parameters.number("min")
    parameters.finish()
    return name, neuron, least
