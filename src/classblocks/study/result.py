"""One complete result set, read column by column when asked."""

from __future__ import annotations

import math
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
from classblocks.study.row_groups import MOST_KEPT_ROWS, take_rows
from classblocks.study.samples import Samples, read_only

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
        names = ("topk_class", "topk_prob")
        if self.n_samples <= MOST_KEPT_ROWS or names[0] not in self._schema.names:
            return self.topk_class[rows], self.topk_prob[rows]
        table = take_rows(self._predictions, names, rows)
        classes, chances = (self._matrix(column) for column in table.columns)
        return classes.astype(np.int32, copy=False), chances.astype(np.float32, copy=False)

    def release(self) -> None:
        """Forget the columns with one value per sample; they are read again when asked for."""
        for name in _COLUMNS:
            self.__dict__.pop(name, None)
        self._samples.release()
        pa.default_memory_pool().release_unused()

    @property
    def is_reranked(self) -> bool:
        """Whether its classes are ranked by distance in a hierarchy."""
        inputs = self.provenance.get("inputs")
        return isinstance(inputs, dict) and "crm" in inputs

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Model and epoch, then the network itself and its layers from the input on, then names."""
        layer = self.coordinates.layer
        listed = self.provenance.get("layers")
        place = listed.index(layer) if isinstance(listed, list) and layer in listed else math.inf
        model, epoch, *names = self.coordinates.sort_key(self.name)
        return (model, epoch, place if layer else -1, *names)

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
        return read_only(self._matrix(self._column(name)).astype(dtype, copy=False))

    @staticmethod
    def _matrix(column: pa.ChunkedArray) -> NDArray[Any]:
        flat = pa.chunked_array([c.flatten() for c in column.chunks], column.type.value_type)
        return numbers(flat).reshape(-1, column.type.list_size)

    @cached_property
    def _schema(self) -> pa.Schema:
        try:
            return pq.read_schema(self._predictions, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise StudyError(f"{self._predictions} cannot be read: {error}") from None
