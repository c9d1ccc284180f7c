"""Predictions of a model as users have them in files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classblocks.core.hierarchy import Hierarchy
from classblocks.study.class_names import classes_called
from classblocks.study.confusions_file import (
    ALIASES,
    is_counted,
    known_headers,
    read_confusions,
    sample_counts,
)
from classblocks.study.format import Classes, StudyError
from classblocks.study.numbers import is_text
from classblocks.study.table_file import Column, read_columns

_CLASS_COLUMNS = ("true", "pred")
_CHANCES = ("p_pred", "p_true")
_TABLES = ("logits", "probabilities")
_OR_TABLES = "probabilities, logits"
_ROWS = {"true", "pred", "sample_id", *_TABLES, *_CHANCES}
_TEXTS = ("split", "uri")
# In CSV; whether these are numbers is known when all columns that hold classes are.
_TOP_TEXTS = tuple(f"topk_class_{rank}" for rank in range(100))
# A stray number, such as a sample id in the wrong column, must not make a billion classes.
_MOST_UNNAMED_CLASSES = 1 << 20
# Beyond this neighbouring whole numbers are one float, and ids would run together.
_MOST_WHOLE_FLOAT = 2.0**53
_WHOLE_TEXT = r"^(-?\d{1,18})?$"
_NUMBERED = re.compile(r"topk_(class|prob)_(\d+)")


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """Classes as given: whole numbers, or texts that are names or keys."""

    name: str
    values: NDArray[Any]
    texts: tuple[str, ...] | None
    written_as_text: bool = False

    @classmethod
    def of(cls, name: str, column: Column, texts_are_names: bool) -> LabelColumn:
        """Read ids from numbers; texts are names, or ids if all texts of the file look so."""
        array = _labels(column)
        kind = array.type
        if array.null_count:
            raise StudyError(f"{name}: no class in row {_first(pc.is_null(array))}")
        if pa.types.is_boolean(kind):
            array = pc.cast(array, pa.string())
        if is_text(array.type):
            empty = pc.equal(array, "")
            if pc.any(empty).as_py():
                raise StudyError(f"{name}: no class in row {_first(empty)}")
            if texts_are_names:
                encoded = array.dictionary_encode().unify_dictionaries()
                texts = encoded.chunk(0).dictionary.to_pylist() if encoded.num_chunks else []
                numbers = [chunk.indices.to_numpy() for chunk in encoded.chunks]
                return cls(name, np.concatenate(numbers), tuple(texts))
            return cls(name, array.cast(pa.int64()).to_numpy(), None, written_as_text=True)
        if pa.types.is_floating(array.type):
            values = array.to_numpy()
            bad = ~((values == np.floor(values)) & (np.abs(values) <= _MOST_WHOLE_FLOAT))
            if bad.any():
                row = int(bad.argmax())
                raise StudyError(f"{name}: {values[row]} in row {row} is not a class")
            return cls(name, values.astype(np.int64), None)
        if not pa.types.is_integer(array.type):
            raise StudyError(f"{name}: expected class names, keys or ids, got {kind}")
        return cls(name, array.to_numpy(), None)

    def ids(self, classes: Classes) -> NDArray[Any]:
        """Class id of each row; numbers are taken as they are and checked later."""
        if self.texts is None:
            if self.written_as_text:
                self._refuse_numbers_for_names(classes)
            return self.values
        of_text = np.array([classes.id_of.get(text, -1) for text in self.texts], np.int64)
        ids: NDArray[np.int64] = of_text[self.values]
        missing = ids < 0
        if missing.any():
            row = int(missing.argmax())
            raise StudyError(
                f"{self.name}: {self.texts[self.values[row]]!r} in row {row} is neither a name nor "
                f"a key of the {len(classes)} classes"
            )
        return ids

    def _refuse_numbers_for_names(self, classes: Classes) -> None:
        """Folders 0, 1, 10, 2 are classes whose names are other numbers than their ids."""
        for number in np.unique(self.values).tolist():
            named = classes.id_of.get(str(number), number)
            if named != number:
                raise StudyError(
                    f"{self.name}: {number} can mean class id {number} or the class named "
                    f"'{number}', whose id is {named}; ids are clear as integers in Parquet or NPZ"
                )


@dataclass(frozen=True, eq=False)
class PredictionsFile:
    """The columns of one file, each as long as the others."""

    path: Path
    labels: Mapping[str, LabelColumn]
    top: tuple[LabelColumn, int] | None
    given: Mapping[str, NDArray[Any]]
    sample_id: NDArray[np.int64] | None
    texts: Mapping[str, pa.Array]
    ignored: tuple[str, ...]
    # Above a class, by its name, where the file tells.
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_counted: bool = False

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.labels["true"].values)

    def classes(self) -> Classes:
        """Classes as far as the file tells: its texts, sorted, or the numbers up to the largest."""
        columns = [*self.labels.values(), *([self.top[0]] if self.top else [])]
        texts = [column.texts for column in columns if column.texts is not None]
        if texts:
            numbered = [column.name for column in columns if column.texts is None]
            if numbered:
                raise StudyError(
                    f"{self.path}: {numbered[0]} holds class ids, other columns names: give the "
                    "names of all classes in the order of the ids"
                )
            return classes_called(sorted({text for part in texts for text in part if text}))
        table = next((name for name in _TABLES if name in self.given), None)
        if table is not None:
            n = self.given[table].shape[-1]
        else:
            n = 1 + max((int(c.values.max()) for c in columns if len(c.values)), default=-1)
        if n > _MOST_UNNAMED_CLASSES:
            raise StudyError(
                f"{self.path} has class ids up to {n - 1}: name the classes if there are so many"
            )
        if n < 1:
            raise StudyError(f"{self.path} has no rows that would tell the classes; name them")
        return Classes.of([f"class {class_id}" for class_id in range(n)])

    def hierarchy(self, classes: Classes) -> Hierarchy | None:
        """Give the tree that the labels of the file make; None where they are all of one group."""
        if not any(self.groups.get(name) for name in classes.names):
            return None
        return Hierarchy.from_paths([(*self.groups.get(name, ()), name) for name in classes.names])

    def rows(self, classes: Classes) -> dict[str, NDArray[Any]]:
        """Give the arguments of `add_result` that describe the rows, `true` included."""
        rows = {name: column.ids(classes) for name, column in self.labels.items()}
        rows.update(self.given)
        for name in _TABLES:
            if name in rows and not self.n:
                # Lists of no rows do not tell how long they are.
                rows[name] = np.empty((0, len(classes)), np.float32)
        if self.top is not None:
            column, width = self.top
            rows["topk_class"] = column.ids(classes).reshape(self.n, width)
        if self.is_counted and not self.texts:
            # So that a second table of the same samples finds them in this order.
            order = np.lexsort((rows["pred"], rows["true"]))
            rows = {name: values[order] for name, values in rows.items()}
        return rows


def read_predictions(path: Path) -> PredictionsFile:
    """Read a file and check what can be checked without knowing the classes."""
    groups: Mapping[str, tuple[str, ...]] = {}
    if path.suffix.lower() == ".json":
        confusions = read_confusions(path)
        columns, groups = confusions.columns, confusions.groups
    else:
        texts = (*_CLASS_COLUMNS, *ALIASES, *_TEXTS, *_TOP_TEXTS)
        columns = known_headers(dict(read_columns(path, texts)))
    found = ", ".join(columns) or "no column"
    if "true" not in columns:
        raise StudyError(f"{path}: column true missing; found {found}")
    if not {"pred", *_TABLES} & columns.keys():
        raise StudyError(f"{path}: column pred (or {_OR_TABLES}) missing; found {found}")
    for name, column in columns.items():
        if isinstance(column, np.ndarray) and not column.ndim:
            raise StudyError(f"{path}: {name} is a single value, expected one per row")
    n = len(columns["true"])
    for name, column in columns.items():
        if len(column) != n and name in _ROWS:
            raise StudyError(f"{path}: {name} has {len(column)} rows, true has {n}")
    try:
        return replace(_sorted_out(path, columns), groups=groups)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None


def _sorted_out(path: Path, columns: dict[str, Column]) -> PredictionsFile:
    n = len(columns["true"])
    times = None
    if is_counted(columns.keys()):
        times = sample_counts(columns.pop("count"))
        columns.pop("", None)
    given: dict[str, NDArray[Any]] = {}
    classes: dict[str, Column] = {"true": columns.pop("true")}
    width = 0
    table = next((name for name in _TABLES if name in columns), None)
    if table is not None:
        # Everything else about the prediction follows from it, and columns that say it again stay
        # unread.
        given[table] = _matrix(table, columns.pop(table), n)
    else:
        classes["pred"] = columns.pop("pred")
        for name in _CHANCES:
            if name in columns:
                given[name] = _numbers(name, columns.pop(name))
        if "true_rank" in columns:
            given["true_rank"] = _whole("true_rank", columns.pop("true_rank"), missing=-1)
        top, width, top_prob = _top(columns, n)
        if top is not None:
            classes["topk_class"] = top
        if top_prob is not None:
            given["topk_prob"] = top_prob
    names = any(_holds_names(column) for column in classes.values())
    labels = {name: LabelColumn.of(name, column, names) for name, column in classes.items()}
    texts = {name: _text(name, columns.pop(name), n) for name in _TEXTS if name in columns}
    if times is not None:
        labels = {
            name: replace(label, values=np.repeat(label.values, times))
            for name, label in labels.items()
        }
        rows = np.repeat(np.arange(n), times)
        texts = {name: column.take(pa.array(rows)) for name, column in texts.items()}
    best = labels.pop("topk_class", None)
    sample_id = None
    if "sample_id" in columns:
        sample_id = _whole("sample_id", columns.pop("sample_id"), missing=None)
    return PredictionsFile(
        path,
        labels,
        None if best is None else (best, width),
        given,
        sample_id,
        texts,
        tuple(columns),
        is_counted=times is not None,
    )


def _labels(column: Column) -> pa.ChunkedArray:
    return pa.chunked_array([_arrow(column)]) if isinstance(column, np.ndarray) else column


def _holds_names(column: Column) -> bool:
    """Whether a text of the column is not a whole number."""
    array = _labels(column)
    if not is_text(array.type):
        return bool(pa.types.is_boolean(array.type))
    return not pc.all(pc.match_substring_regex(array, _WHOLE_TEXT), min_count=0).as_py()


def _top(
    columns: dict[str, Column], n: int
) -> tuple[Column | None, int, NDArray[np.float32] | None]:
    """Flat classes and how many each row has, and their probabilities."""
    parts: dict[str, dict[int, Column]] = {"class": {}, "prob": {}}
    for name in list(columns):
        match = _NUMBERED.fullmatch(name)
        if match:
            parts[match[1]][int(match[2])] = columns.pop(name)
    flat: Column | None = None
    width = 0
    prob: NDArray[np.float32] | None = None
    if parts["class"]:
        ordered = [parts["class"][rank] for rank in sorted(parts["class"])]
        flat = np.stack([np.asarray(_plain(column)) for column in ordered], axis=1).reshape(-1)
        width = len(ordered)
    elif "topk_class" in columns:
        flat, width = _flat_lists("topk_class", columns.pop("topk_class"), n)
    if parts["prob"]:
        ranks = sorted(parts["prob"])
        prob = np.stack([_numbers(f"topk_prob_{r}", parts["prob"][r]) for r in ranks], axis=1)
    elif "topk_prob" in columns:
        prob = _matrix("topk_prob", columns.pop("topk_prob"), n)
    return flat, width, prob


def _matrix(name: str, column: Column, n: int) -> NDArray[np.float32]:
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return column
    flat, width = _flat_lists(name, column, n)
    return _numbers(name, flat).reshape(n, width)


def _flat_lists(name: str, column: Column, n: int) -> tuple[Column, int]:
    """Take lists apart that all have one length."""
    if isinstance(column, np.ndarray):
        if column.ndim != 2:
            raise StudyError(f"{name}: expected shape ({n}, k), got {column.shape}")
        return column.reshape(-1), column.shape[1]
    kind = column.type
    if not any(
        is_kind(kind)
        for is_kind in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    ):
        raise StudyError(f"{name}: expected a list for each row, got {kind}")
    if column.null_count:
        raise StudyError(f"{name}: no list in row {_first(pc.is_null(column))}")
    if pa.types.is_fixed_size_list(kind):
        return pa.chunked_array([c.flatten() for c in column.chunks], kind.value_type), (
            kind.list_size
        )
    lengths = pc.list_value_length(column).to_numpy()
    width = int(lengths[0]) if len(lengths) else 0
    if (lengths != width).any():
        row = int((lengths != width).argmax())
        raise StudyError(f"{name}: {lengths[row]} values in row {row}, {width} in row 0")
    return pc.list_flatten(column), width


def _numbers(name: str, column: Column) -> NDArray[np.float32]:
    values = _plain(column)
    if values.dtype.kind not in "fiu":
        raise StudyError(f"{name}: expected numbers, got {values.dtype} ({_example(values)})")
    with np.errstate(over="ignore"):  # Infinity is refused later, with its row.
        return values.astype(np.float32)


def _whole(name: str, column: Column, missing: int | None) -> NDArray[np.int64]:
    if isinstance(column, pa.ChunkedArray) and column.null_count:
        if missing is None:
            raise StudyError(f"{name}: nothing in row {_first(pc.is_null(column))}")
        if pa.types.is_integer(column.type):
            column = pc.fill_null(column, missing)
    values = _plain(column)
    if values.dtype.kind == "f":
        if missing is not None:
            values = np.where(np.isnan(values), missing, values)
        bad = ~((values == np.floor(values)) & (np.abs(values) <= _MOST_WHOLE_FLOAT))
    elif values.dtype.kind in "iu":
        bad = values > np.iinfo(np.int64).max
    else:
        raise StudyError(f"{name}: expected whole numbers, got {_example(values)}")
    if bad.any():
        row = int(bad.argmax())
        raise StudyError(
            f"{name}: expected whole numbers of 64 signed bits, got {values[row]} in row {row}"
        )
    return values.astype(np.int64)


def _text(name: str, column: Column, n: int) -> pa.Array:
    array = _arrow(column) if isinstance(column, np.ndarray) else column.combine_chunks()
    if len(array) != n:
        raise StudyError(f"{name} has {len(array)} rows, true has {n}")
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    return pc.fill_null(array.cast(pa.string()), "")


def _plain(column: Column) -> NDArray[Any]:
    if isinstance(column, np.ndarray):
        return column
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    values: NDArray[Any] = column.to_numpy()
    return values


def _arrow(column: NDArray[Any]) -> pa.Array:
    if column.ndim != 1:
        raise StudyError(f"expected one value per row, got shape {column.shape}")
    try:
        return pa.array(column)
    except (pa.ArrowException, TypeError) as error:
        raise StudyError(f"values that are neither numbers nor text: {error}") from None


def _first(mask: pa.ChunkedArray) -> int:
    return int(np.flatnonzero(mask.to_numpy(zero_copy_only=False))[0])


def _example(values: NDArray[Any]) -> str:
    for row, value in enumerate(values.tolist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return f"{value!r} in row {row}"
    return f"{values[:1].tolist()}"
