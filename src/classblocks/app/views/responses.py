"""Responses of the neurons of one layer."""

import numpy as np
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.parameters import Parameters, RequestError
from classblocks.app.wire import Reply
from classblocks.core import relevance as scores
from classblocks.study.responses import LayerResponses
from classblocks.study.result import Result

_CHUNK_BYTES = 64 * 2**20
_MOST_PROFILE_BYTES = 256 * 2**20


def relevance(context: Context, parameters: Parameters) -> Reply:
    """How selective each neuron is for a group of classes (Eq. 2, or the sign-safe margin)."""
    result = context.result(parameters)
    layer = context.layer(parameters, result)
    n_classes = len(context.study.classes)
    classes = np.unique(parameters.ids("classes", n_classes, "classes", n_classes))
    parameters.finish()
    score = "relevance" if layer.nonnegative else "margin"

    def make() -> dict[str, NDArray[np.float32]]:
        in_group = np.isin(result.true, classes)
        sums, count = _class_sums(context, result, layer), _class_counts(context, result)
        with np.errstate(over="ignore"):
            values = _score(layer, score, in_group).astype(np.float32)
        return {
            "score": values,
            "mean_in": _mean(sums[classes].sum(axis=0), int(count[classes].sum())),
            "mean_all": _mean(sums.sum(axis=0), int(count.sum())),
        }

    key = (result, "relevance", layer.name, classes.tobytes())
    return Reply("relevance", context.once(key, make), {"score": score})


def profile(context: Context, parameters: Parameters) -> Reply:
    """Mean response of every class at every pooled position, for some neurons."""
    result = context.result(parameters)
    layer = context.layer(parameters, result)
    neurons = parameters.ids("neurons", layer.n_neurons, "neurons", layer.n_neurons)
    parameters.finish()
    n_classes, _, n_positions = layer.profile.shape
    n_bytes = n_classes * neurons.size * n_positions * 4
    if n_bytes > _MOST_PROFILE_BYTES:
        raise RequestError(
            f"profile: {neurons.size} neurons are {n_bytes >> 20} MB, "
            f"at most {_MOST_PROFILE_BYTES >> 20} MB: ask for fewer neurons"
        )
    value = np.asarray(layer.profile[:, neurons, :], dtype=np.float32)
    return Reply("profile", {"value": value.ravel()}, {"shape": ",".join(map(str, value.shape))})


def activations(context: Context, parameters: Parameters) -> Reply:
    """Give the collective response of one neuron to every sample, in the order of ``rows``."""
    result = context.result(parameters)
    layer = context.layer(parameters, result)
    neuron = parameters.integer("neuron", layer.n_neurons, "neurons")
    parameters.finish()
    return Reply("activations", {"value": context.response(result, layer.name, neuron)})


def neuron(context: Context, parameters: Parameters) -> Reply:
    """Mean collective response of one neuron by class."""
    result = context.result(parameters)
    layer = context.layer(parameters, result)
    asked = parameters.integer("neuron", layer.n_neurons, "neurons")
    parameters.finish()
    sums, count = _class_sums(context, result, layer), _class_counts(context, result)
    return Reply(
        "neuron",
        {"mean": _mean(sums[:, asked], count), "count": count.astype(np.int32)},
    )


def top_samples(context: Context, parameters: Parameters) -> Reply:
    """Give the samples that drive one neuron most."""
    result = context.result(parameters)
    layer = context.layer(parameters, result)
    asked = parameters.integer("neuron", layer.n_neurons, "neurons")
    parameters.finish()
    present = layer.top_sample[asked] >= 0
    sample_id, value = layer.top_sample[asked][present], layer.top_value[asked][present]
    return Reply(
        "top_samples",
        {
            "sample": context.study.samples.position(sample_id).astype(np.int32),
            "value": np.asarray(value, dtype=np.float32),
        },
    )


def _score(layer: LayerResponses, score: str, in_group: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Score chunks of neurons, so that memory does not grow with the layer."""
    method = scores.relevance if score == "relevance" else scores.margin
    n_samples, n_neurons = layer.collective.shape
    width = max(1, _CHUNK_BYTES // max(1, n_samples * 4))
    chunks = [
        method(np.ascontiguousarray(layer.collective[:, start : start + width]), in_group)
        for start in range(0, n_neurons, width)
    ]
    return np.concatenate(chunks)


def _class_sums(context: Context, result: Result, layer: LayerResponses) -> NDArray[np.float64]:
    """Sum of collective responses by class, float64 (C, N)."""

    def make() -> NDArray[np.float64]:
        sums = np.zeros((len(context.study.classes), layer.n_neurons))
        order = np.argsort(result.true, kind="stable")
        step = max(1, _CHUNK_BYTES // max(1, layer.n_neurons * 4))
        for start in range(0, order.size, step):
            rows = order[start : start + step]
            present, first = np.unique(result.true[rows], return_index=True)
            sums[present] += np.add.reduceat(
                layer.collective[rows], first, axis=0, dtype=np.float64
            )
        return sums

    return context.once((result, "class sums", layer.name), make)


def _class_counts(context: Context, result: Result) -> NDArray[np.int64]:
    return np.bincount(result.true, minlength=len(context.study.classes))


def _mean(sums: NDArray[np.float64], count: int | NDArray[np.int64]) -> NDArray[np.float32]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / np.asarray(count), dtype=np.float32)
