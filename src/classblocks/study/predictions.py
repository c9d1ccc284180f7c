"""The rows of a result: checked, and written as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.outcome import Outcomes, outcomes
from classblocks.study.atomic import ROW_GROUP, parquet_writer, replacing
from classblocks.study.format import StudyError

_SUM_TOLERANCE = np.float32(1e-3)


@dataclass(frozen=True, eq=False)
class Predictions(Outcomes):
    """One row per sample; probabilities are NaN and ranks and classes −1 where unknown."""

    @property
    def has_probabilities(self) -> bool:
        """Whether any probability of the predicted or true class is known."""
        return bool(np.isfinite(self.p_pred).any() or np.isfinite(self.p_true).any())

    @property
    def has_rank(self) -> bool:
        """Whether the rank of every true class is known."""
        return len(self.true_rank) > 0 and bool((self.true_rank >= 0).all())


def write_predictions(path: Path, sample_id: NDArray[np.int64], rows: Predictions) -> None:
    """Write the table in row groups of a fixed size, so memory does not grow with the rows."""
    k = rows.topk_class.shape[1]
    schema = _schema(k)
    with replacing(path) as temporary, parquet_writer(temporary, schema) as writer:
        for first in range(0, max(len(sample_id), 1), ROW_GROUP):
            part = slice(first, first + ROW_GROUP)
            arrays = [
                pa.array(np.asarray(values[part]))
                for values in (sample_id, rows.pred, rows.p_pred, rows.p_true, rows.true_rank)
            ]
            if k:
                arrays += [
                    pa.FixedSizeListArray.from_arrays(
                        pa.array(np.ascontiguousarray(values[part]).reshape(-1)),
                        type=schema.field(name).type,
                    )
                    for name, values in (
                        ("topk_class", rows.topk_class),
                        ("topk_prob", rows.topk_prob),
                    )
                ]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=ROW_GROUP)


def _schema(k: int) -> pa.Schema:
    fields = [
        ("sample_id", pa.int64()),
        ("pred", pa.int32()),
        ("p_pred", pa.float32()),
        ("p_true", pa.float32()),
        ("true_rank", pa.int32()),
    ]
    if k:
        fields += [
            ("topk_class", pa.list_(pa.field("element", pa.int32(), nullable=False), k)),
            ("topk_prob", pa.list_(pa.field("element", pa.float32(), nullable=False), k)),
        ]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


def checked_ids(sample_id: ArrayLike) -> NDArray[np.int64]:
    """Sample ids as int64, each once."""
    ids = np.asarray(sample_id)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise StudyError(f"sample_id: expected whole numbers, got {ids.dtype} of shape {ids.shape}")
    if ids.dtype == np.uint64 and ids.size and ids.max() > np.iinfo(np.int64).max:
        raise StudyError(f"sample_id: {ids.max()} does not fit 64 signed bits")
    ids = np.ascontiguousarray(ids, np.int64)
    if len(ids) > 1 and not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids, kind="stable")
        repeat = ids[order][1:] == ids[order][:-1]
        if repeat.any():
            rows = order[1:][repeat]
            row = int(rows.min())
            first = int(np.flatnonzero(ids == ids[row])[0])
            raise StudyError(f"sample id {ids[row]} occurs twice: rows {first} and {row}")
    return ids


def checked_predictions(
    true: NDArray[np.int32],
    n_classes: int,
    *,
    pred: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
    p_pred: ArrayLike | None = None,
    p_true: ArrayLike | None = None,
    true_rank: ArrayLike | None = None,
    topk_class: ArrayLike | None = None,
    topk_prob: ArrayLike | None = None,
    k: int = 5,
) -> Predictions:
    """Check what the user gave and fill in what follows from it."""
    n = len(true)
    if probabilities is not None:
        given = {
            "pred": pred,
            "p_pred": p_pred,
            "p_true": p_true,
            "true_rank": true_rank,
            "topk_class": topk_class,
            "topk_prob": topk_prob,
        }
        extra = [name for name, values in given.items() if values is not None]
        if extra:
            raise StudyError(f"{', '.join(extra)} follow from probabilities: give one or the other")
        matrix = validate.probabilities(probabilities, n_classes, "probabilities")
        validate.same_length(true=true, probabilities=matrix)
        return Predictions(**vars(outcomes(matrix, true, k)))
    if pred is None:
        raise StudyError("give pred (n,) or probabilities (n, n_classes)")
    pred_ids = validate.class_ids(pred, n_classes, "pred")
    validate.same_length(true=true, pred=pred_ids)
    top = _top(topk_class, topk_prob, n, n_classes)
    rank = _rank(true_rank, true, pred_ids, n_classes)
    return Predictions(
        pred_ids, _chances(p_pred, n, "p_pred"), _chances(p_true, n, "p_true"), rank, *top
    )


def _chances(values: ArrayLike | None, n: int, name: str) -> NDArray[np.float32]:
    if values is None:
        return np.full(n, np.nan, np.float32)
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise StudyError(f"{name}: expected one number per sample, got {array.dtype} {array.shape}")
    if len(array) != n:
        raise StudyError(f"{name} has {len(array)} rows, true has {n}")
    return _in_unit_range(np.ascontiguousarray(array, np.float32), name)


def _in_unit_range(array: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    bad = (array < 0) | (array > 1 + _SUM_TOLERANCE)
    if bad.any():
        at = np.unravel_index(int(bad.argmax()), array.shape)
        raise StudyError(f"{name}: expected 0 to 1, got {array[at]:g} in row {at[0]}")
    return np.minimum(array, np.float32(1))


def _rank(
    values: ArrayLike | None, true: NDArray[np.int32], pred: NDArray[np.int32], n_classes: int
) -> NDArray[np.int32]:
    if values is None:
        return np.full(len(true), -1, np.int32)
    array = np.asarray(values)
    if array.ndim != 1 or len(array) != len(true) or (array.size and array.dtype.kind not in "iu"):
        raise StudyError(
            f"true_rank: expected {len(true)} whole numbers, got {array.dtype} {array.shape}"
        )
    bad = (array.astype(np.int64) < -1) | (array >= n_classes)
    if bad.any():
        row = int(bad.argmax())
        raise StudyError(
            f"true_rank: expected -1 (unknown) to {n_classes - 1}, got {array[row]} in row {row}"
        )
    differs = (array >= 0) & ((array == 0) != (true == pred))
    if differs.any():
        row = int(differs.argmax())
        raise StudyError(
            f"true_rank: {array[row]} in row {row} contradicts true {true[row]} and pred "
            f"{pred[row]}: rank 0 means that the true class is predicted"
        )
    return np.ascontiguousarray(array, np.int32)


def _top(
    classes: ArrayLike | None, chances: ArrayLike | None, n: int, n_classes: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    if classes is None:
        if chances is not None:
            raise StudyError("topk_prob needs topk_class beside it")
        return np.empty((n, 0), np.int32), np.empty((n, 0), np.float32)
    ids = _two_dimensional(classes, n, "topk_class", "iu")
    bad = (ids < -1) | (ids >= n_classes)
    if bad.any():
        row, column = (int(x) for x in np.unravel_index(int(bad.argmax()), bad.shape))
        raise StudyError(
            f"topk_class: expected class ids 0 to {n_classes - 1} or -1, got {ids[row, column]} "
            f"in row {row}"
        )
    if chances is None:
        return np.ascontiguousarray(ids, np.int32), np.full(ids.shape, np.nan, np.float32)
    values = _two_dimensional(chances, n, "topk_prob", "fiu")
    if values.shape != ids.shape:
        raise StudyError(f"topk_prob has shape {values.shape}, topk_class {ids.shape}")
    values = np.ascontiguousarray(values, np.float32)
    return np.ascontiguousarray(ids, np.int32), _in_unit_range(values, "topk_prob")


def _two_dimensional(values: ArrayLike, n: int, name: str, kinds: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 2 or len(array) != n or (array.size and array.dtype.kind not in kinds):
        raise StudyError(f"{name}: expected shape ({n}, k), got {array.dtype} {array.shape}")
    return array
