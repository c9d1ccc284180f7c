"""Tables of confusions: one row for each true and predicted class with a number of samples."""

import json
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classblocks.study.format import StudyError
from classblocks.study.table_file import Column

# How other tools head the columns; lower case.
_HEADERS = {
    "actual": "true",
    "ground truth": "true",
    "observed": "pred",
    "prediction": "pred",
    "predicted": "pred",
}
ALIASES = ("actual", "observed", "Actual", "Observed", "Ground Truth", "Prediction", "Predicted")
_COUNTED = frozenset({"true", "pred", "count", "split"})
_MOST_SAMPLES = 2**31 - 1
_BETWEEN = ":"

Label = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ConfusionsFile:
    """``true`` and ``pred`` name classes, one row each; ``groups`` are those above a class."""

    true: list[str]
    pred: list[str]
    count: NDArray[np.int64]
    groups: dict[str, Label]

    @property
    def columns(self) -> dict[str, Column]:
        """As from any other file of predictions."""
        return {
            "true": pa.chunked_array([pa.array(self.true, pa.string())]),
            "pred": pa.chunked_array([pa.array(self.pred, pa.string())]),
            "count": self.count,
        }


def read_confusions(path: Path) -> ConfusionsFile:
    """Read JSON: objects with `actual`, `observed` and `count`, in a list or in `data.values`.

    A label is a text or a list of one; colons part it into the groups from the top and the class.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise StudyError(f"{path} is not JSON: {error}") from None
    for key in ("data", "values"):
        if isinstance(content, dict) and key in content:
            content = content[key]
    if not isinstance(content, list):
        raise StudyError(f"{path}: expected a list of confusions or 'data': {{'values': [...]}}")
    labels: dict[str, list[Label]] = {"actual": [], "observed": []}
    count = np.empty(len(content), np.int64)
    for row, one in enumerate(content):
        if not isinstance(one, dict) or not {"actual", "observed", "count"} <= one.keys():
            raise StudyError(
                f"{path}: expected objects with actual, observed and count, got "
                f"{json.dumps(one)[:80]} in row {row}"
            )
        for name, paths in labels.items():
            paths.append(_path(path, name, row, one[name]))
        if type(one["count"]) is not int or not 0 <= one["count"] <= _MOST_SAMPLES:
            raise StudyError(f"{path}: {one['count']!r} in row {row} is no number of samples")
        count[row] = one["count"]
    known = sorted({*labels["actual"], *labels["observed"]})
    name_of = _names(known)
    top = _n_shared(known)
    return ConfusionsFile(
        [name_of[one] for one in labels["actual"]],
        [name_of[one] for one in labels["observed"]],
        count,
        {name_of[one]: one[top:-1] for one in known},
    )


def known_headers(columns: dict[str, Column]) -> dict[str, Column]:
    """Name `true` and `pred` so where a file calls them otherwise."""
    named = dict(columns)
    for name, column in columns.items():
        wanted = _HEADERS.get(name.lower(), name.lower() if name.lower() == "count" else name)
        if wanted not in named:
            del named[name]
            named[wanted] = column
    return named


def is_counted(columns: Set[str]) -> bool:
    """Whether rows stand for `count` samples each: nothing in them is about a single sample."""
    return columns >= {"true", "pred", "count"} and columns - {""} <= _COUNTED


def sample_counts(column: Column) -> NDArray[np.int64]:
    """Check the numbers of samples."""
    if isinstance(column, pa.ChunkedArray) and column.null_count:
        row = column.to_pylist().index(None)
        raise StudyError(f"count: nothing in row {row}, expected a number of samples")
    values: NDArray[Any] = np.asarray(column)
    if values.dtype.kind not in "iuf":
        raise StudyError(f"count: expected whole numbers, got {values[:1].tolist()}")
    bad = ~((values >= 0) & (values == np.floor(values)) & (values <= _MOST_SAMPLES))
    if bad.any():
        row = int(bad.argmax())
        raise StudyError(f"count: {values[row]} in row {row} is no number of samples")
    counts = values.astype(np.int64)
    if counts.sum() > _MOST_SAMPLES:
        raise StudyError(f"count: {counts.sum():,} samples in all, at most {_MOST_SAMPLES:,} fit")
    return counts


def _path(path: Path, name: str, row: int, label: object) -> Label:
    if isinstance(label, list):
        if len(label) != 1:
            raise StudyError(
                f"{path}: {name} in row {row} has {len(label)} labels; only tables of one label "
                "each are read"
            )
        label = label[0]
    if not isinstance(label, str) or not label or not all(label.split(_BETWEEN)):
        raise StudyError(f"{path}: {name} in row {row} is no label: {json.dumps(label)[:80]}")
    return tuple(label.split(_BETWEEN))


def _n_shared(known: list[Label]) -> int:
    """How many groups hold all classes: they say no more than the root of a tree."""
    if not known:
        return 0
    least, most = known[0], known[-1]
    n = 0
    while n < min(len(least), len(most)) - 1 and least[n] == most[n]:
        n += 1
    return n


def _names(known: list[Label]) -> dict[Label, str]:
    """Take the last part where it is unique among all, else all parts."""
    times = Counter(one[-1] for one in known)
    top = _n_shared(known)
    return {one: one[-1] if times[one[-1]] == 1 else _BETWEEN.join(one[top:]) for one in known}
