"""How alike two classes are: a sparse symmetric matrix from confusions, or a given one."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.confusion import Cells, cells_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KINDS = ("log1p", "counts", "rates")


def confusion_similarity(counts: ArrayLike | Cells, kind: str = "log1p") -> "csr_array":
    """Return ``(A + Aᵀ) / 2`` without a diagonal.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells
    kind : what A is. ``log1p``: ``log1p`` of the errors, so that a few heavy pairs do not decide
        everything; ``counts``: the errors; ``rates``: errors per sample of the true class, the
        right choice when classes have very unequal numbers of samples

    Returns
    -------
    (n_classes, n_classes) symmetric float64, ≥ 0; a row without errors both ways is empty

    Raises
    ------
    ValueError
        Not counts, or another kind.

    Notes
    -----
    METHODS §4.1. The samples of a class include its correct ones.
    """
    from scipy.sparse import csr_array

    if kind not in KINDS:
        raise ValueError(f"similarity: expected one of {', '.join(KINDS)}, got {kind!r}")
    cells = cells_of(counts)
    wrong = cells.true != cells.pred
    true, pred, count = cells.true[wrong], cells.pred[wrong], cells.count[wrong]
    if kind == "log1p":
        strength = np.log1p(count)
    elif kind == "counts":
        strength = count.astype(np.float64)
    else:
        samples = np.bincount(cells.true, weights=cells.count, minlength=cells.n_classes)
        strength = count / samples[true]
    half = csr_array((strength / 2, (true, pred)), shape=(cells.n_classes, cells.n_classes))
    return _sorted(half + half.T)


def given_similarity(similarity: object, n_classes: int) -> "csr_array":
    """Check a similarity of classes that somebody else computed.

    Parameters
    ----------
    similarity : (n_classes, n_classes), dense or SciPy sparse, symmetric, finite; the diagonal is
        left out, negative values (such as correlations) count as 0
    n_classes : number of classes

    Returns
    -------
    (n_classes, n_classes) symmetric float64, ≥ 0, zero diagonal

    Raises
    ------
    ValueError
        Another shape, not numbers, not finite, or not symmetric; names the first bad pair.
    """
    from scipy.sparse import coo_array, csr_array, issparse

    if issparse(similarity):
        matrix = csr_array(similarity)
    else:
        dense = np.asarray(similarity)
        if dense.dtype.kind not in "fiub" or dense.ndim != 2:
            raise ValueError(
                f"similarity: expected a square matrix of numbers, got {dense.dtype} "
                f"of shape {dense.shape}"
            )
        matrix = csr_array(dense)
    if matrix.shape != (n_classes, n_classes):
        raise ValueError(
            f"similarity: expected shape ({n_classes}, {n_classes}), got {matrix.shape}"
        )
    entries = coo_array(matrix).astype(np.float64)
    _check(np.flatnonzero(~np.isfinite(entries.data)), entries, "finite values")
    off = entries.coords[0] != entries.coords[1]
    positive = off & (entries.data > 0)
    one_way = csr_array(
        (entries.data[positive], (entries.coords[0][positive], entries.coords[1][positive])),
        shape=matrix.shape,
    )
    gap = coo_array(abs(one_way - one_way.T))
    largest = one_way.data.max(initial=0.0)
    _check(np.flatnonzero(gap.data > 1e-6 * largest), one_way.tocoo(), "a symmetric matrix", gap)
    return _sorted((one_way + one_way.T) / 2)


def _check(
    bad: NDArray[np.int64], entries: "csr_array", expected: str, at: "csr_array | None" = None
) -> None:
    if not len(bad):
        return
    where = entries if at is None else at
    i, j = (int(c[bad[0]]) for c in where.coords)
    dense = entries.tocsr()
    got = f"{dense[i, j]:g} for classes {i}, {j}"
    if at is not None:
        got += f" and {dense[j, i]:g} for {j}, {i}"
    raise ValueError(f"similarity: expected {expected}, got {got}")


def _sorted(matrix: "csr_array") -> "csr_array":
    from scipy.sparse import csr_array

    out = csr_array(matrix)
    out.sum_duplicates()
    out.eliminate_zeros()
    return out
