"""One function per kind of argument; every error says what was expected, what came, and where."""

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROW_SUM_TOLERANCE = 1e-3
_CHUNK = 1 << 22


def class_ids(values: ArrayLike, n_classes: int, name: str) -> NDArray[np.int32]:
    """Check class ids.

    Parameters
    ----------
    values : (n,), integers in ``0 .. n_classes - 1``; n = 0 is legal
    n_classes : number of classes
    name : what the error calls the argument

    Returns
    -------
    (n,) int32

    Raises
    ------
    ValueError
        Not one-dimensional, not integers, or outside the range; names the first bad row.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one class id per sample, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, np.int32)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name}: expected integer class ids, got {array.dtype} {_sample(array)}")
    bad = (array < 0) | (array >= n_classes)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{name}: expected class ids 0 to {n_classes - 1}, got {array[row]} in row {row}"
        )
    return np.ascontiguousarray(array, np.int32)


def probabilities(values: ArrayLike, n_classes: int, name: str) -> NDArray[np.float32]:
    """Check class probabilities.

    Parameters
    ----------
    values : (n, n_classes), non-negative, rows sum to 1 ± 1e-3
    n_classes : number of classes
    name : what the error calls the argument

    Returns
    -------
    (n, n_classes) float32; the given array where it already has this type

    Raises
    ------
    ValueError
        Wrong shape, NaN, negative, or a row that does not sum to 1; names the first bad row.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != n_classes:
        raise ValueError(f"{name}: expected shape (n, {n_classes}), got {array.shape}")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: expected numbers, got {array.dtype} {_sample(array)}")
    array = np.ascontiguousarray(array, np.float32)
    step = max(1, _CHUNK // max(1, n_classes))
    for first in range(0, len(array), step):
        chunk = array[first : first + step]
        low = chunk.min(axis=1)
        total = chunk.sum(axis=1, dtype=np.float64)
        bad = ~(low >= 0) | ~(np.abs(total - 1) <= ROW_SUM_TOLERANCE)
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(f"{name}: row {first + row} {_fault(chunk[row], float(total[row]))}")
    return array


def _fault(row: NDArray[np.float32], total: float) -> str:
    if np.isnan(row).any():
        return f"has NaN for class {int(np.isnan(row).argmax())}"
    if (row < 0).any():
        worst = int((row < 0).argmax())
        return f"has the negative probability {row[worst]:g} for class {worst}"
    return f"sums to {total:.6g}, expected 1 ± {ROW_SUM_TOLERANCE:g}"


def _sample(array: NDArray[Any]) -> str:
    return f"(first value {array.flat[0]!r})"


def same_length(**arrays: Sized | None) -> int:
    """Check that all given arrays have one length, which is returned; ``None`` is left out.

    Raises
    ------
    ValueError
        Lengths differ; lists all of them.
    """
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"expected arrays of one length, got {listing}")
    return next(iter(lengths.values()), 0)


def square_counts(values: ArrayLike, name: str) -> NDArray[np.int64]:
    """Check a dense confusion matrix.

    Parameters
    ----------
    values : (n_classes, n_classes), whole numbers ≥ 0; axis 0 true, axis 1 predicted
    name : what the error calls the argument

    Returns
    -------
    (n_classes, n_classes) int64

    Raises
    ------
    ValueError
        Not square, not whole numbers, or negative; names the first bad cell.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"{name}: expected a square matrix, got shape {array.shape}")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name}: expected counts, got {array.dtype}")
    bad = ~(array >= 0)
    if array.dtype.kind == "f":
        bad |= ~np.isfinite(array) | (array != np.floor(array))
    if bad.any():
        row, column = np.unravel_index(int(bad.argmax()), array.shape)
        raise ValueError(
            f"{name}: expected whole numbers of samples, got {array[row, column]} "
            f"for true {row}, pred {column}"
        )
    return array.astype(np.int64)


def whole(value: object, name: str, least: int) -> int:
    """Check one whole number.

    Parameters
    ----------
    value : int or NumPy integer; no bool
    name : what it is called in the error
    least : smallest that is allowed

    Returns
    -------
    int

    Raises
    ------
    ValueError
        Anything else; says what came.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name}: expected a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)


def unique_names(names: list[str], what: str) -> dict[str, int]:
    """Map each name to its position.

    Raises
    ------
    ValueError
        A name occurs twice; names both positions.
    """
    position: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in position:
            raise ValueError(f"{what}: {name!r} occurs twice (positions {position[name]} and {i})")
        position[name] = i
    return position
