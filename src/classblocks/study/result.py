"""One complete result set, read column by column when asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import DTypeLike, NDArray

from classblocks.core.confusion import Cells, count_cells
from classblocks.core.logits import LogitSums
from classblocks.study.atomic import read_object
from classblocks.study.format import (
    LOGITS,
    PREDICTIONS_FILE,
    RESPONSES,
    RESULT_FILE,
    RESULT_VERSION,
    Coordinates,
    StudyError,
    check_version,
)
from classblocks.study.logits import load_sums
from classblocks.study.numbers import numbers
from classblocks.study.responses import LayerResponses
from classblocks.study.samples import Samples, read_only

_MOST_WHOLE_ROWS = 1 << 22
_COLUMNS = ("sample_id", "sample", "true", "pred", "p_pred", "p_true", "true_rank", "_cells")


class Result:
    """Rows stand in the order in which they were recorded."""

    def __init__(self, directory: Path, n_classes: int, samples: Samples) -> None:
        path = directory / RESULT_FILE
        description = read_object(path)
        check_version(description.get("version"), RESULT_VERSION, path)
        self.directory = directory
        self.name = directory.name
        self.n_classes = n_classes
        self._samples = samples
        try:
            self.coordinates = Coordinates.from_json(description["coordinates"])
            self.n_samples = int(description["n_samples"])
            self.has_probabilities = bool(description["has_probabilities"])
            self.has_rank = bool(description["has_rank"])
            self.has_logits = bool(description.get("logits", False))
            self.files: Mapping[str, str] = dict(description["files"])
            self.provenance: Mapping[str, Any] = dict(description["provenance"])
            layers = dict(description["layers"])
        except (KeyError, TypeError, AttributeError) as error:
            raise StudyError(f"{path} lacks or misuses {error}") from None
        self.layers: Mapping[str, LayerResponses] = {
            name: LayerResponses.from_json(
                directory / RESPONSES, name, entry, n_classes, self.n_samples
            )
            for name, entry in layers.items()
        }

    def __repr__(self) -> str:
        return f"Result({self.name!r}, {self.n_samples} samples, {self.coordinates})"

    @cached_property
    def sample_id(self) -> NDArray[np.int64]:
        """(n_samples,), the user's own numbers."""
        return self._numbers("sample_id", np.int64)

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """(n_samples,), positions in the study's sample table."""
        return read_only(self._samples.position(self.sample_id))

    @cached_property
    def true(self) -> NDArray[np.int32]:
        """(n_samples,), class ids."""
        if self._samples.n == self.n_samples and self._in_study_order:
            return self._samples.true
        return read_only(self._samples.true[self.sample])

    @property
    def _in_study_order(self) -> bool:
        return np.array_equal(self.sample_id, self._samples.sample_id)

    @cached_property
    def pred(self) -> NDArray[np.int32]:
        """(n_samples,), class ids."""
        return self._numbers("pred", np.int32)

    @cached_property
    def p_pred(self) -> NDArray[np.float32]:
        """(n_samples,), probability of the predicted class; NaN where unknown."""
        return self._numbers("p_pred", np.float32)

    @cached_property
    def p_true(self) -> NDArray[np.float32]:
        """(n_samples,), probability of the true class; NaN where unknown."""
        return self._numbers("p_true", np.float32)

    @cached_property
    def true_rank(self) -> NDArray[np.int32]:
        """(n_samples,), classes ranked above the true one; −1 where unknown."""
        return self._numbers("true_rank", np.int32)

    @cached_property
    def topk_class(self) -> NDArray[np.int32]:
        """(n_samples, k), best classes first; −1 where unknown, k = 0 where nothing was kept."""
        return self._lists("topk_class", np.int32)

    @cached_property
    def topk_prob(self) -> NDArray[np.float32]:
        """(n_samples, k), their probabilities; NaN where unknown."""
        return self._lists("topk_prob", np.float32)

    def top(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give `topk_class` and `topk_prob` of some rows, without reading all of a large result."""
        if self.n_samples <= _MOST_WHOLE_ROWS:
            return self.topk_class[rows], self.topk_prob[rows]
        return (
            self._listed("topk_class", rows, np.int32),
            self._listed("topk_prob", rows, np.float32),
        )

    def release(self) -> None:
        """Forget the columns with one value per sample; they are read again when asked for."""
        for name in _COLUMNS:
            self.__dict__.pop(name, None)

    @cached_property
    def logits(self) -> LogitSums | None:
        """Sums for the correlation of logit columns; None where they were not kept."""
        if not self.has_logits:
            return None
        return load_sums(self.directory / LOGITS, self.n_classes)

    def cells(self) -> Cells:
        """Count the non-empty cells and sort the rows by cell."""
        return self._cells

    @cached_property
    def _cells(self) -> Cells:
        return count_cells(self.true, self.pred, self.n_classes)

    @property
    def _predictions(self) -> Path:
        return self.directory / PREDICTIONS_FILE

    def _column(self, name: str) -> pa.ChunkedArray:
        try:
            with pq.ParquetFile(self._predictions, memory_map=True) as file:
                table = file.read(columns=[name])
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self._predictions} cannot be read: {error}") from None
        if table.num_columns != 1 or table.num_rows != self.n_samples:
            raise StudyError(
                f"{self._predictions}: expected {self.n_samples} rows of {name}, got "
                f"{table.num_rows} rows of {table.column_names}"
            )
        return table.column(0)

    def _numbers(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        return read_only(numbers(self._column(name)).astype(dtype, copy=False))

    def _lists(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        if name not in self._schema.names:
            return np.empty((self.n_samples, 0), dtype)
        column = self._column(name)
        width = column.type.list_size
        flat = numbers(
            pa.chunked_array([c.flatten() for c in column.chunks], column.type.value_type)
        )
        return read_only(flat.astype(dtype, copy=False).reshape(self.n_samples, width))

    def _listed(self, name: str, rows: NDArray[np.integer], dtype: DTypeLike) -> NDArray[Any]:
        if name not in self._schema.names:
            return np.empty((len(rows), 0), dtype)
        width = self._schema.field(name).type.list_size
        listed = np.empty((len(rows), width), dtype)
        try:
            with pq.ParquetFile(self._predictions, memory_map=True) as file:
                groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
                start = np.concatenate([[0], np.cumsum(groups)])
                for group in np.unique(np.searchsorted(start, rows, "right") - 1).tolist():
                    inside = (rows >= start[group]) & (rows < start[group + 1])
                    column = file.read_row_group(group, columns=[name]).column(0)
                    taken = column.take(pa.array(rows[inside] - start[group])).combine_chunks()
                    listed[inside] = numbers(pa.chunked_array([taken.flatten()])).reshape(-1, width)
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self._predictions} cannot be read: {error}") from None
        return listed

    @cached_property
    def _schema(self) -> pa.Schema:
        try:
            return pq.read_schema(self._predictions, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self._predictions} cannot be read: {error}") from None
