"""The logit sums of a result, and what logits say of each sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.logits import (
    DIRECTIONS,
    EXACT_CLASSES,
    LogitSums,
    log_probabilities,
    smallest_positive,
)
from classblocks.study.atomic import read_array, sync_directory, write_array
from classblocks.study.format import StudyError

_ROWS = 4096


def save_sums(directory: Path, sums: LogitSums) -> None:
    """Write the exact state, rows that wait for a full block included."""
    directory.mkdir(exist_ok=True)
    for name, array in sums.to_arrays().items():
        write_array(directory / f"{name}.npy", array)
    sync_directory(directory)


def load_sums(directory: Path, n_classes: int) -> LogitSums:
    """Go on from a saved state."""
    arrays = {
        name: read_array(directory / f"{name}.npy", shape, dtype)
        for name, (shape, dtype) in _arrays(n_classes).items()
    }
    if (directory / "waiting.npy").exists():
        arrays["waiting_id"] = _ids(directory / "waiting_id.npy")
        shape = (len(arrays["waiting_id"]), n_classes)
        arrays["waiting"] = read_array(directory / "waiting.npy", shape, np.float64)
    try:
        return LogitSums.from_arrays(arrays)
    except ValueError as error:
        raise StudyError(f"{directory}: {error}") from None


def _ids(path: Path) -> NDArray[np.int64]:
    try:
        ids: NDArray[np.int64] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise StudyError(f"{path} is not a complete array: {error}") from None
    return ids


def _arrays(n_classes: int) -> dict[str, tuple[tuple[int, ...], type[np.generic]]]:
    always: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
        "count": ((1,), np.int64),
        "mean": ((n_classes,), np.float64),
    }
    if n_classes <= EXACT_CLASSES:
        return {**always, "product": ((n_classes * (n_classes + 1) // 2,), np.float64)}
    return {
        **always,
        "projection": ((n_classes, DIRECTIONS), np.float32),
        "signs": ((DIRECTIONS,), np.int64),
        "square": ((n_classes,), np.float64),
    }


def sums_of_logits(logits: NDArray[Any], sample_id: NDArray[np.int64]) -> LogitSums:
    """Sum up a whole table of logits."""
    sums = LogitSums(logits.shape[1])
    sums.add(logits, sample_id)
    sums.flush()
    return sums


def sums_of_probabilities(
    probabilities: NDArray[np.float32], sample_id: NDArray[np.int64]
) -> LogitSums:
    """Sum up log-probabilities, which differ from logits only by a number per row."""
    sums = LogitSums(probabilities.shape[1])
    lowest = smallest_positive(probabilities)
    for first in range(0, len(probabilities), _ROWS):
        part = slice(first, first + _ROWS)
        sums.add(log_probabilities(probabilities[part], lowest), sample_id[part])
    sums.flush()
    return sums


def softmax(logits: ArrayLike, n_classes: int) -> NDArray[np.float32]:
    """Check logits and turn each row into probabilities."""
    array = np.asarray(logits)
    if array.ndim != 2 or array.shape[1] != n_classes or array.dtype.kind not in "fiu":
        raise StudyError(
            f"logits: expected numbers of shape (n, {n_classes}), got {array.dtype} {array.shape}"
        )
    found = np.empty(array.shape, np.float32)
    for first in range(0, len(array), _ROWS):
        rows = array[first : first + _ROWS].astype(np.float64)
        bad = ~np.isfinite(rows)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise StudyError(
                f"logits: expected finite numbers, got {rows[row, column]} in row {first + row} "
                f"for class {column}"
            )
        rows = np.exp(rows - rows.max(axis=1, keepdims=True))
        found[first : first + _ROWS] = rows / rows.sum(axis=1, keepdims=True)
    return found
