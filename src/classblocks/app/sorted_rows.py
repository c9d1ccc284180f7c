"""The rows of one result in the order of its cells: what is sent and what filters count."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.wire import rank_dtype
from classblocks.core.confusion import Cells, count_cells

if TYPE_CHECKING:
    from classblocks.study.result import Result

_CHUNK = 1 << 18
_THREADS = 2

Keep = Callable[[slice], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Row ``i`` belongs to cell ``j`` where ``start[j] <= i < start[j + 1]``.

    Inside a cell rows stand by ``sample``; ``row`` is their number in the result. ``cells`` has no
    ``row_order``: this is it.
    """

    cells: Cells
    start: NDArray[np.int32]
    row: NDArray[np.int32]
    sample: NDArray[np.int32]
    p_true: NDArray[np.float32]
    p_pred: NDArray[np.float32]
    true_rank: NDArray[np.signedinteger]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def n_bytes(self) -> int:
        """Memory held; with what filters may add."""
        held = (self.row, self.p_true, self.p_pred, self.true_rank, self.start)
        cells = (self.cells.true, self.cells.pred, self.cells.count)
        shared = 0 if self.sample is self.row else self.sample.nbytes
        return sum(array.nbytes for array in (*held, *cells)) + shared + len(self)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether each row is predicted wrongly."""
        return np.repeat(self.cells.true != self.cells.pred, self.cells.count)

    def pred(self, at: NDArray[np.integer]) -> NDArray[np.int32]:
        """Predicted class of some rows."""
        return self.cells.pred[np.searchsorted(self.start, at, side="right") - 1]

    def counts(self, keep: Keep) -> NDArray[np.int32]:
        """Count by cell the rows for which ``keep``, given slices of rows, is true."""
        n_words = len(self) // 64 + 1
        bits = np.zeros(n_words * 8, np.uint8)

        def pack(rows: slice) -> None:
            packed = np.packbits(keep(rows), bitorder="little")
            bits[rows.start // 8 : rows.start // 8 + len(packed)] = packed

        _in_chunks(pack, len(self))
        words = bits.view("<u8")
        before = np.zeros(n_words, np.int32)
        np.cumsum(np.bitwise_count(words[:-1]), out=before[1:], dtype=np.int32)
        n_before = np.empty(len(self.start), np.int32)

        def rank(starts: slice) -> None:
            at = self.start[starts]
            word, below = at >> 6, (at & 63).astype(np.uint64)
            lower = words[word] & ((np.uint64(1) << below) - np.uint64(1))
            n_before[starts] = before[word] + np.bitwise_count(lower)

        _in_chunks(rank, len(self.start))
        return np.diff(n_before)


def sort_rows(result: "Result") -> SortedRows:
    """Read a result and sort its rows by cell, then by sample; a few columns at a time."""
    true = result.true
    sample = result.sample.astype(np.int32)
    result.release()
    cells, row = _sorted_by_cell(true, result.pred, sample, result.n_classes)
    del true
    result.release()
    counted = bool((sample == np.arange(len(sample), dtype=np.int32)).all())
    columns = {
        "sample": row if counted else _taken(sample, row, np.int32),
        "p_true": _taken(result.p_true, row, np.float32),
        "p_pred": _taken(result.p_pred, row, np.float32),
        "true_rank": _taken(result.true_rank, row, rank_dtype(cells.n_classes)),
    }
    result.release()
    return SortedRows(cells, np.append(0, np.cumsum(cells.count)).astype(np.int32), row, **columns)


def _sorted_by_cell(
    true: NDArray[np.int32], pred: NDArray[np.int32], sample: NDArray[np.int32], n_classes: int
) -> tuple[Cells, NDArray[np.int32]]:
    by_sample = None
    if not bool((sample[1:] > sample[:-1]).all()):
        by_sample = np.argsort(sample, kind="stable").astype(np.int32)
        true, pred = true[by_sample], pred[by_sample]
    cells = count_cells(true, pred, n_classes)
    row = cells.row_order.astype(np.int32)
    if by_sample is not None:
        row = by_sample[row]
    return replace(cells, row_order=np.empty(0, np.int64)), row


def _taken(values: NDArray[Any], row: NDArray[np.int32], dtype: np.typing.DTypeLike) -> Any:  # noqa: ANN401
    """Take in chunks: NumPy widens all indices at once."""
    taken = np.empty(len(row), dtype)

    def take(rows: slice) -> None:
        taken[rows] = values[row[rows]]

    _in_chunks(take, len(row))
    return taken


def _in_chunks(work: Callable[[slice], None], n: int) -> None:
    chunks = [slice(first, min(first + _CHUNK, n)) for first in range(0, n, _CHUNK)]
    if len(chunks) < 2:
        for chunk in chunks:
            work(chunk)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(work, chunks):
            pass
