"""Add a result set that fits in memory."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks import __version__
from classblocks.core import validate
from classblocks.study.atomic import json_bytes, sync_directory
from classblocks.study.format import (
    LOGITS,
    PREDICTIONS_FILE,
    RECORDING_FILE,
    RESULT_FILE,
    Coordinates,
    StudyError,
    check_name,
    partial_directory,
)
from classblocks.study.logits import (
    save_sums,
    softmax,
    sums_of_logits,
    sums_of_probabilities,
)
from classblocks.study.predictions import checked_ids, checked_predictions, write_predictions
from classblocks.study.publish import publish, refuse_existing

if TYPE_CHECKING:
    from classblocks.study.samples import Samples
    from classblocks.study.study import Study


def add_result(
    study: Study,
    name: str,
    true: ArrayLike,
    given: Mapping[str, Any],
    sample_id: ArrayLike | None,
    uri: Sequence[str] | None,
    coordinates: Coordinates,
    provenance: Mapping[str, Any],
    splits: Sequence[str] | None = None,
) -> None:
    """Check everything, then write; a fault or a full disk leaves the study as it was."""
    check_name(name, "result")
    refuse_existing(study.path, name)
    partial = partial_directory(study.path, name)
    if (partial / RECORDING_FILE).exists():
        raise StudyError(
            f"a recording of {name!r} is under way or was interrupted ({partial}): resume it or "
            "delete that folder"
        )
    classes = validate.class_ids(true, len(study.classes), "true")
    logits = given.get("logits")
    given = _with_probabilities(given, classes, len(study.classes))
    rows = checked_predictions(classes, len(study.classes), **given)
    if sample_id is None:
        study.refresh()
        ids = ids_in_order(study.samples, classes, coordinates.split)
    else:
        ids = checked_ids(sample_id)
    validate.same_length(true=classes, sample_id=ids)
    if uri is not None:
        validate.same_length(true=classes, uri=uri)
    provenance = {"classblocks": __version__, **provenance}
    json_bytes(provenance, partial / RESULT_FILE)

    if logits is not None:
        sums = sums_of_logits(np.asarray(logits), ids)
    elif given.get("probabilities") is not None:
        sums = sums_of_probabilities(np.asarray(given["probabilities"], np.float32), ids)
    else:
        sums = None
    split = coordinates.split or "" if splits is None else splits
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        write_predictions(partial / PREDICTIONS_FILE, ids, rows)
        if sums is not None:
            save_sums(partial / LOGITS, sums)
        # What takes space and can fail comes before the study changes.
        study.add_samples(ids, classes, split=split, uri=uri)
        publish(
            partial,
            study.path,
            name,
            coordinates=coordinates,
            n_samples=len(ids),
            has_probabilities=rows.has_probabilities,
            has_rank=rows.has_rank,
            has_logits=sums is not None,
            layers={},
            provenance=provenance,
        )
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_directory(study.path)


def _with_probabilities(
    given: Mapping[str, Any], true: NDArray[np.int32], n_classes: int
) -> Mapping[str, Any]:
    """Put probabilities in the place of logits."""
    logits = given.get("logits")
    rest = {name: values for name, values in given.items() if name != "logits"}
    if logits is None:
        return rest
    if np.ndim(logits):
        validate.same_length(true=true, logits=np.asarray(logits))
    extra = [name for name, values in rest.items() if values is not None]
    if extra:
        raise StudyError(f"{', '.join(extra)} follow from logits: give one or the other")
    return {"probabilities": softmax(logits, n_classes)}


def ids_in_order(samples: Samples, true: NDArray[np.int32], split: str | None) -> NDArray[np.int64]:
    """Ids for rows that come without: the study's own if their number and classes agree."""
    n = len(true)
    if samples.n == 0:
        return np.arange(n, dtype=np.int64)
    if samples.n == n and np.array_equal(samples.true, true):
        return samples.sample_id
    of_split = np.flatnonzero(np.array(samples.split.to_pylist(), object) == split)
    if len(of_split) == n and np.array_equal(samples.true[of_split], true):
        return samples.sample_id[of_split]
    if len(of_split) == n or samples.n == n:
        known = samples.true[of_split] if len(of_split) == n else samples.true
        row = int((known != true).argmax())
        reason = f"row {row} has true class {true[row]}, the study's sample there {known[row]}"
    else:
        reason = (
            f"the result has {n} rows, the study {samples.n} samples, {len(of_split)} of them in "
            f"split {split!r}"
        )
    raise StudyError(f"sample_id is needed to tell which samples these are: {reason}")
