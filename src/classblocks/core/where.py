"""Which samples and cells are shown; ``web/src/core/filter.ts`` decides exactly the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classblocks.core import validate
from classblocks.core.confusion import Cells

EVERYTHING = (0.0, 1.0)


@dataclass(frozen=True)
class Where:
    """Sample filters, which must all hold, and one filter of the recounted cells (Blocks §3.2.3).

    Attributes
    ----------
    top_k : drop samples whose true class is among the k best; 0 keeps all, 1 keeps the errors
    p_pred, p_true : inclusive bounds, compared as float32; a NaN passes only the full range (0, 1)
    min_count : keep cells with at least this many samples, on the diagonal too
    """

    top_k: int = 0
    p_pred: tuple[float, float] = EVERYTHING
    p_true: tuple[float, float] = EVERYTHING
    min_count: int = 1

    def __post_init__(self) -> None:
        if self.top_k < 0:
            raise ValueError(f"top_k: expected at least 0, got {self.top_k}")
        for name in ("p_pred", "p_true"):
            bounds = getattr(self, name)
            if len(bounds) != 2 or not bounds[0] <= bounds[1]:
                raise ValueError(f"{name}: expected (low, high) with low ≤ high, got {bounds}")

    def keep(
        self,
        *,
        true: NDArray[np.int32],
        pred: NDArray[np.int32],
        p_pred: NDArray[np.float32],
        p_true: NDArray[np.float32],
        true_rank: NDArray[np.int32],
    ) -> NDArray[np.bool_]:
        """Apply the sample filters.

        Parameters
        ----------
        true, pred : (n,) class ids
        p_pred, p_true : (n,) float32, NaN where unknown
        true_rank : (n,), −1 where unknown; then ``top_k=1`` looks at ``pred != true``

        Returns
        -------
        (n,) bool

        Raises
        ------
        ValueError
            ``top_k`` of 2 or more and an unknown rank; names the first such row.
        """
        validate.same_length(true=true, pred=pred)
        return self.passes(wrong=true != pred, p_pred=p_pred, p_true=p_true, true_rank=true_rank)

    def passes(
        self,
        *,
        wrong: NDArray[np.bool_],
        p_pred: NDArray[np.float32],
        p_true: NDArray[np.float32],
        true_rank: NDArray[np.signedinteger],
    ) -> NDArray[np.bool_]:
        """Apply the sample filters to rows of which only right or wrong is known.

        Parameters
        ----------
        wrong : (n,) bool, whether ``pred != true``
        p_pred, p_true, true_rank : as for ``keep``

        Returns
        -------
        (n,) bool

        Raises
        ------
        ValueError
            As for ``keep``.
        """
        n = validate.same_length(wrong=wrong, p_pred=p_pred, p_true=p_true, true_rank=true_rank)
        keep = np.ones(n, bool)
        if self.top_k:
            unknown = true_rank < 0
            if self.top_k > 1 and unknown.any():
                raise ValueError(
                    f"top_k={self.top_k}: the rank of the true class is unknown in row "
                    f"{int(unknown.argmax())}; only top_k=0 and 1 work without it"
                )
            keep &= np.where(unknown, wrong, true_rank >= self.top_k)
        for p, bounds in ((p_pred, self.p_pred), (p_true, self.p_true)):
            if tuple(bounds) != EVERYTHING:
                values = np.asarray(p, np.float32)
                keep &= (values >= np.float32(bounds[0])) & (values <= np.float32(bounds[1]))
        return keep

    def cells(
        self,
        cells: Cells,
        *,
        p_pred: NDArray[np.float32],
        p_true: NDArray[np.float32],
        true_rank: NDArray[np.int32],
    ) -> Cells:
        """Filter the samples, recount, then filter the cells.

        Parameters
        ----------
        cells : cells of all rows
        p_pred, p_true, true_rank : (n,), by row number

        Returns
        -------
        Cells that are left, with the rows that are left
        """
        if self.top_k or self.p_pred != EVERYTHING or self.p_true != EVERYTHING:
            true = np.empty(len(cells.row_order), np.int32)
            pred = np.empty(len(cells.row_order), np.int32)
            true[cells.row_order] = np.repeat(cells.true, cells.count)
            pred[cells.row_order] = np.repeat(cells.pred, cells.count)
            cells = cells.filtered(
                self.keep(true=true, pred=pred, p_pred=p_pred, p_true=p_true, true_rank=true_rank)
            )
        return cells.at_least(self.min_count) if self.min_count > 1 else cells
